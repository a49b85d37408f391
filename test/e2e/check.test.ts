import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { findScenario } from "../../src/lab/scenarios/table.ts";
import { type Lab, startLab } from "../../src/lab/start.ts";
import type { ReportDocument } from "../../src/report/json/document.ts";
import { closeLab, inLab, normalise, runIn, transcriptOf } from "../support/e2e.ts";
import { type Ended, PROGRAM } from "../support/run-program.ts";
import { differ } from "../support/schema-check.ts";

vi.mock("../../src/lab/pki.ts", async (importOriginal) => {
  const { cachePki } = await import("../support/cached-pki.ts");
  return cachePki(await importOriginal());
});

const CHECK = ["check", "--cluster", "gonz-eks-pub"];

const home = mkdtempSync(join(tmpdir(), "eks-probe-check-"));
const labs = new Map<string, Lab>();

beforeAll(async () => {
  for (const name of ["gonz-eks-pub", "vip-refused", "expiring", "cluster-denied"]) {
    const scenario = findScenario(name);
    if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
    // oxlint-disable-next-line eslint/no-await-in-loop -- each mints certificates, which is work
    labs.set(name, await startLab(scenario));
  }
}, 60_000);

afterAll(async () => {
  for (const lab of labs.values()) {
    // oxlint-disable-next-line eslint/no-await-in-loop
    await closeLab(lab);
  }
  rmSync(home, { recursive: true });
});

