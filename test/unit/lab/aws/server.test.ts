import { request as httpRequest } from "node:http";
import {
  DescribeNetworkInterfacesCommand,
  DescribeVpcsCommand,
  EC2Client,
  paginateDescribeNetworkInterfaces,
} from "@aws-sdk/client-ec2";
import { DescribeClusterCommand, EKSClient, ListClustersCommand } from "@aws-sdk/client-eks";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, describe, expect, it } from "vitest";
import type { RunningAws } from "../../../../src/lab/aws/server.ts";
import type { AwsFault, LabPrincipal, Scenario } from "../../../../src/lab/scenario.ts";
import { createTokenVerifier } from "../../../../src/lab/token-verifier.ts";
import { refusalOf, settings, startAws as start, stopAws } from "../../../support/lab-aws.ts";
import {
  ADMIN,
  CLUSTER_NAME,
  makeCluster,
  makeEni,
  makeScenario,
  REGION,
  SESSION,
} from "../../../support/lab-scenario.ts";
import { encodeQuery, presignIdentity, signerFor, tokenOf } from "../../../support/lab-signer.ts";

afterEach(stopAws);

function describeCluster(
  server: RunningAws,
  name = CLUSTER_NAME,
  principal = ADMIN,
  region = REGION,
) {
  return new EKSClient(settings(server, principal, region)).send(
    new DescribeClusterCommand({ name }),
  );
}

function describeEnis(server: RunningAws, input: object = {}, principal = ADMIN) {
  return new EC2Client(settings(server, principal)).send(
    new DescribeNetworkInterfacesCommand(input),
  );
}

function callerIdentity(server: RunningAws, principal = ADMIN) {
  return new STSClient(settings(server, principal)).send(new GetCallerIdentityCommand({}));
}

describe("EKS to the AWS SDK", () => {
  it("describes a cluster in full", async () => {
    const { cluster } = await describeCluster(await start());
    expect(cluster).toMatchObject({
      arn: "arn:aws:eks:ap-northeast-2:111122223333:cluster/gonz-eks-pub",
      createdAt: new Date("2023-04-17T04:15:37.988Z"),
      endpoint: "https://1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com",
      certificateAuthority: { data: Buffer.from("example PEM").toString("base64") },
      resourcesVpcConfig: { vpcId: "vpc-0a", endpointPublicAccess: true },
      kubernetesNetworkConfig: { serviceIpv4Cidr: "172.20.0.0/16" },
      identity: {
        oidc: {
          issuer:
            "https://oidc.eks.ap-northeast-2.amazonaws.com/id/1368909F748386F16EE96FCE0F49A400",
        },
      },
      health: { issues: [] },
    });
  });

  it("has no endpoint and no CA for a cluster that is still being created", async () => {
    const clusters = [makeCluster({ status: "CREATING" })];
    const { cluster } = await describeCluster(await start({ clusters }));
    expect(cluster?.status).toBe("CREATING");
    expect(cluster?.endpoint).toBeUndefined();
    expect(cluster?.certificateAuthority?.data).toBeUndefined();
  });

  it("knows no such cluster by another name, nor by the right name in another region", async () => {
    const server = await start();
    const absent = { name: "ResourceNotFoundException", status: 404 };
    expect(await refusalOf(describeCluster(server, "gonz-eks-pu"))).toMatchObject({
      ...absent,
      message: "No cluster found for name: gonz-eks-pu.",
    });
    expect(
      await refusalOf(describeCluster(server, CLUSTER_NAME, ADMIN, "us-east-1")),
    ).toMatchObject(absent);
  });

  it("lists clusters page by page", async () => {
    const clusters = ["a", "b", "c"].map((name) => makeCluster({ name }));
    const client = new EKSClient(settings(await start({ clusters })));
    const first = await client.send(new ListClustersCommand({ maxResults: 2 }));
    expect(first.clusters).toEqual(["a", "b"]);
    const { nextToken } = first;
    const second = await client.send(new ListClustersCommand({ maxResults: 2, nextToken }));
    expect([second.clusters, second.nextToken ?? undefined]).toEqual([["c"], undefined]);
  });

  it("has no other routes", async () => {
    const server = await start();
    const signed = await signerFor(ADMIN, "eks", REGION).sign({
      method: "GET",
      protocol: "http:",
      hostname: "127.0.0.1",
      path: "/addons",
      query: {},
      headers: { host: `127.0.0.1:${server.port}` },
    });
    const answer = await send(server, "/addons", { headers: signed.headers });
    expect(answer.status).toBe(403);
    expect(answer.headers["x-amzn-errortype"]).toBe("MissingAuthenticationTokenException");
  });
});

