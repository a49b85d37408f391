import { beforeEach, describe, expect, test, vi } from "vitest";
import { createAwsPort } from "../../../src/aws/aws-port.ts";
import type { AwsOptions } from "../../../src/aws/options.ts";
import type { Cluster } from "../../../src/model/cluster.ts";
import type { Fact } from "../../../src/model/fact.ts";
import { known, valueOf } from "../../../src/model/fact.ts";
import type { Failure } from "../../../src/model/failure.ts";
import {
  calm,
  eksAnswer,
  eksError,
  type FakeAnswer,
  type FakeAws,
  FakeClock,
  optionsFor,
  startFakeAws,
} from "../../support/fake-aws.ts";
import { mintCa } from "../../support/test-pki.ts";

const ca = await mintCa("CN=kubernetes");

const ACTIVE = {
  name: "demo",
  arn: "arn:aws:eks:eu-west-1:111122223333:cluster/demo",
  createdAt: 1_527_807_879.988,
  version: "1.33",
  endpoint: "https://1368909F748386F16EE96FCE0F49A400.yl4.eu-west-1.eks.amazonaws.com",
  status: "ACTIVE",
  platformVersion: "eks.5",
  certificateAuthority: { data: Buffer.from(ca.pem).toString("base64") },
  resourcesVpcConfig: {
    subnetIds: ["subnet-1", "subnet-2"],
    securityGroupIds: [],
    clusterSecurityGroupId: "sg-1",
    vpcId: "vpc-1",
    endpointPublicAccess: true,
    endpointPrivateAccess: false,
    publicAccessCidrs: ["0.0.0.0/0"],
  },
  kubernetesNetworkConfig: { serviceIpv4Cidr: "172.20.0.0/16", ipFamily: "ipv4" },
  somethingNew: { nobody: "knows" },
};

async function ask(
  answer: (index: number) => FakeAnswer,
  change: Partial<AwsOptions> = {},
): Promise<{ readonly fact: Fact<Cluster>; readonly requests: FakeAws["requests"] }> {
  await using aws = await startFakeAws((_request, index) => answer(index));
  const port = createAwsPort(optionsFor(aws.url, change), new FakeClock());
  const fact = await port.describeCluster("demo", calm());
  return { fact, requests: aws.requests };
}

async function askForCluster(cluster: unknown): Promise<Cluster> {
  const { fact } = await ask(() => eksAnswer(cluster));
  if (fact.kind !== "known") throw new Error(JSON.stringify(fact));
  return fact.value;
}

async function askForFailure(answer: (index: number) => FakeAnswer): Promise<Failure> {
  const { fact } = await ask(answer);
  if (fact.kind !== "unknown") throw new Error(JSON.stringify(fact));
  return fact.failure;
}

// The SDK draws the time between two attempts from here: none, so that retries cost no time.
beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});

