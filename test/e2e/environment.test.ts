import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import pLimit from "p-limit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands/table.ts";
import { type RunningAws, startAwsServer } from "../../src/lab/aws/server.ts";
import type { LabPrincipal } from "../../src/lab/scenario.ts";
import { findScenario, VIEWER } from "../../src/lab/scenarios/table.ts";
import { type Lab, startLab } from "../../src/lab/start.ts";
import type { ReportDocument } from "../../src/report/json/document.ts";
import type { NodeDocument } from "../../src/report/node/document.ts";
import { closeLab, runIn } from "../support/e2e.ts";
import { httpPeer } from "../support/plain-http-peer.ts";
import { type Ended, runProgram } from "../support/run-program.ts";
import { oneContext } from "../support/temp-kubeconfig.ts";
import { mintCa, mintLeaf } from "../support/test-pki.ts";

const ROLE_ARN = "arn:aws:iam::111122223333:role/lab-reader";
const ASSUMED_ARN = "arn:aws:sts::111122223333:assumed-role/lab-reader/EKSGetTokenAuth";
const EXTERNAL_ID = "the-agreed-id";
const CLOSED = "http://127.0.0.1:9";

/** Whoever assumes the role; its own keys are never used. */
const READER: LabPrincipal = {
  accessKeyId: "ASIDLABREADER",
  secretAccessKey: "lab-secret-of-the-reader",
  sessionToken: "lab-session-of-the-reader",
  arn: "arn:aws:sts::111122223333:assumed-role/lab-reader/somebody",
  kubernetesUser: "lab",
};

let lab: Lab;
/** As the lab's, but the role asks for an external id. */
let strictAws: RunningAws;
/** The lab's AWS behind TLS, with a certificate that only our own bundle vouches for. */
let front: Server;
let frontUrl: string;
let home: string;