describe("EC2 to the AWS SDK", () => {
  it("describes an ENI with every mark of a cross-account one", async () => {
    const enis = [makeEni(41, { secondaryIps: ["10.0.20.99", "2001:db8::1"] })];
    const { NetworkInterfaces: found } = await describeEnis(
      await start({ clusters: [makeCluster({ enis })] }),
    );
    expect(found).toHaveLength(1);
    expect(found?.[0]).toMatchObject({
      NetworkInterfaceId: "eni-00000000000000041",
      Description: "Amazon EKS gonz-eks-pub",
      Status: "in-use",
      InterfaceType: "interface",
      RequesterId: "AROALABEXAMPLE:AmazonEKS",
      RequesterManaged: false,
      OwnerId: "111122223333",
      Attachment: { InstanceOwnerId: "444455556666", DeviceIndex: 1, Status: "attached" },
      Groups: [{ GroupId: "sg-0a" }, { GroupId: "sg-0c" }],
      PrivateDnsName: "ip-10-0-20-41.ap-northeast-2.compute.internal",
      PrivateIpAddresses: [
        { PrivateIpAddress: "10.0.20.41", Primary: true },
        { PrivateIpAddress: "10.0.20.99", Primary: false },
      ],
      Ipv6Addresses: [{ Ipv6Address: "2001:db8::1" }],
    });
    expect(found?.[0]?.Attachment?.InstanceId).toBeUndefined();
  });

  it("filters by description and status, and keeps a look-alike's odd characters", async () => {
    const odd = `Amazon EKS <${CLUSTER_NAME}> & "co"`;
    const enis = [
      makeEni(1),
      makeEni(2, { status: "available" }),
      makeEni(3, { description: `Amazon EKS ${CLUSTER_NAME}-2` }),
      makeEni(4, { description: odd }),
    ];
    const server = await start({ clusters: [makeCluster({ enis })] });
    const idsFor = async (...Filters: { Name: string; Values: string[] }[]) =>
      (await describeEnis(server, { Filters })).NetworkInterfaces?.map(
        (eni) => eni.PrivateIpAddress,
      );
    const exact = { Name: "description", Values: [`Amazon EKS ${CLUSTER_NAME}`] };
    expect(await idsFor(exact)).toEqual(["10.0.20.1", "10.0.20.2"]);
    expect(await idsFor(exact, { Name: "status", Values: ["in-use"] })).toEqual(["10.0.20.1"]);
    expect(await idsFor({ Name: "description", Values: ["Amazon EKS gonz*"] })).toHaveLength(3);
    expect(await idsFor({ Name: "description", Values: [odd] })).toEqual(["10.0.20.4"]);
    expect(await idsFor({ Name: "vpc-id", Values: ["vpc-0b"] })).toEqual([]);
  });

  it("gives every ENI once over all pages", async () => {
    const enis = Array.from({ length: 12 }, (_, index) => makeEni(index));
    const client = new EC2Client(settings(await start({ clusters: [makeCluster({ enis })] })));
    const pages: number[] = [];
    const ids = new Set<string | undefined>();
    for await (const page of paginateDescribeNetworkInterfaces({ client, pageSize: 5 }, {})) {
      pages.push(page.NetworkInterfaces?.length ?? 0);
      for (const eni of page.NetworkInterfaces ?? []) ids.add(eni.NetworkInterfaceId);
    }
    expect([pages, ids.size]).toEqual([[5, 5, 2], 12]);
  });

  it("refuses what the real one refuses", async () => {
    const server = await start();
    const refused = async (input: object) => (await refusalOf(describeEnis(server, input))).name;
    expect(await refused({ MaxResults: 4 })).toBe("InvalidParameterValue");
    expect(await refused({ MaxResults: 5, NextToken: "x" })).toBe("InvalidPaginationToken");
    expect(await refused({ Filters: [{ Name: "cluster", Values: ["x"] }] })).toBe(
      "InvalidParameterValue",
    );
    expect(await refused({ NetworkInterfaceIds: ["eni-9"] })).toBe(
      "InvalidNetworkInterfaceID.NotFound",
    );
  });

  it("describes a VPC with all its blocks, and refuses one it does not know", async () => {
    const client = new EC2Client(settings(await start()));
    const { Vpcs } = await client.send(new DescribeVpcsCommand({ VpcIds: ["vpc-0a"] }));
    expect(Vpcs).toHaveLength(1);
    expect(Vpcs?.[0]?.CidrBlock).toBe("10.0.0.0/16");
    expect(Vpcs?.[0]?.CidrBlockAssociationSet?.map((block) => block.CidrBlock)).toEqual([
      "10.0.0.0/16",
      "100.64.0.0/16",
    ]);
    const absent = client.send(new DescribeVpcsCommand({ VpcIds: ["vpc-9"] }));
    expect((await refusalOf(absent)).name).toBe("InvalidVpcID.NotFound");
  });
});