describe("describeCluster", () => {
  test("asks EKS once, signed with the keys of the environment, and maps the whole answer", async () => {
    const { fact, requests } = await ask(() => eksAnswer(ACTIVE));
    expect(requests).toHaveLength(1);
    expect(requests[0]?.method).toBe("GET");
    expect(requests[0]?.path).toBe("/clusters/demo");
    expect(requests[0]?.headers.authorization).toMatch(
      /Credential=AKIDEXAMPLE1\/\d{8}\/ap-northeast-2\/eks\/aws4_request/,
    );
    expect(fact).toEqual({
      kind: "known",
      value: {
        source: "eks",
        name: "demo",
        arn: ACTIVE.arn,
        region: "eu-west-1",
        status: "ACTIVE",
        version: "1.33",
        platformVersion: "eks.5",
        endpoint: {
          url: ACTIVE.endpoint,
          host: "1368909f748386f16ee96fce0f49a400.yl4.eu-west-1.eks.amazonaws.com",
          port: 443,
        },
        certificateAuthority: known(`${ca.pem.trim()}\n`),
        vpcId: "vpc-1",
        subnetIds: ["subnet-1", "subnet-2"],
        securityGroupIds: [],
        clusterSecurityGroupId: "sg-1",
        publicAccess: "yes",
        privateAccess: "no",
        publicAccessCidrs: ["0.0.0.0/0"],
        serviceIpv4Cidr: "172.20.0.0/16",
        serviceIpv6Cidr: undefined,
        ipFamily: "ipv4",
      },
    });
  });

  test("gives what EKS itself finds wrong, and how the cluster is set up", async () => {
    const cluster = await askForCluster({
      ...ACTIVE,
      health: {
        issues: [
          {
            code: "InsufficientFreeAddresses",
            message: "subnet-1 has no free address",
            resourceIds: ["subnet-1"],
          },
        ],
      },
      accessConfig: { authenticationMode: "API_AND_CONFIG_MAP" },
      controlPlaneScalingConfig: { tier: "tier-xl" },
    });
    expect(cluster).toMatchObject({
      healthIssues: [
        {
          code: "InsufficientFreeAddresses",
          message: "subnet-1 has no free address",
          resourceIds: ["subnet-1"],
        },
      ],
      authenticationMode: "API_AND_CONFIG_MAP",
      scalingTier: "tier-xl",
      connectorProvider: undefined,
      localId: undefined,
    });
  });

  test("knows a healthy cluster from one whose health EKS does not tell", async () => {
    const healthy = await askForCluster({ ...ACTIVE, health: { issues: [] } });
    expect(healthy.healthIssues).toEqual([]);
    for (const health of [undefined, null, {}, { issues: null }]) {
      // oxlint-disable-next-line eslint/no-await-in-loop -- one listener at a time
      const cluster = await askForCluster({ ...ACTIVE, health });
      expect(cluster.healthIssues).toBeUndefined();
    }
  });

  test("lets no secret, control character or flood through EKS's words on health", async () => {
    const secret = "k8s-aws-v1.aHR0cHM6Ly9zdHMuYW1hem9uYXdzLmNvbS8_QWN0aW9u";
    const cluster = await askForCluster({
      ...ACTIVE,
      health: {
        issues: [
          {
            code: `A\u001b[31m${"x ".repeat(500)}`,
            message: `${"padding ".repeat(63)}${secret}\n`,
            resourceIds: Array.from({ length: 500 }, (_, index) => `subnet-${index}\u202e`),
          },
          { message: "an issue without a code" },
        ],
      },
    });
    const [issue] = cluster.healthIssues ?? [];
    expect(cluster.healthIssues).toHaveLength(1);
    expect(issue?.code.length).toBeLessThanOrEqual(80);
    expect(issue?.message.length).toBeLessThanOrEqual(300);
    expect(issue?.resourceIds).toHaveLength(20);
    expect(JSON.stringify(issue)).not.toMatch(/\\u001b|\\n|\u202e|aHR0/);
  });

  test.each<[string, object]>([
    ["numbers", { health: 7, accessConfig: 7, connectorConfig: 7, controlPlaneScalingConfig: 7 }],
    [
      "texts",
      { health: "ok", accessConfig: "API", connectorConfig: "x", controlPlaneScalingConfig: "xl" },
    ],
    [
      "objects with other types inside",
      {
        health: { issues: "none" },
        accessConfig: { authenticationMode: 1 },
        controlPlaneScalingConfig: { tier: ["standard"] },
      },
    ],
    ["issues that are none", { health: { issues: [null, 7, "x", [], { code: 7 }] } }],
  ])("keeps the cluster when its newer fields are %s, without them", async (_what, fields) => {
    const cluster = await askForCluster({ ...ACTIVE, ...fields });
    expect(cluster).toMatchObject({
      status: "ACTIVE",
      authenticationMode: undefined,
      scalingTier: undefined,
      connectorProvider: undefined,
    });
    expect(cluster.healthIssues ?? []).toEqual([]);
  });

  test("knows a connected cluster, which has no endpoint, by its provider", async () => {
    const connected = { name: "demo", status: "ACTIVE", connectorConfig: { provider: "GKE" } };
    expect(await askForCluster(connected)).toMatchObject({
      connectorProvider: "GKE",
      endpoint: undefined,
    });
    const unnamed = { ...connected, connectorConfig: { activationId: "a" } };
    expect((await askForCluster(unnamed)).connectorProvider).toBe("an unnamed provider");
  });

  test("takes the id of a local cluster on an Outpost, and no other cluster's", async () => {
    const id = "9a2d4c6e-0000-4000-8000-000000000001";
    const outpostConfig = { outpostArns: ["arn:aws:outposts:eu-west-1:111122223333:outpost/op-1"] };
    expect((await askForCluster({ ...ACTIVE, id, outpostConfig })).localId).toBe(id);
    expect((await askForCluster({ ...ACTIVE, id })).localId).toBeUndefined();
    expect((await askForCluster({ ...ACTIVE, outpostConfig })).localId).toBeUndefined();
    const hostile = { ...ACTIVE, id: "a\r\nhost: evil", outpostConfig };
    expect((await askForCluster(hostile)).localId).toBeUndefined();
  });

  test("keeps a cluster that is being made, which has no endpoint and no CA yet", async () => {
    const cluster = await askForCluster({ name: "demo", status: "CREATING" });
    expect(cluster.status).toBe("CREATING");
    expect(cluster.endpoint).toBeUndefined();
    expect(cluster.certificateAuthority.kind).toBe("skipped");
  });

  test("takes what is absent as unknown, not as no, and the region from the settings", async () => {
    const cluster = await askForCluster({ name: "demo", resourcesVpcConfig: { subnetIds: [] } });
    expect(cluster).toMatchObject({
      region: "ap-northeast-2",
      publicAccess: "unknown",
      privateAccess: "unknown",
      publicAccessCidrs: undefined,
      vpcId: undefined,
      subnetIds: [],
    });
  });

  test("takes a port from the endpoint, and an IP, as emulators name them", async () => {
    const cluster = await askForCluster({ ...ACTIVE, endpoint: "https://[::1]:6443" });
    expect(cluster.endpoint).toEqual({ url: "https://[::1]:6443", host: "::1", port: 6443 });
  });

  test("strips control characters from everything EKS says", async () => {
    const cluster = await askForCluster({
      ...ACTIVE,
      version: "1.33\u001b[31m",
      status: "A\u202eB",
    });
    expect(cluster.version).toBe("1.33\uFFFD");
    expect(cluster.status).toBe("A\uFFFDB");
  });

  test.each([
    ["http://a.eks.amazonaws.com", "not https"],
    ["https://user:secret@a.eks.amazonaws.com", "with a password"],
    ["https://a.eks.amazonaws.com/path", "with a path"],
    ["https://", "without a host"],
    ["nonsense", "no URL"],
  ])("refuses the endpoint %s, which is %s", async (endpoint) => {
    const failure = await askForFailure(() => eksAnswer({ ...ACTIVE, endpoint }));
    expect(failure).toMatchObject({
      code: "aws-answer-invalid",
      phase: "describe-cluster",
      side: "aws",
    });
  });

  test.each([
    ["text that is no base64", "!!!"],
    ["base64 of something else", Buffer.from("hello").toString("base64")],
    [
      "a PEM frame around garbage",
      Buffer.from("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----").toString(
        "base64",
      ),
    ],
  ])(
    "keeps the cluster whose certificate authority is %s: only verification is lost",
    async (_what, data) => {
      const cluster = await askForCluster({ ...ACTIVE, certificateAuthority: { data } });
      expect(cluster.endpoint?.host).toBeDefined();
      expect(cluster.certificateAuthority).toMatchObject({
        kind: "unknown",
        failure: { code: "aws-answer-invalid", phase: "describe-cluster", side: "aws" },
      });
    },
  );

  test("keeps every certificate of a CA bundle", async () => {
    const other = await mintCa("CN=kubernetes-next");
    const data = Buffer.from(`${ca.pem}\n${other.pem}`).toString("base64");
    const cluster = await askForCluster({ ...ACTIVE, certificateAuthority: { data } });
    expect(valueOf(cluster.certificateAuthority)?.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  });

  test.each([
    [404, "ResourceNotFoundException", "cluster-not-found", "user"],
    [403, "AccessDeniedException", "access-denied", "user"],
    [403, "UnrecognizedClientException", "credentials-invalid", "user"],
    [403, "ExpiredTokenException", "credentials-expired", "user"],
    [403, "InvalidSignatureException", "credentials-invalid", "user"],
    [400, "InvalidParameterException", "aws-error", "aws"],
  ])("reads HTTP %i %s as %s", async (status, name, code, side) => {
    const failure = await askForFailure(() => eksError(status, name));
    expect(failure).toMatchObject({ code, side, cause: name, phase: "describe-cluster" });
  });

  test("names the action that was denied, but not the service's own words", async () => {
    const failure = await askForFailure(() =>
      eksError(403, "AccessDeniedException", "User: arn:aws:iam::1:user/x is not authorized"),
    );
    expect(failure.message).toBe("eks:DescribeCluster was denied (AccessDeniedException)");
  });

  test("tries again when throttled, and then answers", async () => {
    const { fact, requests } = await ask((index) =>
      index === 0 ? eksError(429, "ThrottlingException") : eksAnswer(ACTIVE),
    );
    expect(fact.kind).toBe("known");
    expect(requests).toHaveLength(2);
  });

  test("gives up after three throttled attempts", async () => {
    const { fact, requests } = await ask(() => eksError(429, "TooManyRequestsException"));
    expect(fact).toMatchObject({ kind: "unknown", failure: { code: "throttled", side: "aws" } });
    expect(requests).toHaveLength(3);
  });

  test.each([
    ["HTML with 200", { body: "<html>login</html>", type: "text/html" }],
    ["JSON cut short", { body: '{"cluster":{"name":' }],
    ["a list", { body: "[]" }],
    ["null", { body: "null" }],
    ["nothing at all", { body: "" }],
    ["an empty object", { body: "{}" }],
    ["an error page of a proxy", { status: 407, body: "<html>no</html>", type: "text/html" }],
  ] as const)("reads %s as an answer that is not AWS's", async (_what, answer) => {
    const failure = await askForFailure(() => answer);
    expect(failure).toMatchObject({ code: "aws-answer-invalid", side: "aws" });
    expect(failure.message).not.toContain("html");
  });

  test("stops reading an answer that does not end", async () => {
    const failure = await askForFailure(() => "endless");
    expect(failure.code).toBe("aws-answer-invalid");
  });

  test("says which host cut the connection", async () => {
    const failure = await askForFailure(() => "reset");
    expect(failure).toMatchObject({
      code: "aws-unreachable",
      side: "network",
      cause: "ECONNRESET",
    });
    expect(failure.message).toContain("127.0.0.1");
  });

  test("says that nobody listens at the endpoint", async () => {
    const { url } = await startFakeAws(() => "hang").then(async (aws) => {
      await aws[Symbol.asyncDispose]();
      return aws;
    });
    const port = createAwsPort(optionsFor(url), new FakeClock());
    const fact = await port.describeCluster("demo", calm());
    expect(fact).toMatchObject({
      kind: "unknown",
      failure: { code: "aws-unreachable", cause: "ECONNREFUSED" },
    });
  });

  test("ends when its time is up although EKS never answers", async () => {
    const clock = new FakeClock();
    await using aws = await startFakeAws(() => {
      clock.advance(10_000);
      return "hang";
    });
    const fact = await createAwsPort(optionsFor(aws.url), clock).describeCluster("demo", calm());
    expect(fact).toEqual({
      kind: "unknown",
      failure: {
        code: "aws-unreachable",
        phase: "describe-cluster",
        side: "network",
        message: "eks:DescribeCluster: 127.0.0.1 did not answer within 10000 ms",
        cause: "TimeoutError",
      },
    });
  });

  test("is interrupted by its signal, before and during the request", async () => {
    const stop = new AbortController();
    await using aws = await startFakeAws(() => {
      stop.abort();
      return "hang";
    });
    const port = createAwsPort(optionsFor(aws.url), new FakeClock());
    const during = await port.describeCluster("demo", stop.signal);
    const before = await port.describeCluster("demo", stop.signal);
    expect(during).toMatchObject({ kind: "unknown", failure: { code: "interrupted" } });
    expect(before).toEqual(during);
    expect(aws.requests).toHaveLength(1);
  });

  test("reuses one connection's client for the next call", async () => {
    await using aws = await startFakeAws(() => eksAnswer(ACTIVE));
    const port = createAwsPort(optionsFor(aws.url), new FakeClock());
    const first = await port.describeCluster("demo", calm());
    const second = await port.describeCluster("demo", calm());
    expect(second).toEqual(first);
    expect(aws.requests).toHaveLength(2);
  });
});