beforeAll(async () => {
  const scenario = findScenario("gonz-eks-pub");
  if (scenario === undefined) throw new Error("the scenario is gone");
  const principals = [...scenario.principals, READER];
  [lab, home] = await Promise.all([
    startLab({ ...scenario, principals }),
    mkdtemp(join(tmpdir(), "eks-probe-env-")),
  ]);
  strictAws = await startAwsServer({
    scenario: () => lab.scenario,
    certificateAuthorityOf: (name) => lab.certificateAuthorities.get(name),
    createdAtMs: Date.now(),
    externalIds: { [ROLE_ARN]: EXTERNAL_ID },
    nowMs: () => Date.now(),
  });
  const ca = await mintCa("CN=proxy of the house");
  const leaf = await mintLeaf(ca, { names: [{ type: "ip", value: "127.0.0.1" }] });
  front = createServer(leaf, (socket) => {
    const onward = connect(lab.aws.port, "127.0.0.1");
    for (const end of [socket, onward])
      end.on("error", () => [socket, onward].map((one) => one.destroy()));
    socket.pipe(onward).pipe(socket);
  });
  front.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => void front.listen(0, "127.0.0.1", resolve));
  const address = front.address();
  frontUrl = `https://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  await Promise.all([
    writeFile(join(home, "bundle.pem"), ca.pem),
    writeFile(
      join(home, "config"),
      `[profile lab]\nregion = ap-northeast-2\n[profile nowhere]\nregion = eu-west-1\n`,
    ),
    writeFile(
      join(home, "credentials"),
      `[lab]\naws_access_key_id = ${VIEWER.accessKeyId}\naws_secret_access_key = ${VIEWER.secretAccessKey}\n`,
    ),
  ]);
});

afterAll(async () => {
  front.close();
  await Promise.all([closeLab(lab), strictAws.close(), rm(home, { recursive: true })]);
});

type Variables = Readonly<Record<string, string>>;

/** `endpoints` with nothing but variables, and what it found. */
async function documentWith(env: Variables, args: readonly string[] = []): Promise<ReportDocument> {
  const all = { EKS_PROBE_CLUSTER: "gonz-eks-pub", EKS_PROBE_OUTPUT: "json", ...env };
  const { stdout, stderr } = await runIn(lab, ["endpoints", ...args], all);
  if (stdout === "") throw new Error(`no document; stderr: ${stderr}`);
  return JSON.parse(stdout);
}

/** `watch` of a second, by variables alone: its first line and its last. */
async function watchWith(env: Variables): Promise<readonly unknown[]> {
  const all = {
    EKS_PROBE_CLUSTER: "gonz-eks-pub",
    EKS_PROBE_OUTPUT: "ndjson",
    EKS_PROBE_FOR: "1s",
    ...env,
  };
  const { stdout, stderr } = await runIn(lab, ["watch"], all, { timeoutMs: 60_000 });
  const lines = stdout.trimEnd().split("\n");
  if (lines.length < 2) throw new Error(`no summary; stderr: ${stderr}`);
  return [lines[0], lines.at(-1)].map((line) => JSON.parse(line ?? ""));
}

async function expectRefused(env: Variables, why: string): Promise<void> {
  const { code, stderr } = await runIn(lab, ["watch", "--cluster", "gonz-eks-pub"], env);
  expect(code).toBe(2);
  expect(stderr).toContain(why);
}

function withoutKeys(): Variables {
  return {
    AWS_ACCESS_KEY_ID: "",
    AWS_SECRET_ACCESS_KEY: "",
    AWS_REGION: "",
    AWS_CONFIG_FILE: join(home, "config"),
    AWS_SHARED_CREDENTIALS_FILE: join(home, "credentials"),
  };
}

/** Every twin, by what it is shown to do below: an option without a row here fails the last test. */
const TWINS: Readonly<Record<string, () => Promise<void>>> = {
  EKS_PROBE_CLUSTER: async () => {
    const { cluster } = await documentWith({ EKS_PROBE_CLUSTER: "no-such-cluster" });
    expect(cluster).toMatchObject({
      name: "no-such-cluster",
      problem: { code: "cluster-not-found" },
    });
  },
  EKS_PROBE_REGION: async () => {
    await documentWith({ EKS_PROBE_REGION: "eu-west-1", AWS_REGION: "ap-northeast-2" });
    expect(lab.aws.log().some(({ region }) => region === "eu-west-1")).toBe(true);
  },
  EKS_PROBE_PROFILE: async () => {
    const { verdict } = await documentWith({ ...withoutKeys(), EKS_PROBE_PROFILE: "lab" });
    expect(verdict.status).toBe("healthy");
  },
  EKS_PROBE_ROLE_ARN: async () => {
    const { verdict, probes } = await documentWith({ EKS_PROBE_ROLE_ARN: ROLE_ARN });
    expect(verdict.status).toBe("healthy");
    expect(probes.map(({ http }) => http?.status)).toEqual([200, 200, 200, 200]);
    expect(lab.aws.log().filter(({ caller }) => caller === ASSUMED_ARN)).not.toEqual([]);
  },
  EKS_PROBE_EXTERNAL_ID: async () => {
    const env = { AWS_ENDPOINT_URL: strictAws.url, EKS_PROBE_ROLE_ARN: ROLE_ARN };
    const alone = await documentWith({ ...env, EKS_PROBE_ANONYMOUS: "1" });
    expect(alone.cluster.problem).toMatchObject({ code: "access-denied", phase: "credentials" });
    const id = { EKS_PROBE_EXTERNAL_ID: EXTERNAL_ID, EKS_PROBE_ANONYMOUS: "1" };
    expect((await documentWith({ ...env, ...id })).verdict.status).toBe("healthy");
  },
  EKS_PROBE_RESOLVER: async () => {
    const { resolutions } = await documentWith({ EKS_PROBE_RESOLVER: "127.0.0.1:9" });
    expect(resolutions.map(({ outcome }) => outcome)).toEqual(["failed", "failed"]);
  },
  EKS_PROBE_CONNECT_TO: async () => {
    const rules = `10.0.20.41:443:127.0.0.1:9 ${lab.environment["EKS_PROBE_CONNECT_TO"]}`;
    const { paths } = await documentWith({ EKS_PROBE_CONNECT_TO: rules });
    const failed = paths.filter(({ state }) => state === "failed");
    expect(failed).toMatchObject([{ address: "10.0.20.41:443", problem: { code: "tcp-refused" } }]);
  },
  EKS_PROBE_SAMPLES: async () => {
    const { paths } = await documentWith({ EKS_PROBE_SAMPLES: "3" });
    expect(paths.map(({ of }) => of)).toEqual([3, 3, 3, 3]);
  },
  EKS_PROBE_INTERVAL: async () => {
    const env = { EKS_PROBE_SAMPLES: "2", EKS_PROBE_INTERVAL: "400ms", EKS_PROBE_PATHS: "eni" };
    const { probes } = await documentWith(env);
    const starts = probes.map(({ startedAt }) => Date.parse(startedAt));
    // Stamped at the SYN, which on a busy machine comes late, the first one as well.
    expect(Math.max(...starts) - Math.min(...starts)).toBeGreaterThanOrEqual(300);
  },
  EKS_PROBE_UNTIL_SURE: async () => {
    const { paths } = await documentWith({ EKS_PROBE_UNTIL_SURE: "50%" });
    expect(paths.map(({ of }) => of)).toEqual([6, 6, 6, 6]);
  },
  EKS_PROBE_COMPARE_REUSE: async () => {
    const { certainty } = await documentWith({ EKS_PROBE_COMPARE_REUSE: "1" });
    expect(certainty.map(({ reused }) => reused?.[0]?.seen)).toEqual([1, 1, 1, 1]);
  },
  EKS_PROBE_DEEP: async () => {
    const { apiServers } = await documentWith({ EKS_PROBE_DEEP: "1" });
    expect(apiServers.map(({ inspected }) => inspected?.readyz?.healthy)).toEqual([true, true]);
  },
  EKS_PROBE_WATCH: async () => {
    const { stdout } = await runProgram(["iam"], { env: { EKS_PROBE_WATCH: "1" } });
    expect(stdout).toContain("eks:ListUpdates");
  },
  EKS_PROBE_TIMEOUT: async () => {
    const { stdout } = await runProgram(["endpoints", "--cluster", "demo"], {
      env: {
        ...withoutKeys(),
        AWS_PROFILE: "slow",
        AWS_REGION: "eu-west-1",
        AWS_CONFIG_FILE: await slowConfig(),
        EKS_PROBE_TIMEOUT: "600ms",
      },
    });
    expect(stdout).toContain("within 600 ms");
  },
  EKS_PROBE_PATHS: async () => {
    const { paths, enis } = await documentWith({ EKS_PROBE_PATHS: "vip" });
    expect(paths.map(({ kind }) => kind)).toEqual(["vip", "vip"]);
    expect(enis.items).toEqual([]);
  },
  EKS_PROBE_HTTP1_1: async () => {
    const { probes } = await documentWith({ EKS_PROBE_HTTP1_1: "true" });
    expect(new Set(probes.map(({ http }) => http?.version))).toEqual(new Set(["1.1"]));
  },
  EKS_PROBE_HTTP2: async () => {
    const { probes } = await documentWith({ EKS_PROBE_HTTP2: "yes" });
    expect(new Set(probes.map(({ tls }) => tls?.alpn))).toEqual(new Set(["h2"]));
  },
  EKS_PROBE_IPV4: async () => {
    const { resolutions } = await documentWith({ EKS_PROBE_IPV4: "on" });
    expect(resolutions.map(({ type }) => type)).toEqual(["A"]);
  },
  EKS_PROBE_IPV6: async () => {
    const { resolutions, addresses } = await documentWith({ EKS_PROBE_IPV6: "1" });
    expect(resolutions.map(({ type }) => type)).toEqual(["AAAA"]);
    expect(addresses).toEqual([]);
  },
  EKS_PROBE_ANONYMOUS: async () => {
    const { probes, token } = await documentWith({ EKS_PROBE_ANONYMOUS: "1" });
    expect(new Set(probes.map((probe) => probe.token))).toEqual(new Set(["none"]));
    expect(token.state).toBe("none");
  },
  EKS_PROBE_INSECURE: async () => {
    const env = { EKS_PROBE_CLUSTER: "gonz-eks-pub", EKS_PROBE_INSECURE: "1" };
    const { stderr } = await runIn(lab, ["endpoints", "-q"], env);
    expect(stderr).toContain("no token is sent");
  },
  EKS_PROBE_INSECURE_SEND_TOKEN: async () => {
    const env = { EKS_PROBE_INSECURE: "1", EKS_PROBE_INSECURE_SEND_TOKEN: "1" };
    const args = ["endpoints", "--cluster", "gonz-eks-pub", "-q"];
    expect((await runIn(lab, args, env)).stderr).toContain("THE TOKEN IS SENT");
  },
  EKS_PROBE_OUTPUT: async () => {
    expect((await documentWith({ EKS_PROBE_OUTPUT: "json" })).schemaVersion).toBe(1);
  },
  EKS_PROBE_EGRESS_IP: async () => {
    const { investigation } = await documentWith({
      EKS_PROBE_EGRESS_IP: "203.0.113.9",
      EKS_PROBE_DEEP: "1",
    });
    expect(investigation.egress).toMatchObject({ value: { ip: "203.0.113.9", source: "flag" } });
  },
  EKS_PROBE_EGRESS_SERVICE: async () => {
    await using peer = await httpPeer((_request, response) => response.end("203.0.113.10"));
    const { investigation } = await documentWith({
      EKS_PROBE_EGRESS_SERVICE: `${peer.origin}/`,
      EKS_PROBE_DEEP: "1",
    });
    expect(investigation.egress).toMatchObject({ value: { ip: "203.0.113.10" } });
  },
  EKS_PROBE_METADATA: async () => {
    await using peer = await httpPeer((_request, response) => response.end("no token"));
    await documentWith({ EKS_PROBE_METADATA: peer.origin, EKS_PROBE_DEEP: "1" });
    expect(peer.seen).toContain("PUT /latest/api/token");
  },
  EKS_PROBE_ENDPOINT: async () => {
    const { cluster } = await documentWith(await givenByFlags());
    expect(cluster).toMatchObject({ source: "flags", arn: null });
  },
  EKS_PROBE_CA_FILE: async () => {
    const { verdict, cluster } = await documentWith(await givenByFlags());
    expect(verdict.status).toBe("healthy");
    expect(cluster.certificateAuthority).toBe(lab.certificateAuthorities.get("gonz-eks-pub"));
  },
  EKS_PROBE_KUBECONFIG: async () => {
    const env = { EKS_PROBE_CLUSTER: "", EKS_PROBE_KUBECONFIG: await kubeconfig() };
    const { cluster } = await documentWith(env);
    expect(cluster).toMatchObject({ source: "kubeconfig", name: "gonz-eks-pub" });
  },
  EKS_PROBE_CONTEXT: async () => {
    const env = { EKS_PROBE_KUBECONFIG: await kubeconfig(), EKS_PROBE_CONTEXT: "nobody's" };
    const { code, stderr } = await runIn(lab, ["endpoints"], env);
    expect(code).toBe(2);
    expect(stderr).toContain("nobody's");
  },
  EKS_PROBE_CONFIG: async () => {
    const { expectations } = await documentWith({ EKS_PROBE_CONFIG: await config() });
    expect(expectations).toMatchObject({ certificateDays: 7 });
  },
  EKS_PROBE_EXPECT_API_SERVERS: () => expectFinding({ EKS_PROBE_EXPECT_API_SERVERS: "3" }, "P10"),
  EKS_PROBE_EXPECT_MODE: () => expectFinding({ EKS_PROBE_EXPECT_MODE: "private" }, "C08"),
  EKS_PROBE_EXPECT_CERTIFICATE_DAYS: () =>
    expectFinding({ EKS_PROBE_EXPECT_CERTIFICATE_DAYS: "3000" }, "T02", "warn"),
  EKS_PROBE_EXPECT_TCP: () => expectFinding({ EKS_PROBE_EXPECT_TCP: "0.001ms" }, "N13"),
  EKS_PROBE_EXPECT_TLS: () => expectFinding({ EKS_PROBE_EXPECT_TLS: "0.001ms" }, "N13"),
  EKS_PROBE_EXPECT_TTFB: () => expectFinding({ EKS_PROBE_EXPECT_TTFB: "0.001ms" }, "N13"),
  EKS_PROBE_IGNORE: async () => {
    const env = { EKS_PROBE_EXPECT_MODE: "private", EKS_PROBE_IGNORE: "C08=moved-on-monday" };
    const { findings, verdict } = await documentWith(env);
    const ignored = findings.find(({ code }) => code === "C08");
    expect(ignored).toMatchObject({ status: "fail", ignored: "moved-on-monday" });
    expect(verdict.exitCode).toBe(0);
  },
  EKS_PROBE_FAIL_ON: async () => {
    const warned = { EKS_PROBE_EXPECT_CERTIFICATE_DAYS: "3000" };
    expect((await checkWith(warned)).code).toBe(0);
    expect((await checkWith({ ...warned, EKS_PROBE_FAIL_ON: "warn" })).code).toBe(4);
  },
  EKS_PROBE_EXIT_ZERO: async () => {
    const failing = { EKS_PROBE_EXPECT_MODE: "private" };
    expect((await checkWith(failing)).code).toBe(1);
    expect((await checkWith({ ...failing, EKS_PROBE_EXIT_ZERO: "1" })).code).toBe(0);
  },
  EKS_PROBE_BASELINE: async () => {
    const saved = await documentWith({});
    const [file, old] = [join(home, "now.json"), join(home, "old.json")];
    await writeFile(file, JSON.stringify(saved));
    const cluster = { ...saved.cluster, version: "1.24" };
    await writeFile(old, JSON.stringify({ ...saved, cluster }));
    expect((await checkWith({ EKS_PROBE_BASELINE: file })).code).toBe(0);
    expect(await checkWith({ EKS_PROBE_BASELINE: old })).toMatchObject({
      code: 5,
      stdout: expect.stringContaining("1.24 → 1.25"),
    });
  },
  EKS_PROBE_FOR: async () => {
    const [, summary] = await watchWith({});
    expect(summary).toMatchObject({ type: "summary", end: "time" });
  },
  EKS_PROBE_WATCH_INTERVAL: async () => {
    expect((await watchWith({ EKS_PROBE_WATCH_INTERVAL: "5m" }))[0]).toMatchObject({
      intervalMs: 300_000,
    });
  },
  EKS_PROBE_AWS_INTERVAL: () =>
    expectRefused({ EKS_PROBE_AWS_INTERVAL: "2h" }, "between 1s and 1h"),
  EKS_PROBE_RECORD: async () => {
    const record = join(home, "record");
    await watchWith({ EKS_PROBE_RECORD: record });
    expect(await readFile(record, "utf8")).toMatch(/^\{"kind":"header"/);
  },
  EKS_PROBE_RESUME: async () => {
    const env = { EKS_PROBE_RECORD: join(home, "resumed"), EKS_PROBE_RESUME: "1" };
    await watchWith(env);
    await watchWith(env);
    expect(await readFile(env.EKS_PROBE_RECORD, "utf8")).toMatch(/\n\{"kind":"resumed"/);
  },
  EKS_PROBE_ON_EVENT: () => expectRefused({ EKS_PROBE_ON_EVENT: "/none/such" }, "is not there"),
  EKS_PROBE_ON_EVENT_TIMEOUT: () =>
    expectRefused(
      { EKS_PROBE_ON_EVENT: "cat", EKS_PROBE_ON_EVENT_TIMEOUT: "soon" },
      "EKS_PROBE_ON_EVENT_TIMEOUT",
    ),
  EKS_PROBE_LOAD: async () => {
    expect((await watchWith({ EKS_PROBE_LOAD: "7" }))[1]).toMatchObject({
      load: { plan: { rps: 7, path: "/version", connections: "fresh" } },
    });
  },
  EKS_PROBE_LOAD_PATH: async () => {
    const env = { EKS_PROBE_LOAD: "7", EKS_PROBE_LOAD_PATH: "/livez" };
    expect((await watchWith(env))[1]).toMatchObject({ load: { plan: { path: "/livez" } } });
  },
  EKS_PROBE_LOAD_CONNECTIONS: async () => {
    const env = { EKS_PROBE_LOAD: "7", EKS_PROBE_LOAD_CONNECTIONS: "kept" };
    expect((await watchWith(env))[1]).toMatchObject({ load: { plan: { connections: "kept" } } });
  },
  EKS_PROBE_YES: async () => {
    const env = { EKS_PROBE_LOAD: "60", EKS_PROBE_YES: "1" };
    expect((await watchWith(env))[1]).toMatchObject({ load: { plan: { rps: 60 } } });
  },
  EKS_PROBE_SHORT: async () => {
    const { stdout } = await checkWith({ EKS_PROBE_SHORT: "1" });
    expect(stdout).toMatch(/^healthy · [^\n]+\n$/);
  },
  EKS_PROBE_WIDE: () => expectText({ EKS_PROBE_WIDE: "1" }, /CLIENT CERT {2}TOTAL/),
  EKS_PROBE_QUIET: () => expectText({ EKS_PROBE_QUIET: "1" }, /^healthy · [^\n]+\n$/),
  EKS_PROBE_VERBOSE: () => expectText({ EKS_PROBE_VERBOSE: "1" }, /the token is accepted.* {2}A02/),
  EKS_PROBE_NO_COLOR: () =>
    // oxlint-disable-next-line no-control-regex -- that there is none is the point
    expectText({ EKS_PROBE_NO_COLOR: "1", FORCE_COLOR: "1" }, /^[^\u001b]+$/),
  EKS_PROBE_ROOT: async () => {
    const root = lab.environment["EKS_PROBE_ROOT"];
    expect((await workerWith({})).source).toEqual({ kind: "root", path: root });
  },
  EKS_PROBE_MAP: async () => {
    const file = join(home, "run.json");
    await writeFile(file, JSON.stringify(await documentWith({})));
    const { source } = (await workerWith({ EKS_PROBE_MAP: file })).controlPlane;
    expect(source).toMatchObject({ kind: "map", file });
  },
  EKS_PROBE_NO_PROBE: async () => {
    const { controlPlane, connections } = await workerWith({ EKS_PROBE_NO_PROBE: "1" });
    expect(controlPlane.source).toMatchObject({ kind: "none" });
    expect(connections).not.toEqual([]);
  },
  EKS_PROBE_CLUSTER_ID: async () => {
    const env = { EKS_PROBE_CLUSTER_ID: "0a1b2c3d" };
    const { stdout, code } = await runIn(lab, ["token"], env);
    expect({ kind: JSON.parse(stdout).kind, code }).toEqual({ kind: "ExecCredential", code: 0 });
  },
  EKS_PROBE_RAW: async () => {
    const { stdout } = await runIn(lab, ["token", "--cluster", "demo"], { EKS_PROBE_RAW: "1" });
    expect(stdout).toMatch(/^k8s-aws-v1\.[\w-]+\n$/);
  },
  EKS_PROBE_SCENARIO: async () => {
    const { stdout } = await runProgram(["lab", "--print"], {
      env: { EKS_PROBE_SCENARIO: "unmapped" },
    });
    expect(JSON.parse(stdout)).toMatchObject({ name: "unmapped" });
  },
  EKS_PROBE_LAB_LATENCY: async () => {
    const env = { EKS_PROBE_LAB_LATENCY: "20ms", EKS_PROBE_LAB_PRINT: "1" };
    const { stdout } = await runProgram(["lab"], { env });
    expect(JSON.parse(stdout).latency).toEqual({ awsMs: 40, dnsMs: 20, addressMs: 20 });
  },
  EKS_PROBE_LAB_SPEED: async () => {
    const env = { EKS_PROBE_LAB_SPEED: "10", EKS_PROBE_SCENARIO: "outage" };
    const { stdout } = await runProgram(["lab", "--print"], { env });
    expect(JSON.parse(stdout)).toMatchObject({ timeline: [{ atSeconds: 6 }, { atSeconds: 15 }] });
  },
  EKS_PROBE_LAB_OWN_ADDRESSES: async () => {
    const { stderr } = await runProgram(["lab", "--", "schema"], {
      env: { EKS_PROBE_LAB_OWN_ADDRESSES: "1", EKS_PROBE_SCENARIO: "gonz-eks-pri" },
    });
    expect(stderr).toContain("--own-addresses");
  },
  EKS_PROBE_LAB_LIST: async () => {
    const { stdout } = await runProgram(["lab"], { env: { EKS_PROBE_LAB_LIST: "1" } });
    expect(stdout).toMatch(/^field-notes /);
  },
  EKS_PROBE_LAB_PRINT: async () => {
    const { stdout } = await runProgram(["lab"], { env: { EKS_PROBE_LAB_PRINT: "1" } });
    expect(JSON.parse(stdout)).toMatchObject({ name: "field-notes" });
  },
};

async function workerWith(env: Variables): Promise<NodeDocument> {
  const { stdout } = await runIn(lab, ["node"], { EKS_PROBE_OUTPUT: "json", ...env });
  return JSON.parse(stdout);
}

function checkWith(env: Variables): Promise<Ended> {
  return runIn(lab, ["check"], { EKS_PROBE_CLUSTER: "gonz-eks-pub", ...env });
}

async function expectFinding(env: Variables, code: string, status = "fail"): Promise<void> {
  const { findings } = await documentWith(env);
  expect(findings.find((finding) => finding.code === code)).toMatchObject({ status });
}

async function givenByFlags(): Promise<Variables> {
  const file = join(home, "ca.pem");
  await writeFile(file, lab.certificateAuthorities.get("gonz-eks-pub") ?? "");
  const host = lab.scenario.clusters[0]?.endpointHost ?? "";
  return { EKS_PROBE_ENDPOINT: `https://${host}`, EKS_PROBE_CA_FILE: file };
}