describe("STS to the AWS SDK", () => {
  it("tells who calls, a user and a role's session", async () => {
    const server = await start();
    expect(await callerIdentity(server)).toMatchObject({ Account: "111122223333", Arn: ADMIN.arn });
    expect((await callerIdentity(server, SESSION)).UserId).toMatch(/^AROALAB[0-9A-F]+:ci$/);
  });

  it("gives a role's session credentials that every service and the token verifier accept", async () => {
    const role: LabPrincipal = { ...SESSION, permissions: ["leases"] };
    const server = await start({ principals: [ADMIN, role] });
    const session = await assume(server, { RoleSessionName: "deploy" });
    expect((await callerIdentity(server, session)).Arn).toBe(
      "arn:aws:sts::111122223333:assumed-role/viewer/deploy",
    );
    expect((await describeCluster(server, CLUSTER_NAME, session)).cluster?.name).toBe(CLUSTER_NAME);
    const verify = createTokenVerifier({
      region: REGION,
      clusterName: CLUSTER_NAME,
      principals: () => server.principals(),
      nowMs: () => Date.now(),
    });
    const token = tokenOf(await presignIdentity(session, { signedAtMs: Date.now() }));
    expect(verify(token)).toMatchObject({
      kind: "user",
      name: "viewer",
      groups: [],
      permissions: ["leases"],
    });
  });

  it("lets a session end: its credentials are then expired, in the words of each service", async () => {
    let ahead = 0;
    const server = await start({}, { nowMs: () => Date.now() + ahead });
    const session = await assume(server, { RoleSessionName: "deploy", DurationSeconds: 900 });
    ahead = 901_000;
    expect(await refusalOf(callerIdentity(server, session))).toMatchObject({
      name: "ExpiredToken",
      status: 403,
    });
    expect(await refusalOf(describeEnis(server, {}, session))).toMatchObject({
      name: "RequestExpired",
      status: 400,
    });
    expect(await refusalOf(describeCluster(server, CLUSTER_NAME, session))).toMatchObject({
      name: "ExpiredTokenException",
      status: 403,
    });
    expect(server.principals()).toHaveLength(3);
  });

  it("denies a role nobody has, and one whose external id is not given", async () => {
    const role = "arn:aws:iam::111122223333:role/viewer";
    const server = await start({}, { externalIds: { [role]: "EXAMPLE-ID" } });
    const denied = await refusalOf(assume(server, { RoleArn: `${role}2` }));
    expect(denied).toMatchObject({
      name: "AccessDenied",
      status: 403,
      message: `User: ${ADMIN.arn} is not authorized to perform: sts:AssumeRole on resource: ${role}2`,
    });
    expect((await refusalOf(assume(server, {}))).name).toBe("AccessDenied");
    expect((await refusalOf(assume(server, { ExternalId: "EXAMPLE-ID" }))).name).toBe("none");
    expect((await refusalOf(assume(server, { RoleSessionName: "a b" }))).name).toBe(
      "ValidationError",
    );
  });
});

async function assume(server: RunningAws, input: object): Promise<LabPrincipal> {
  const RoleArn = "arn:aws:iam::111122223333:role/viewer";
  const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: "test", ...input });
  const { Credentials } = await new STSClient(settings(server)).send(command);
  return {
    accessKeyId: Credentials?.AccessKeyId ?? "",
    secretAccessKey: Credentials?.SecretAccessKey ?? "",
    sessionToken: Credentials?.SessionToken,
    arn: "",
    kubernetesUser: undefined,
  };
}

