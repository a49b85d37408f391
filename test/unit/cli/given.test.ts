import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readGivenCluster } from "../../../src/cli/options/given.ts";
import { readOptions } from "../../../src/cli/options/read.ts";
import {
  readAwsTarget,
  readLocalTarget,
  readProbeRequest,
} from "../../../src/cli/options/request.ts";
import { ENDPOINTS_OPTIONS } from "../../../src/cli/options/tables/endpoints.ts";
import { UsageError, type ValueReader, valueReader } from "../../../src/cli/options/values.ts";
import { kubeconfigText, oneContext, tempFolder } from "../../support/temp-kubeconfig.ts";
import { mintCa } from "../../support/test-pki.ts";

type Flags = Readonly<Record<string, string | boolean>>;
type Twins = Readonly<Record<string, string>>;

const HOST = "abc.yl4.ap-northeast-2.eks.amazonaws.com";
const SERVER = `https://${HOST}`;
const ARN = "arn:aws:eks:eu-west-1:111122223333:cluster/demo";

const folder = tempFolder();
afterAll(() => folder.remove());
let caFile: string;
let pem: string;
beforeAll(async () => {
  const ca = await mintCa("CN=kubernetes");
  pem = ca.pem;
  caFile = folder.write("ca.pem", pem);
});

function valuesOf(flags: Flags, twins: Twins = {}): ValueReader {
  const read = readOptions(ENDPOINTS_OPTIONS, flags, twins);
  if (read.kind === "bad") throw new UsageError(read.problem);
  return valueReader(read.value);
}

function given(flags: Flags, twins: Twins = {}) {
  const values = valuesOf(flags, twins);
  return readGivenCluster(values, readAwsTarget(values), twins);
}

