import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AwsFault, Scenario } from "../../src/lab/scenario.ts";
import { findScenario } from "../../src/lab/scenarios/table.ts";
import { type Lab, startLab } from "../../src/lab/start.ts";
import { closeLab, inLab, runIn } from "../support/e2e.ts";
import { findLeaks, TOKEN_WORDS } from "../support/leak-scan.ts";
import { type ProgramReport, readReport } from "../support/program-report.ts";
import type { Ended } from "../support/run-program.ts";
import { oneContext, tempFolder } from "../support/temp-kubeconfig.ts";

const NAME = "gonz-eks-pub";
const HOST = "1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com";
const ARN = `arn:aws:eks:ap-northeast-2:111122223333:cluster/${NAME}`;
/** What --kubeconfig must not use, and nothing may show. */
const SECRET = "MARKEDSECRETOFTHEKUBECONFIG";

const folder = tempFolder();
let lab: Lab;
let ca: string;

/** The caller may do everything but DescribeCluster, as many a CI job. */
function denied(more: readonly AwsFault[] = []): Scenario {
  const scenario = findScenario("gonz-eks-pub");
  if (scenario === undefined) throw new Error("no scenario");
  const fault = { action: "eks:DescribeCluster", kind: "access-denied", times: undefined } as const;
  return { ...scenario, awsFaults: [fault, ...more] };
}

function caOf(running: Lab): string {
  const pem = running.certificateAuthorities.get(NAME);
  if (pem === undefined) throw new Error("no CA");
  return pem;
}

function kubeconfig(
  server: string,
  pem: string,
  user: Readonly<Record<string, unknown>> = {},
  names: Parameters<typeof oneContext>[2] = { context: ARN, cluster: ARN },
): string {
  const data = Buffer.from(pem).toString("base64");
  const text = oneContext({ server, "certificate-authority-data": data }, user, names);
  return folder.write("config", text);
}

beforeAll(async () => {
  lab = await startLab(denied());
  ca = caOf(lab);
});
afterAll(async () => {
  await closeLab(lab);
  folder.remove();
});

async function jsonOf(args: readonly string[]): Promise<{ report: ProgramReport; ended: Ended }> {
  const ended = await runIn(lab, ["endpoints", ...args, "-o", "json"]);
  return { report: readReport(ended), ended };
}

/** All four paths of the field notes, with the token and both API servers. */
function expectWholeMap(report: ProgramReport): void {
  expect(report.paths.map(({ state, apiServer }) => `${state} ${apiServer}`)).toEqual([
    "ok A",
    "ok B",
    "ok A",
    "ok B",
  ]);
  expect(new Set(report.probes.map(({ token }) => token))).toEqual(new Set(["sent"]));
  expect(report.verdict.exitCode).toBe(0);
}

describe("a caller who may not describe the cluster", () => {
  test("hears of the way without it", async () => {
    const ended = await runIn(lab, ["endpoints", "--cluster", NAME]);
    expect(ended.code).toBe(3);
    expect(ended.stdout).toContain(`→ eks-probe endpoints --kubeconfig ~/.kube/config --cluster`);
  });

  test("gets the whole map with --endpoint and --ca-file", async () => {
    const file = folder.write("ca.pem", ca);
    const args = ["--cluster", NAME, "--endpoint", `https://${HOST}`, "--ca-file", file];
    const { report, ended } = await jsonOf(args);
    expectWholeMap(report);
    expect(JSON.parse(ended.stdout).cluster).toMatchObject({
      source: "flags",
      name: NAME,
      region: "ap-northeast-2",
      arn: null,
      status: null,
      publicAccess: "unknown",
      problem: null,
    });
    const text = await runIn(lab, ["endpoints", ...args]);
    expect(text.stdout).toContain("✓ cluster  given by --endpoint; DescribeCluster was not asked");
    expect(text).toMatchObject({ code: 0, stderr: "" });
  });

  test("gets it with nothing but a kubeconfig: name, region, endpoint and CA are in there", async () => {
    const user = { token: SECRET, "client-key-data": SECRET, "client-certificate-data": SECRET };
    const { report, ended } = await jsonOf([
      "--kubeconfig",
      kubeconfig(`https://${HOST}`, ca, user),
    ]);
    expectWholeMap(report);
    expect(JSON.parse(ended.stdout).cluster).toMatchObject({
      source: "kubeconfig",
      name: NAME,
      region: "ap-northeast-2",
    });
    expect(findLeaks(ended.stdout + ended.stderr, [SECRET])).toEqual([]);
    expect(ended.stdout + ended.stderr).not.toMatch(TOKEN_WORDS);
  });

  test("without any right to EC2 loses the ENIs and nothing else", async () => {
    const enis = {
      action: "ec2:DescribeNetworkInterfaces",
      kind: "access-denied",
      times: undefined,
    } as const;
    await inLab(denied([enis]), async (other) => {
      const file = kubeconfig(`https://${HOST}`, caOf(other));
      const ended = await runIn(other, ["endpoints", "--kubeconfig", file, "-o", "json"]);
      const report = readReport(ended);
      expect(report.enis.problem).toMatchObject({ code: "access-denied" });
      expect(report.paths.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
        "vip ok",
        "vip ok",
      ]);
    });
  });

  test("without credentials maps the certificates with --anonymous, and the user's own token stays at home", async () => {
    const file = kubeconfig(`https://${HOST}`, ca, { token: SECRET });
    const env = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_REGION: "" };
    const args = ["endpoints", "--kubeconfig", file, "--anonymous", "--paths", "vip", "-o", "json"];
    const ended = await runIn(lab, args, env);
    const report = readReport(ended);
    expect(report.probes.map(({ http, token }) => [http?.status, token])).toEqual([
      [403, "none"],
      [403, "none"],
    ]);
    const [probe] = JSON.parse(ended.stdout).probes;
    expect(probe.http).toMatchObject({ deniedUser: "system:anonymous", retryAfterSeconds: null });
    expect(report.apiServers).toHaveLength(2);
  });
});

describe("what is given wrongly", () => {
  test("another cluster's CA verifies nobody, and the token is sent to nobody", async () => {
    await inLab(denied(), async (other) => {
      const file = folder.write("other.pem", caOf(other));
      const args = ["--cluster", NAME, "--endpoint", `https://${HOST}`, "--ca-file", file];
      const { report } = await jsonOf(args);
      expect(report.verdict.exitCode).toBe(1);
      expect(report.probes.map(({ problem, token }) => [problem?.code, token])).toEqual(
        Array.from({ length: 4 }, () => ["tls-untrusted", "withheld-unverified"]),
      );
    });
  });

  test("another name's token is refused by every server", async () => {
    const file = kubeconfig(`https://${HOST}`, ca);
    const { report } = await jsonOf([
      "--kubeconfig",
      file,
      "--cluster",
      "another",
      "--paths",
      "vip",
    ]);
    expect(report.probes.map(({ http }) => http?.status)).toEqual([401, 401]);
  });

  test("a kubeconfig without CA is told, and --insecure goes on without the token", async () => {
    const text = oneContext({ server: `https://${HOST}` }, {}, { context: ARN });
    const file = folder.write("no-ca", text);
    const { report } = await jsonOf(["--kubeconfig", file]);
    expect(report.verdict.exitCode).toBe(3);
    const insecure = await jsonOf(["--kubeconfig", file, "--insecure", "--paths", "vip"]);
    expect(insecure.report.probes.map(({ token }) => token)).toEqual([
      "withheld-unverified",
      "withheld-unverified",
    ]);
  });
});