async function replay(server: RunningAws, name: string, signedAtMs = Date.now()) {
  const host = `127.0.0.1:${server.port}`;
  const url = new URL(await presignIdentity(ADMIN, { signedAtMs, host }));
  const headers = { host, "x-k8s-aws-id": name, accept: "application/json" };
  const answer = await send(server, `/${url.search}`, { headers });
  return { status: answer.status, body: JSON.parse(answer.body) };
}

describe("a presigned GetCallerIdentity, replayed to diagnose a token", () => {
  it("answers in JSON who signed it, when the cluster's name fits", async () => {
    const { status, body } = await replay(await start(), CLUSTER_NAME);
    expect(status).toBe(200);
    expect(body.GetCallerIdentityResponse.GetCallerIdentityResult.Arn).toBe(ADMIN.arn);
  });

  it("says SignatureDoesNotMatch for another cluster's name", async () => {
    const { status, body } = await replay(await start(), "other");
    expect(status).toBe(403);
    expect(body).toMatchObject({ Error: { Code: "SignatureDoesNotMatch", Type: "Sender" } });
  });

  it("is good for 15 minutes, then says how late it is", async () => {
    const server = await start({}, { nowMs: () => Date.parse("2022-11-03T09:07:47Z") });
    const early = Date.parse("2022-11-03T08:52:47Z");
    expect((await replay(server, CLUSTER_NAME, early)).status).toBe(200);
    const { status, body } = await replay(server, CLUSTER_NAME, early - 1000);
    expect([status, body.Error.Message]).toEqual([
      403,
      "Signature expired: 20221103T085246Z is now earlier than 20221103T085247Z (20221103T090747Z - 15 min.)",
    ]);
  });
});

describe("credentials that are no good, in the words of each service", () => {
  const calls = {
    eks: (server: RunningAws, who: LabPrincipal) => describeCluster(server, CLUSTER_NAME, who),
    ec2: (server: RunningAws, who: LabPrincipal) => describeEnis(server, {}, who),
    sts: (server: RunningAws, who: LabPrincipal) => callerIdentity(server, who),
  };

  it.each([
    ["eks", "UnrecognizedClientException", 403, "InvalidSignatureException", 403],
    ["ec2", "AuthFailure", 401, "SignatureDoesNotMatch", 403],
    ["sts", "InvalidClientTokenId", 403, "SignatureDoesNotMatch", 403],
  ] as const)(
    "%s: %s %i for an unknown key, %s %i for a wrong secret",
    async (service, unknown, unknownStatus, wrong, wrongStatus) => {
      const server = await start();
      const stranger = { ...ADMIN, accessKeyId: "AKIDEXAMPLE9" };
      const liar = { ...ADMIN, secretAccessKey: "EXAMPLEKEY/wrong" };
      expect(await refusalOf(calls[service](server, stranger))).toMatchObject({
        name: unknown,
        status: unknownStatus,
      });
      expect(await refusalOf(calls[service](server, liar))).toMatchObject({
        name: wrong,
        status: wrongStatus,
      });
    },
  );

  it("asks for a signature where there is none", async () => {
    const server = await start();
    const eks = await send(server, "/clusters");
    expect([eks.status, eks.headers["x-amzn-errortype"]]).toEqual([
      403,
      "MissingAuthenticationTokenException",
    ]);
    const sts = await send(
      server,
      `/?${encodeQuery({ Action: "GetCallerIdentity", Version: "2011-06-15" })}`,
    );
    expect(sts.status).toBe(403);
    expect(sts.body).toContain("<Code>MissingAuthenticationToken</Code>");
  });
});