async function kubeconfig(): Promise<string> {
  const file = join(home, "kubeconfig");
  const server = `https://${lab.scenario.clusters[0]?.endpointHost ?? ""}`;
  const ca = Buffer.from(lab.certificateAuthorities.get("gonz-eks-pub") ?? "").toString("base64");
  const args = ["eks", "get-token", "--cluster-name", "gonz-eks-pub"];
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "aws", args };
  await writeFile(file, oneContext({ server, "certificate-authority-data": ca }, { exec }));
  return file;
}

async function config(): Promise<string> {
  const file = join(home, "expect.yaml");
  await writeFile(file, "version: 1\nexpect:\n  certificateDays: 7\n");
  return file;
}

async function expectText(env: Variables, pattern: RegExp): Promise<void> {
  const { stdout } = await runIn(lab, ["endpoints", "--cluster", "gonz-eks-pub"], env);
  expect(stdout).toMatch(pattern);
}

async function slowConfig(): Promise<string> {
  const file = join(home, "slow-config");
  await writeFile(file, "[profile slow]\ncredential_process = sleep 5\n");
  return file;
}

const limit = pLimit(2);

describe("an environment twin does what its flag does", () => {
  test.concurrent.each(Object.entries(TWINS))("%s", async (_, show) => {
    await expect(limit(show)).resolves.toBeUndefined();
  });

  test("every option of every command has its twin shown here", () => {
    const twins = COMMANDS.flatMap(({ options }) => options.map(({ env }) => env));
    expect(new Set(Object.keys(TWINS))).toEqual(new Set(twins));
  });

  test("a switch's twin that says off, or is empty, is off", async () => {
    const env = { EKS_PROBE_IPV6: "0", EKS_PROBE_ANONYMOUS: "false", EKS_PROBE_SAMPLES: "" };
    const { probes, token } = await documentWith(env);
    expect({ probes: probes.length, token: token.state }).toEqual({ probes: 4, token: "signed" });
  });
});