async function problemOf(flags: Flags, twins: Twins = {}): Promise<string> {
  try {
    await given(flags, twins);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error("no problem");
}

/** A kubeconfig as `aws eks update-kubeconfig` writes it, with changes. */
function write(
  cluster: Readonly<Record<string, unknown>> = {},
  user: Readonly<Record<string, unknown>> = {},
  names: Parameters<typeof oneContext>[2] = { context: ARN, cluster: ARN },
): string {
  const data = Buffer.from(pem).toString("base64");
  const all = { server: SERVER, "certificate-authority-data": data, ...cluster };
  return folder.write("config", oneContext(all, user, names));
}

describe("a cluster given by --endpoint", () => {
  test("has the CA of its file, and the region that was given", async () => {
    const flags = { endpoint: SERVER, caFile, cluster: "demo", region: "eu-west-1" };
    expect(await given(flags)).toMatchObject({
      source: "flags",
      name: "demo",
      region: "eu-west-1",
      endpoint: { url: SERVER, host: HOST, port: 443 },
      certificateAuthority: { kind: "known", value: expect.stringContaining("BEGIN CERTIFICATE") },
    });
  });

  test("has no region where nothing names one: the host's own parts do not count", async () => {
    expect((await given({ endpoint: SERVER, caFile, cluster: "demo" }))?.region).toBeUndefined();
  });

  test("needs no CA with --insecure, and then trusts nobody", async () => {
    const flags = { endpoint: SERVER, insecure: true, cluster: "demo" };
    expect((await given(flags))?.certificateAuthority).toMatchObject({ kind: "skipped" });
  });

  test.each<[string, Flags, readonly string[]]>([
    ["without a CA", { endpoint: SERVER, cluster: "x" }, ["--ca-file", "--insecure"]],
    ["without a name", { endpoint: SERVER, insecure: true }, ["--cluster is missing"]],
    [
      "that is none",
      { endpoint: "abc", insecure: true, cluster: "x" },
      ["--endpoint: ", "https://NAME"],
    ],
    ["with --kubeconfig", { endpoint: SERVER, kubeconfig: "x" }, ["--endpoint and --kubeconfig"]],
    ["with --context", { endpoint: SERVER, context: "x" }, ["--endpoint and --context"]],
    ["that is left out beside --ca-file", { caFile: "x" }, ["--ca-file needs --endpoint"]],
    [
      "whose CA is not there",
      { endpoint: SERVER, cluster: "x", caFile: join(folder.path, "gone") },
      ["--ca-file: ", "is not there", "PEM"],
    ],
    [
      "whose CA is none",
      { endpoint: SERVER, cluster: "x", caFile: "package.json" },
      ["--ca-file: ", "holds no PEM certificate"],
    ],
    [
      "whose CA is a folder",
      { endpoint: SERVER, cluster: "x", caFile: folder.path },
      ["--ca-file: ", "is not a regular file"],
    ],
  ])("%s is a usage error that says what is right", async (_, flags, said) => {
    const problem = await problemOf(flags);
    for (const part of said) expect(problem).toContain(part);
    expect(problem).not.toContain("\n");
  });

  test("silences the twins of the other way", async () => {
    const twins = { EKS_PROBE_KUBECONFIG: "gone", EKS_PROBE_CONTEXT: "gone" };
    const flags = { endpoint: SERVER, caFile, cluster: "demo" };
    expect(await given(flags, twins)).toMatchObject({ source: "flags" });
  });
});

describe("a cluster given by --kubeconfig", () => {
  test("has endpoint, CA, name and region of its current context", async () => {
    expect(await given({ kubeconfig: write() })).toMatchObject({
      source: "kubeconfig",
      name: "demo",
      region: "eu-west-1",
      endpoint: { host: HOST, port: 443 },
      certificateAuthority: { kind: "known", value: expect.stringContaining("BEGIN CERTIFICATE") },
    });
  });

  test.each<[string, readonly string[], string, string | undefined]>([
    ["the command", ["--cluster-name", "other", "--region", "us-east-1"], "other", "us-east-1"],
    ["the command, an ARN in place of the name", ["--cluster-name", ARN], "demo", "eu-west-1"],
    [
      "the command, of another cluster than the ARN's",
      ["--cluster-name", "other"],
      "other",
      undefined,
    ],
    ["the command's region and the ARN's name", ["--region", "us-east-1"], "demo", "us-east-1"],
  ])("is called as %s says", async (_, args, name, region) => {
    const exec = { command: "aws", args: ["eks", "get-token", ...args] };
    expect(await given({ kubeconfig: write({}, { exec }) })).toMatchObject({ name });
    expect((await given({ kubeconfig: write({}, { exec }) }))?.region).toBe(region);
  });

  test("is called as eksctl's name says", async () => {
    const names = { context: "me@demo.us-east-1.eksctl.io", cluster: "demo.us-east-1.eksctl.io" };
    expect(await given({ kubeconfig: write({}, {}, names) })).toMatchObject({
      name: "demo",
      region: "us-east-1",
    });
  });

  test("is called as --cluster and --region say, before all", async () => {
    const flags = { kubeconfig: write(), cluster: "mine", region: "us-west-2" };
    expect(await given(flags)).toMatchObject({ name: "mine", region: "us-west-2" });
    expect(await given({ kubeconfig: write() }, { EKS_PROBE_CLUSTER: "twin" })).toMatchObject({
      name: "twin",
    });
  });

  test("that nothing names is a usage error that says so", async () => {
    const problem = await problemOf({ kubeconfig: write({}, {}, { context: "work" }) });
    expect(problem).toContain('the context "work" does not name the EKS cluster');
    expect(problem).toContain("--cluster NAME");
  });

  test("is that of --context", async () => {
    const kubeconfig = folder.write(
      "two",
      kubeconfigText({
        currentContext: "a",
        contexts: ["a", "b"].map((name) => ({ name, context: { cluster: name } })),
        clusters: ["a", "b"].map((name) => ({
          name,
          cluster: { server: `https://${name}.example` },
        })),
      }),
    );
    const host = async (flags: Flags) =>
      (await given({ kubeconfig, cluster: "x", ...flags }))?.endpoint.host;
    expect(await host({})).toBe("a.example");
    expect(await host({ context: "b" })).toBe("b.example");
    const problem = await problemOf({ kubeconfig, cluster: "x", context: "c" });
    expect(problem).toContain('no context "c" that leads to a cluster; it has "a", "b"');
  });

  test.each<[string, () => Flags, readonly string[]]>([
    ["that is not there", () => ({ kubeconfig: join(folder.path, "gone") }), ["is not there"]],
    ["that is broken", () => ({ kubeconfig: folder.write("broken", "a: [") }), ["line 1"]],
    [
      "that is empty",
      () => ({ kubeconfig: folder.write("empty", "") }),
      ["no current context", "it has none"],
    ],
    [
      "without a current context",
      () => ({ kubeconfig: write({}, {}, { context: "work", current: false }) }),
      ["--context", '"work"'],
    ],
    [
      "whose server is an address",
      () => ({ kubeconfig: write({ server: "https://10.0.0.1" }) }),
      ["--connect-to"],
    ],
    ["whose server is missing", () => ({ kubeconfig: write({ server: "" }) }), ["https://NAME"]],
    [
      "with another name for the certificate",
      () => ({ kubeconfig: write({ server: "https://localhost:8443", "tls-server-name": HOST }) }),
      [`--endpoint https://${HOST}`, "--connect-to ::localhost:8443"],
    ],
    [
      "at an address with another name for the certificate",
      () => ({ kubeconfig: write({ server: "https://127.0.0.1:8443", "tls-server-name": HOST }) }),
      [`--endpoint https://${HOST}`, "--connect-to ::127.0.0.1:8443"],
    ],
    ["left out beside --context", () => ({ context: "x" }), ["--context needs --kubeconfig"]],
  ])("%s is a usage error in one line", async (_, flags, said) => {
    const problem = await problemOf(flags());
    for (const part of said) expect(problem).toContain(part);
    expect(problem).not.toContain("\n");
  });

  test("by its twin is named by its twin", async () => {
    expect(await problemOf({}, { EKS_PROBE_KUBECONFIG: join(folder.path, "gone") })).toMatch(
      /^EKS_PROBE_KUBECONFIG: /,
    );
  });
});

test("without these options nothing is given, and EKS is asked", async () => {
  expect(await given({ cluster: "demo" })).toBeUndefined();
  expect(await given({ cluster: "demo" }, { KUBECONFIG: write() })).toBeUndefined();
});

describe("what the machine cannot tell by itself", () => {
  test("is read into the request, or into whom to ask", () => {
    const flags = { cluster: "a", egressIp: "203.0.113.7", metadata: "http://127.0.0.1:1338" };
    expect(readProbeRequest(valuesOf(flags), {})).toMatchObject({
      egressIp: "203.0.113.7",
      egressService: undefined,
    });
    expect(readLocalTarget(valuesOf(flags))).toEqual({
      metadata: { kind: "url", url: "http://127.0.0.1:1338" },
    });
    const twins = {
      EKS_PROBE_EGRESS_SERVICE: "https://checkip.example",
      EKS_PROBE_METADATA: "off",
    };
    expect(readProbeRequest(valuesOf({ cluster: "a" }, twins), twins)).toMatchObject({
      egressIp: undefined,
      egressService: "https://checkip.example/",
    });
    expect(readLocalTarget(valuesOf({}, twins))).toEqual({ metadata: { kind: "off" } });
    expect(readLocalTarget(valuesOf({}))).toEqual({ metadata: undefined });
  });

  test("an address that is given need not be asked for", () => {
    const twins = { EKS_PROBE_EGRESS_SERVICE: "https://checkip.example" };
    const request = readProbeRequest(
      valuesOf({ cluster: "a", egressIp: "203.0.113.7" }, twins),
      twins,
    );
    expect([request.egressIp, request.egressService]).toEqual(["203.0.113.7", undefined]);
  });
});