describe("faults", () => {
  it.each([
    [
      "access-denied",
      "AccessDeniedException",
      403,
      "UnauthorizedOperation",
      403,
      "AccessDenied",
      403,
    ],
    ["throttling", "ThrottlingException", 429, "RequestLimitExceeded", 503, "Throttling", 400],
    ["expired-token", "ExpiredTokenException", 403, "RequestExpired", 400, "ExpiredToken", 403],
    [
      "unrecognized-client",
      "UnrecognizedClientException",
      403,
      "AuthFailure",
      401,
      "InvalidClientTokenId",
      403,
    ],
    ["server-error", "ServerException", 500, "InternalError", 500, "InternalFailure", 500],
  ] as const)(
    "%s is %s, %i; %s, %i; %s, %i",
    async (kind, eks, eksStatus, ec2, ec2Status, sts, stsStatus) => {
      const server = await start({ awsFaults: [{ action: "*", kind, times: undefined }] });
      expect(await refusalOf(describeCluster(server))).toMatchObject({
        name: eks,
        status: eksStatus,
      });
      expect(await refusalOf(describeEnis(server))).toMatchObject({ name: ec2, status: ec2Status });
      expect(await refusalOf(callerIdentity(server))).toMatchObject({
        name: sts,
        status: stsStatus,
      });
    },
  );

  it("name the caller, the action and the resource when access is denied", async () => {
    const fault: AwsFault = {
      action: "eks:DescribeCluster",
      kind: "access-denied",
      times: undefined,
    };
    expect((await refusalOf(describeCluster(await start({ awsFaults: [fault] })))).message).toBe(
      `User: ${ADMIN.arn} is not authorized to perform: eks:DescribeCluster on resource: arn:aws:eks:ap-northeast-2:111122223333:cluster/gonz-eks-pub`,
    );
  });

  it("last as often as said, each action for itself, and leave other actions alone", async () => {
    const awsFaults: AwsFault[] = [
      { action: "eks:DescribeCluster", kind: "throttling", times: 2 },
      { action: "*", kind: "server-error", times: 1 },
    ];
    const server = await start({}, { scenario: once(makeScenario({ awsFaults })) });
    const eks: string[] = [];
    for (let call = 0; call < 4; call += 1)
      eks.push((await refusalOf(describeCluster(server))).name);
    expect(eks).toEqual(["ThrottlingException", "ThrottlingException", "ServerException", "none"]);
    expect((await refusalOf(callerIdentity(server))).name).toBe("InternalFailure");
    expect((await refusalOf(callerIdentity(server))).name).toBe("none");
  });

  it("may be bytes that are neither XML nor JSON", async () => {
    const server = await start({ awsFaults: [{ action: "*", kind: "garbage", times: undefined }] });
    expect((await refusalOf(describeEnis(server))).name).not.toBe("none");
    expect((await refusalOf(describeCluster(server))).name).toBe("SyntaxError");
  });

  it("may be no answer at all, until the server closes", async () => {
    const server = await start({ awsFaults: [{ action: "*", kind: "never", times: undefined }] });
    const pending = refusalOf(describeCluster(server));
    while (server.log().length === 0) await new Promise((resolve) => setImmediate(resolve));
    await server.close();
    expect((await pending).status).toBeUndefined();
    expect((await pending).name).not.toBe("none");
  });
});

function once(scenario: Scenario): () => Scenario {
  return () => scenario;
}

describe("the HTTP side", () => {
  it("refuses other methods and bodies beyond its limit", async () => {
    const server = await start();
    expect((await send(server, "/", { method: "PUT" })).status).toBe(405);
    expect((await send(server, "/", { method: "POST" }, "x".repeat(300_000))).status).toBe(413);
  });

  it("stamps answers with the clock the signatures are checked by", async () => {
    const server = await start({}, { nowMs: () => Date.parse("2022-11-03T09:07:47Z") });
    expect((await send(server, "/clusters")).headers["date"]).toBe("Thu, 03 Nov 2022 09:07:47 GMT");
  });

  it("keeps a log that holds no secret", async () => {
    const server = await start();
    await describeCluster(server, CLUSTER_NAME, SESSION);
    expect(server.log()).toEqual([
      {
        service: "eks",
        action: "eks:DescribeCluster",
        region: REGION,
        caller: SESSION.arn,
        status: 200,
        errorCode: undefined,
      },
    ]);
  });
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A request byte for byte as given: no SDK, no fetch that adds headers of its own. */
function send(
  server: RunningAws,
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
  body = "",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { host: "127.0.0.1", port: server.port, path, ...options },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("end", () => {
          const { statusCode: status, headers } = incoming;
          resolve({ status, headers, body: Buffer.concat(chunks).toString("utf8") });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