describe("a flag beats its twin", () => {
  test("and the twins of what it excludes, good or bad", async () => {
    const env = {
      EKS_PROBE_CLUSTER: "another",
      EKS_PROBE_SAMPLES: "nonsense",
      EKS_PROBE_PATHS: "eni",
      EKS_PROBE_HTTP2: "1",
      EKS_PROBE_IPV6: "1",
      EKS_PROBE_RESOLVER: "127.0.0.1:9",
      EKS_PROBE_OUTPUT: "text",
    };
    const [resolver = ""] = lab.environment["EKS_PROBE_RESOLVER"]?.split(" ") ?? [];
    const args = ["--cluster", "gonz-eks-pub", "-n", "2", "--paths", "vip", "--http1.1", "-4"];
    const more = ["--resolver", resolver, "-o", "json"];
    const { cluster, probes, resolutions, paths } = await documentWith(env, [...args, ...more]);
    expect(cluster.name).toBe("gonz-eks-pub");
    expect(paths.map(({ kind, of }) => [kind, of])).toEqual([
      ["vip", 2],
      ["vip", 2],
    ]);
    expect(probes.map(({ http }) => http?.version)).toEqual(["1.1", "1.1", "1.1", "1.1"]);
    expect(resolutions).toMatchObject([{ type: "A", outcome: "records" }]);
  });
});