/** A directory of its own, for files that the program looks for or writes. */
function directory(files: Readonly<Record<string, string>> = {}): string {
  const path = mkdtempSync(join(home, "cwd-"));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

function run(
  name: string,
  more: readonly string[],
  { env = {}, cwd = directory() }: { env?: Record<string, string>; cwd?: string } = {},
): Promise<Ended> {
  const lab = labs.get(name);
  if (lab === undefined) throw new Error(`the lab ${name} is not there`);
  return runIn(lab, [...CHECK, ...more], env, { cwd });
}

/** A file that ignores what is wrong in vip-refused. */
function ignoring(until: string): string {
  const ignores = [
    `  - { code: N07, reason: is being replaced, until: ${until} }`,
    `  - { code: N01, reason: the same, until: ${until} }`,
  ];
  return ["version: 1", "ignore:", ...ignores, ""].join("\n");
}

function golden(name: string): string {
  return fileURLToPath(new URL(`transcripts/${name}.txt`, import.meta.url));
}

describe("what check prints", () => {
  test.each<[string, string, readonly string[], Record<string, string>]>([
    ["check-healthy", "gonz-eks-pub", [], {}],
    ["check-verbose", "gonz-eks-pub", ["-v"], {}],
    ["check-healthy-short", "gonz-eks-pub", ["--short"], {}],
    ["check-quiet", "vip-refused", ["-q"], {}],
    ["check-failing", "vip-refused", [], {}],
    ["check-failing-short", "vip-refused", ["--short"], {}],
    ["check-failing-ascii", "vip-refused", ["--short"], { LANG: "C" }],
    ["check-untold", "cluster-denied", ["--short"], {}],
    [
      "check-expected",
      "gonz-eks-pub",
      ["--short", "--expect-mode", "private", "--expect-api-servers", "3"],
      {},
    ],
    [
      "check-ignored",
      "vip-refused",
      ["--ignore", "N07=is being replaced", "--ignore", "N01=the same"],
      {},
    ],
  ])("%s reads as it was once read and found good", async (file, scenario, more, env) => {
    const ended = await run(scenario, more, { env });
    await expect(transcriptOf([...CHECK, ...more], ended)).toMatchFileSnapshot(golden(file));
  });

  test("NO_COLOR wins over FORCE_COLOR, and colour is all that this adds", async () => {
    const plain = await run("vip-refused", []);
    const painted = await run("vip-refused", [], { env: { FORCE_COLOR: "1" } });
    const not = await run("vip-refused", [], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
    const bare = painted.stdout.replaceAll(/\u001b\[\d+m/g, ""); // oxlint-disable-line no-control-regex
    expect(painted.stdout).toContain("\u001b[31m✗\u001b[39m");
    expect(normalise(bare)).toBe(normalise(plain.stdout));
    expect(normalise(not.stdout)).toBe(normalise(plain.stdout));
  });

  test.skipIf(!existsSync("/usr/bin/script"))(
    "fits a terminal of 80 columns (skipped without script(1))",
    async () => {
      const lab = labs.get("vip-refused");
      const typed = join(directory(), "typescript");
      const command = `stty cols 80; "${process.execPath}" "${PROGRAM}" ${CHECK.join(" ")} --no-color`;
      const env = {
        PATH: process.env["PATH"],
        LANG: "C.UTF-8",
        CI: "1",
        TERM: "xterm",
        ...lab?.environment,
      };
      const output = await import("node:child_process").then(
        ({ spawn }) =>
          new Promise<string>((resolve, reject) => {
            const child = spawn("/usr/bin/script", ["-qec", command, typed], {
              env,
              stdio: ["ignore", "pipe", "ignore"],
            });
            let text = "";
            child.stdout.setEncoding("utf8").on("data", (part: string) => {
              text += part;
            });
            child.once("error", reject);
            child.once("close", () => resolve(text.replaceAll("\r\n", "\n")));
          }),
      );
      expect(output).toContain("network\n");
      expect(output.split("\n").filter((line) => line.length > 80 && !line.includes("→ "))).toEqual(
        [],
      );
      const ended = { code: 1, signal: null, stdout: output, stderr: "" };
      await expect(transcriptOf(CHECK, ended)).toMatchFileSnapshot(golden("check-80-columns"));
    },
  );
});

describe("how check ends", () => {
  let baseline: string;

  beforeAll(async () => {
    const cwd = directory();
    await run("gonz-eks-pub", ["-o", "json=base.json", "-q"], { cwd });
    baseline = join(cwd, "base.json");
  });

  /** The saved run, with another version of Kubernetes in it. */
  function older(): string {
    const path = join(directory(), "older.json");
    const text = readFileSync(baseline, "utf8").replace('"version": "1.25"', '"version": "1.24"');
    writeFileSync(path, text);
    return path;
  }

  test("0 where all is well, and where only warnings are there", async () => {
    expect((await run("gonz-eks-pub", ["--short"])).code).toBe(0);
    expect((await run("expiring", ["--short"])).code).toBe(0);
  });

  test("1 where a check failed, 3 where it could not be told", async () => {
    expect((await run("vip-refused", ["--short"])).code).toBe(1);
    expect((await run("cluster-denied", ["--short"])).code).toBe(3);
  });

  test("4 for warnings, with --fail-on warn alone", async () => {
    expect((await run("expiring", ["--short", "--fail-on", "warn"])).code).toBe(4);
    expect((await run("gonz-eks-pub", ["--short", "--fail-on", "warn"])).code).toBe(0);
    const soon = ["--short", "--fail-on", "warn", "--expect-certificate-days", "5"];
    expect((await run("expiring", soon)).code).toBe(0);
  });

  test("5 for drift, and 0 against a run that was the same", async () => {
    const same = await run("gonz-eks-pub", ["--baseline", baseline]);
    expect(same.stdout).toContain("✓ drift    nothing changed since ");
    expect(same.code).toBe(0);
    const drifted = await run("gonz-eks-pub", ["--short", "--baseline", older()]);
    expect(drifted.stdout).toContain("changed version: 1.24 → 1.25\n");
    expect(drifted.stdout).toMatch(/\ndrifted · .* · 1 change since the baseline\n$/);
    expect(drifted.code).toBe(5);
  });

  test("drift comes before warnings, and after a failure", async () => {
    const json = readFileSync(baseline, "utf8");
    const before = join(directory({ "b.json": json }), "b.json");
    const warned = ["--short", "--fail-on", "warn", "--baseline", before];
    expect((await run("expiring", warned)).code).toBe(5);
    expect((await run("vip-refused", ["--short", "--baseline", before])).code).toBe(1);
  });

  test("0 with --exit-zero, whatever was found, but not for wrong usage", async () => {
    const zero = ["--short", "--exit-zero"];
    for (const [name, more] of [
      ["vip-refused", []],
      ["cluster-denied", []],
      ["expiring", ["--fail-on", "warn"]],
      ["gonz-eks-pub", ["--baseline", older()]],
    ] as const) {
      // oxlint-disable-next-line eslint/no-await-in-loop
      expect({ name, code: (await run(name, [...zero, ...more])).code }).toEqual({ name, code: 0 });
    }
    expect((await run("gonz-eks-pub", [...zero, "--fail-on", "never"])).code).toBe(2);
  });

  test("Nagios's own code where Nagios reads stdout, the usual one where a file has it", async () => {
    const critical = await run("vip-refused", ["-o", "nagios"]);
    expect(critical.stdout).toMatch(/^EKS_PROBE CRITICAL|CRITICAL/);
    expect(critical.code).toBe(2);
    expect((await run("cluster-denied", ["-o", "nagios"])).code).toBe(3);
    expect((await run("vip-refused", ["-q", "-o", "nagios=n.txt"])).code).toBe(1);
  });

  test("what the file says holds: the cluster, a baseline from its directory, failing on warnings", async () => {
    const cwd = directory();
    mkdirSync(join(cwd, "ci"));
    writeFileSync(join(cwd, "ci/base.json"), readFileSync(older(), "utf8"));
    const config = "version: 1\ncluster: gonz-eks-pub\nbaseline: base.json\n";
    writeFileSync(join(cwd, "ci/probe.yaml"), config);
    const ended = await program(["check", "-q", "--config", "ci/probe.yaml"], cwd);
    expect([ended.stderr, ended.code]).toEqual(["", 5]);
  });

  test("a file in the working directory is found, its sections hold, options beat it", async () => {
    const clusters = "clusters: { gonz-eks-pub: { failOn: warn, expect: { apiServers: 3 } } }";
    const cwd = directory({ "eks-probe.yml": `version: 1\n${clusters}\n` });
    expect((await run("gonz-eks-pub", ["-q"], { cwd })).code).toBe(1);
    const enough = ["-q", "--expect-api-servers", "2"];
    expect((await run("gonz-eks-pub", enough, { cwd })).code).toBe(0);
    expect((await run("expiring", enough, { cwd })).code).toBe(4);
    const env = { EKS_PROBE_FAIL_ON: "fail" };
    expect((await run("expiring", enough, { cwd, env })).code).toBe(0);
  });

  test("an ignore that has run out is told and counts no more", async () => {
    const open = directory({ "eks-probe.yaml": ignoring("9999-12-31") });
    expect(await run("vip-refused", ["-q"], { cwd: open })).toMatchObject({ code: 0, stderr: "" });
    const over = directory({ "eks-probe.yaml": ignoring("2020-01-01") });
    const ended = await run("vip-refused", ["-q"], { cwd: over });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(
      "eks-probe: warning: eks-probe.yaml: N07 is no longer ignored: it was to be until 2020-01-01\n",
    );
  });

  test("reasons with blanks come by the environment too", async () => {
    const env = { EKS_PROBE_IGNORE: "N07=is being replaced, today; N01=the same" };
    const ended = await run("vip-refused", [], { env });
    expect(ended.stdout).toContain("because: is being replaced, today\n");
    expect(ended.code).toBe(0);
  });
});

describe("where check writes", () => {
  test("files are whole, nothing else is left beside them, and stdout has the text", async () => {
    const cwd = directory({ "out.json": "an old report" });
    chmodSync(join(cwd, "out.json"), 0o600);
    symlinkSync("out.json", join(cwd, "latest.json"));
    const ended = await run(
      "gonz-eks-pub",
      ["--short", "-o", "json=latest.json", "-o", "tap=r.tap"],
      { cwd },
    );
    expect(ended.stdout).toMatch(/^healthy · [^\n]+\n$/);
    const document: ReportDocument = JSON.parse(readFileSync(join(cwd, "out.json"), "utf8"));
    expect(document.gate).toEqual({ exitCode: 0, failOn: "fail" });
    expect(statSync(join(cwd, "out.json")).mode & 0o777).toBe(0o600);
    expect(readdirSync(cwd).toSorted()).toEqual(["latest.json", "out.json", "r.tap"]);
  });

  test("a file that cannot be written after the run costs none of the others, and is told", async () => {
    const cwd = directory();
    const outputs = ["-o", "junit=/dev/full", "-o", "tap=run.tap"];
    const ended = await run("gonz-eks-pub", outputs, { cwd });
    expect(ended.stderr).toBe('eks-probe: --output: "/dev/full" could not be written (ENOSPC)\n');
    expect(ended.code).toBe(2);
    expect(ended.stdout).toMatch(/\nhealthy · /);
    expect(readFileSync(join(cwd, "run.tap"), "utf8")).toMatch(/^TAP version 14\n/);
  });

  test("the document of check is by the schema, drift and gate included", async () => {
    const cwd = directory();
    await run("gonz-eks-pub", ["-o", "json=base.json", "-q"], { cwd });
    const { stdout } = await run("expiring", ["--baseline", "base.json", "-o", "json"], { cwd });
    const schema: unknown = JSON.parse(
      execFileSync(process.execPath, [PROGRAM, "schema"], { encoding: "utf8" }),
    );
    const document: ReportDocument = JSON.parse(stdout);
    expect(differ(schema)(document)).toEqual([]);
    expect(document.drift?.changes.map(({ what }) => what)).toContain("finding T02 expiry");
  });

  test("in a job of GitHub Actions also annotations and the summary, to which it adds", async () => {
    const cwd = directory({ "summary.md": "what a step before said\n" });
    const env = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: join(cwd, "summary.md") };
    const { stdout } = await run("vip-refused", ["--short"], { cwd, env });
    expect(stdout).toMatch(/^::error /m);
    const summary = readFileSync(join(cwd, "summary.md"), "utf8");
    expect(summary.indexOf("what a step before said\n")).toBe(0);
    expect(summary).toContain("N07");
    await run(
      "vip-refused",
      ["--short", "-o", "text", "-o", `markdown=${env.GITHUB_STEP_SUMMARY}`],
      { cwd, env },
    );
    expect(readFileSync(env.GITHUB_STEP_SUMMARY, "utf8").indexOf(summary)).toBe(0);
    const asked = await run("vip-refused", ["--short", "-o", "text"], { cwd, env });
    expect(asked.stdout).not.toMatch(/^::error /m);
  });
});

describe("bad input is one line that says what is right, before anything is asked", () => {
  const YAML = "version: 1\nexepct: {}\nfoo: 1\n";

  test.each<[string, readonly string[], string, string]>([
    ["a format", ["-o", "xml"], '--output: "xml"', "text, json, junit"],
    ["a format without its file", ["-o", "json="], '"json="', "names no file"],
    ["two for stdout", ["-o", "json", "-o", "tap"], "json and tap", "tap=FILE"],
    ["two for one file", ["-o", "json=a", "-o", "tap=./a"], "json and tap", "elsewhere"],
    [
      "a directory that is not there",
      ["-o", "json=no/such/r.json"],
      "no/such/r.json",
      "is not there",
    ],
    ["a directory for a file", ["-o", "json=."], '"."', "name a file in it"],
    [
      "a file for a directory",
      ["-o", "json=broken.json/r.json"],
      "broken.json/r.json",
      "is not a directory",
    ],
    ["a status to fail on", ["--fail-on", "never"], '--fail-on: "never"', "fail, warn"],
    ["a number of servers", ["--expect-api-servers", "0"], '"0"', "between 1 and 1000"],
    ["a mode", ["--expect-mode", "both"], '"both"', "public-and-private"],
    ["days", ["--expect-certificate-days", "x"], '"x"', "between 1 and 3650"],
    ["a limit", ["--expect-tcp", "5"], '--expect-tcp: "5"', "5ms, 1.5s or 2m"],
    ["a reason", ["--ignore", "T02"], '"T02"', "gives no reason; write T02="],
    ["a code", ["--ignore", "X99=y"], '"X99=y"', "names no check"],
    ["a config that is not there", ["--config", "none.yaml"], "none.yaml", "is not there"],
    ["a config that is a directory", ["--config", "."], ".", "not a regular file"],
    [
      "a config with mistakes",
      ["--config", "bad.yaml"],
      "bad.yaml:2:1: exepct",
      "did you mean expect?; eks-probe config validate bad.yaml shows 1 more",
    ],
    [
      "a config that is too large",
      ["--config", "large.yaml"],
      "large.yaml",
      "more than 262144 bytes",
    ],
    [
      "a baseline that is not there",
      ["--baseline", "none.json"],
      '"none.json"',
      "save a run with -o json",
    ],
    ["a baseline that is no JSON", ["--baseline", "bad.yaml"], '"bad.yaml"', "is not JSON"],
    [
      "a baseline that is another JSON",
      ["--baseline", "broken.json"],
      '"broken.json"',
      "is not a saved run",
    ],
    [
      "a baseline of a later version",
      ["--baseline", "later.json"],
      '"later.json"',
      "only 1 is known",
    ],
    [
      "a baseline of another cluster",
      ["--baseline", "other.json"],
      '"gonz-eks-pri"',
      "give one on gonz-eks-pub",
    ],
    ["a device for a baseline", ["--baseline", "/dev/zero"], "/dev/zero", "not a regular file"],
    ["both -q and -v", ["-q", "-v"], "--quiet and --verbose", "give one of them"],
  ])("%s", async (_name, more, wrong, right) => {
    const other = {
      schemaVersion: 1,
      startedAt: "2026-01-01T00:00:00Z",
      cluster: { name: "gonz-eks-pri" },
      enis: { items: [] },
      resolutions: [],
      apiServers: [],
      paths: [],
      findings: [],
    };
    const cwd = directory({
      "bad.yaml": YAML,
      "broken.json": '{"kind":"List"}',
      "later.json": '{"schemaVersion":2}',
      "other.json": JSON.stringify(other),
      "large.yaml": `version: 1\n${"#".repeat(262_144)}\n`,
    });
    // Nobody answers there: a call to AWS would make it slow, and end it with 3.
    const env = { AWS_ENDPOINT_URL: "http://127.0.0.1:9" };
    const { code, stdout, stderr } = await run("gonz-eks-pub", more, { cwd, env });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^eks-probe: [^\n]+\n$/);
    expect(stderr).toContain(wrong);
    expect(stderr).toContain(right);
  });
});

/** Any command, in a directory. */
function program(args: readonly string[], cwd: string): Promise<Ended> {
  const lab = labs.get("gonz-eks-pub");
  if (lab === undefined) throw new Error("no lab");
  return runIn(lab, args, {}, { cwd });
}

describe("config validate and schema", () => {
  test("a good file is told in a line, what is in it included", async () => {
    const text = "version: 1\ncluster: a\nexpect: { tcp: 5ms }\nclusters: { b: {} }\n";
    const ended = await program(["config", "validate"], directory({ "eks-probe.yaml": text }));
    expect(ended).toMatchObject({
      code: 0,
      stderr: "",
      stdout: "eks-probe.yaml: ok · cluster a · expects tcp · sections for b\n",
    });
  });

  test("each problem of a bad one has a line with its place", async () => {
    const cwd = directory({ "x.yaml": "version: 1\nexepct: {}\nfailOn: never\n" });
    const ended = await program(["config", "validate", "x.yaml"], cwd);
    expect(ended).toMatchObject({
      code: 2,
      stdout: "",
      stderr:
        'eks-probe: x.yaml:2:1: exepct: there is no such key; did you mean expect?\neks-probe: x.yaml:3:9: failOn: "never" is not one of fail, warn\n',
    });
  });

  test.each([
    [["config"], "eks-probe config validate [FILE]"],
    [["config", "check"], "eks-probe config validate [FILE]"],
    [["config", "validate"], "there is no eks-probe.yaml"],
    [["config", "validate", "a", "b"], "too many arguments"],
    [["schema", "x"], '"x" is none of report, config'],
  ])("%j is a usage error", async (args, right) => {
    const { code, stdout, stderr } = await program(args, directory());
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^eks-probe: [^\n]+\n$/);
    expect(stderr).toContain(right);
  });

  test.each([
    ["a directory", (cwd: string) => mkdirSync(join(cwd, "eks-probe.yaml")), "not a regular file"],
    [
      "a pipe",
      (cwd: string) => execFileSync("mkfifo", [join(cwd, "eks-probe.yaml")]),
      "not a regular file",
    ],
    [
      "a link to nothing",
      (cwd: string) => symlinkSync("none", join(cwd, "eks-probe.yaml")),
      "is not there",
    ],
    [
      "there twice",
      (cwd: string) => {
        writeFileSync(join(cwd, "eks-probe.yaml"), "version: 1\n");
        writeFileSync(join(cwd, "eks-probe.yml"), "version: 1\nexpect: { apiServers: 9 }\n");
      },
      "eks-probe.yaml and eks-probe.yml are both here",
    ],
  ])("expectations in a file that is %s are not passed over", async (_what, make, wrong) => {
    const cwd = directory();
    make(cwd);
    for (const args of [
      ["config", "validate"],
      [...CHECK, "-q"],
    ]) {
      const { code, stdout, stderr } = await program(args, cwd);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^eks-probe: [^\n]+\n$/);
      expect(stderr).toContain(wrong);
    }
  });

  test("schema config prints what an editor can go by", async () => {
    const { stdout, code } = await program(["schema", "config"], directory());
    expect(code).toBe(0);
    const accepts = differ(JSON.parse(stdout));
    expect(accepts({ version: 1, expect: { tcp: "5ms" } })).toEqual([]);
    expect(accepts({ version: 1, expect: { tpc: "5ms" } })).not.toEqual([]);
  });
});

test("an interrupted check ends with 130, --exit-zero or not", async () => {
  const scenario = findScenario("vip-silent");
  if (scenario === undefined) throw new Error("no scenario");
  const ended = await inLab(scenario, (lab) =>
    runIn(
      lab,
      [...CHECK, "--exit-zero", "-q", "--timeout", "10s"],
      {},
      {
        onStart: (child) => setTimeout(() => child.kill("SIGINT"), 2_500),
      },
    ),
  );
  expect(ended.stdout).toMatch(/^interrupted · /);
  expect(ended.code).toBe(130);
});
