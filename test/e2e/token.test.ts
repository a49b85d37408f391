import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findScenario } from "../../src/lab/scenarios/table.ts";
import { type Lab, startLab } from "../../src/lab/start.ts";
import { createTokenVerifier } from "../../src/lab/token-verifier.ts";
import { closeLab, runIn } from "../support/e2e.ts";
import { findProgram, skipReason } from "../support/real-clients.ts";
import { PROGRAM, runProgram } from "../support/run-program.ts";

const kubectl = findProgram("kubectl");
if (kubectl === undefined) process.stderr.write(`${skipReason("kubectl")}\n`);
const run = promisify(execFile);
const V1 = "client.authentication.k8s.io/v1";

let lab: Lab;
let home: string;

beforeAll(async () => {
  const scenario = findScenario("gonz-eks-pub");
  if (scenario === undefined) throw new Error("the scenario is gone");
  [lab, home] = await Promise.all([
    startLab(scenario),
    mkdtemp(join(tmpdir(), "eks-probe-token-")),
  ]);
});

afterAll(async () => {
  await Promise.all([closeLab(lab), rm(home, { recursive: true })]);
});

interface ExecCredential {
  readonly kind: string;
  readonly apiVersion: string;
  readonly spec: unknown;
  readonly status: { readonly expirationTimestamp: string; readonly token: string };
}

type Variables = Readonly<Record<string, string>>;

async function credential(args: readonly string[], env: Variables = {}): Promise<ExecCredential> {
  const { stdout } = await runIn(lab, ["token", ...args], env);
  return JSON.parse(stdout);
}

function hostIn(token: string): string {
  return new URL(Buffer.from(token.trim().slice("k8s-aws-v1.".length), "base64url").toString())
    .host;
}

function verdictOf(token: string, clusterName: string): string {
  const verify = createTokenVerifier({
    region: "ap-northeast-2",
    clusterName,
    principals: () => lab.aws.principals(),
    nowMs: () => Date.now(),
  });
  return verify(token.trim()).kind;
}

describe("token", () => {
  test("prints an ExecCredential as aws eks get-token does, good for 14 minutes", async () => {
    const before = Date.now();
    const printed = await credential(["--cluster", "gonz-eks-pub"]);
    expect(Object.keys(printed)).toEqual(["kind", "apiVersion", "spec", "status"]);
    expect(printed).toMatchObject({
      kind: "ExecCredential",
      apiVersion: "client.authentication.k8s.io/v1beta1",
      spec: {},
    });
    expect(printed.status.expirationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const lifeMs = Date.parse(printed.status.expirationTimestamp) - before;
    expect(Math.abs(lifeMs - 14 * 60_000)).toBeLessThan(15_000);
  });

  test("is accepted by a verifier of its cluster and of no other", async () => {
    const { status } = await credential(["--cluster", "gonz-eks-pub"]);
    expect(verdictOf(status.token, "gonz-eks-pub")).toBe("user");
    expect(verdictOf(status.token, "gonz-eks-pri")).not.toBe("user");
  });

  test("--cluster-id signs for an Outposts cluster's id instead of a name", async () => {
    const { status } = await credential(["--cluster-id", "0a1b-2c3d"]);
    expect(verdictOf(status.token, "0a1b-2c3d")).toBe("user");
    expect(verdictOf(status.token, "gonz-eks-pub")).not.toBe("user");
  });

  test("--raw prints the bare token and a newline", async () => {
    const { stdout, stderr, code } = await runIn(lab, ["token", "--cluster", "demo", "--raw"]);
    expect(stdout).toMatch(/^k8s-aws-v1\.[\w-]{100,}\n$/);
    expect(verdictOf(stdout, "demo")).toBe("user");
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  });

  test.each<[string, string, RegExp]>([
    [`{"apiVersion":"${V1}","spec":{"interactive":false}}`, V1, /^$/],
    [`{"apiVersion":"${V1}beta1"}`, `${V1}beta1`, /^$/],
    [
      `{"apiVersion":"${V1}alpha1"}`,
      `${V1}alpha1`,
      /^eks-probe: warning: [^\n]+Kubernetes 1.24 removed\n$/,
    ],
    ["not JSON", `${V1}beta1`, /^eks-probe: warning: [^\n]+is not JSON[^\n]+\n$/],
  ])("answers KUBERNETES_EXEC_INFO=%s in the version it can", async (info, version, warning) => {
    const args = ["token", "--cluster", "demo"];
    const ended = await runIn(lab, args, { KUBERNETES_EXEC_INFO: info });
    const printed: ExecCredential = JSON.parse(ended.stdout);
    expect(printed.apiVersion).toBe(version);
    expect(ended.stderr).toMatch(warning);
    expect(ended.code).toBe(0);
  });

  test.each<[string, Variables, string]>([
    [
      "AWS_ENDPOINT_URL",
      { AWS_ENDPOINT_URL: "http://127.0.0.1:9" },
      "sts.ap-northeast-2.amazonaws.com",
    ],
    [
      "AWS_ENDPOINT_URL_STS",
      { AWS_ENDPOINT_URL_STS: "http://127.0.0.1:9" },
      "sts.ap-northeast-2.amazonaws.com",
    ],
    ["another region", { AWS_REGION: "cn-north-1" }, "sts.cn-north-1.amazonaws.com.cn"],
    [
      "FIPS",
      { AWS_REGION: "us-east-1", AWS_USE_FIPS_ENDPOINT: "true" },
      "sts-fips.us-east-1.amazonaws.com",
    ],
  ])("names the real STS host of its region, whatever %s says", async (_, env, host) => {
    const { status } = await credential(["--cluster", "demo"], env);
    expect(hostIn(status.token)).toBe(host);
  });

  test("asks AWS nothing: it is signed here", async () => {
    const before = lab.aws.log().length;
    await credential(["--cluster", "gonz-eks-pub"]);
    expect(lab.aws.log()).toHaveLength(before);
  });
});

async function kubeconfigFor(cluster: string): Promise<string> {
  const front = lab.fronts.find(({ ip }) => ip === "43.200.53.253");
  const ca = lab.certificateAuthorities.get("gonz-eks-pub") ?? "";
  const env = Object.entries(lab.environment).map(([name, value]) => ({ name, value }));
  const exec = {
    apiVersion: V1,
    interactiveMode: "Never",
    command: process.execPath,
    args: [PROGRAM, "token", "--cluster", cluster],
    env,
  };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "lab",
    contexts: [{ name: "lab", context: { cluster: "lab", user: "lab" } }],
    clusters: [
      {
        name: "lab",
        cluster: {
          server: `https://127.0.0.1:${front?.boundPort}`,
          "tls-server-name": lab.scenario.clusters[0]?.endpointHost.toLowerCase(),
          "certificate-authority-data": Buffer.from(ca).toString("base64"),
        },
      },
    ],
    users: [{ name: "lab", user: { exec } }],
  };
  const file = join(home, `${cluster}.kubeconfig`);
  await writeFile(file, JSON.stringify(config));
  return file;
}