describe("AWS's own variables", () => {
  test.concurrent.each<[string, () => Variables]>([
    ["AWS_PROFILE, with files of its own", () => ({ ...withoutKeys(), AWS_PROFILE: "lab" })],
    ["AWS_DEFAULT_REGION", () => ({ AWS_REGION: "", AWS_DEFAULT_REGION: "ap-northeast-2" })],
    [
      "AWS_REGION, over AWS_DEFAULT_REGION",
      () => ({ AWS_REGION: "ap-northeast-2", AWS_DEFAULT_REGION: "eu-west-1" }),
    ],
    [
      "AWS_ENDPOINT_URL_EKS and _EC2, over AWS_ENDPOINT_URL",
      () => ({
        AWS_ENDPOINT_URL: CLOSED,
        AWS_ENDPOINT_URL_EKS: lab.aws.url,
        AWS_ENDPOINT_URL_EC2: lab.aws.url,
      }),
    ],
    [
      "AWS_ENDPOINT_URL_STS, for a role",
      () => ({
        AWS_ENDPOINT_URL: CLOSED,
        AWS_ENDPOINT_URL_EKS: lab.aws.url,
        AWS_ENDPOINT_URL_EC2: lab.aws.url,
        AWS_ENDPOINT_URL_STS: lab.aws.url,
        EKS_PROBE_ROLE_ARN: ROLE_ARN,
      }),
    ],
    [
      "AWS_CA_BUNDLE, for an AWS behind a proxy of one's own",
      () => ({ AWS_ENDPOINT_URL: frontUrl, AWS_CA_BUNDLE: join(home, "bundle.pem") }),
    ],
  ])("%s is heeded", async (_, env) => {
    const { verdict } = await limit(() => documentWith(env()));
    expect(verdict).toMatchObject({ status: "healthy", exitCode: 0 });
  });

  test.concurrent.each<[string, () => Variables, string]>([
    [
      "an AWS behind TLS that no bundle vouches for",
      () => ({ AWS_ENDPOINT_URL: frontUrl }),
      "aws-unreachable",
    ],
    [
      "a bundle that is not there",
      () => ({ AWS_ENDPOINT_URL: frontUrl, AWS_CA_BUNDLE: join(home, "none.pem") }),
      "aws-unreachable",
    ],
    [
      "one service that points nowhere",
      () => ({ AWS_ENDPOINT_URL_EKS: CLOSED }),
      "aws-unreachable",
    ],
    [
      "a profile of another region",
      () => ({ ...withoutKeys(), AWS_PROFILE: "nowhere" }),
      "no-credentials",
    ],
  ])("%s is not passed over", async (_, env, code) => {
    const { cluster, verdict } = await limit(() => documentWith(env()));
    expect(cluster.problem).toMatchObject({ code });
    expect(verdict.exitCode).toBe(3);
  });
});