async function ask(cluster: string): Promise<{ stdout: string; stderr: string }> {
  const args = ["--kubeconfig", await kubeconfigFor(cluster), "get", "--raw", "/api"];
  const env = { PATH: process.env["PATH"], HOME: home };
  return run(kubectl ?? "", args, { env }).catch(
    (failed: { stdout: string; stderr: string }) => failed,
  );
}

describe.skipIf(kubectl === undefined)("kubectl, with eks-probe token as its exec plugin", () => {
  test("gets /api from the API server behind the VIP", async () => {
    const { stdout, stderr } = await ask("gonz-eks-pub");
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "APIVersions",
      serverAddressByClientCIDRs: [
        { serverAddress: "ip-172-16-57-254.ap-northeast-2.compute.internal:443" },
      ],
    });
  });

  test("is refused with a token for another cluster, as on EKS", async () => {
    const { stdout, stderr } = await ask("gonz-eks-pri");
    expect(stdout).toBe("");
    expect(stderr).toMatch(/Unauthorized|must be logged in/);
  });
});

interface Policy {
  readonly Statement: readonly {
    readonly Action: readonly string[];
    readonly Resource: string;
  }[];
}

async function policy(args: readonly string[], env: Variables = {}): Promise<Policy> {
  const { stdout, stderr, code } = await runProgram(["iam", ...args], { env });
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  return JSON.parse(stdout);
}

describe("iam", () => {
  test("prints the least policy for the cluster, without asking anyone for anything", async () => {
    const { Statement } = await policy(["--cluster", "demo"], { AWS_REGION: "eu-west-1" });
    expect(Statement.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [["eks:DescribeCluster"], "arn:aws:eks:eu-west-1:*:cluster/demo"],
      [["ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcs"], "*"],
    ]);
  });

  test("leaves EC2 out with --paths vip, and puts a role and its account in", async () => {
    const role = "arn:aws-cn:iam::111122223333:role/reader";
    const args = ["--cluster", "demo", "--region", "cn-north-1", "--paths", "vip"];
    const { Statement } = await policy([...args, "--role-arn", role]);
    expect(Statement.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [["eks:DescribeCluster"], "arn:aws-cn:eks:cn-north-1:111122223333:cluster/demo"],
      [["sts:AssumeRole"], role],
    ]);
  });
});
