import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { findScenario } from "../../src/lab/scenarios/table.ts";
import { type Lab, startLab } from "../../src/lab/start.ts";
import type { RecordLine } from "../../src/model/watch/record.ts";
import { encodeLine } from "../../src/watch/record/encode.ts";
import { closeLab, inLab, runIn } from "../support/e2e.ts";
import { type Ended, type RunOptions, runProgram } from "../support/run-program.ts";
import { differ } from "../support/schema-check.ts";
import { HEADER, typicalRound } from "../support/typical-rounds.ts";

vi.mock("../../src/lab/pki.ts", async (importOriginal) => {
  const { cachePki } = await import("../support/cached-pki.ts");
  return cachePki(await importOriginal());
});

const home = mkdtempSync(join(tmpdir(), "eks-probe-saved-"));
/** A run of the first version, of gonz-eks-pub in the lab. */
const FIRST = fileURLToPath(new URL("../fixtures/run-of-first-version.json", import.meta.url));

let lab: Lab;

beforeAll(async () => {
  const scenario = findScenario("gonz-eks-pub");
  if (scenario === undefined) throw new Error("the scenario is gone");
  lab = await startLab(scenario);
  writeFileSync(join(home, "before.json"), readFileSync(FIRST));
  writeFileSync(join(home, "after.json"), JSON.stringify(changed()));
  writeFileSync(join(home, "other.json"), JSON.stringify(changed({ name: "gonz-eks-pri" })));
}, 60_000);

afterAll(async () => {
  await closeLab(lab);
  rmSync(home, { recursive: true });
});

/** The same cluster after an upgrade: one ENI and one API server replaced, one certificate new. */
function changed(cluster: Readonly<Record<string, unknown>> = {}): unknown {
  const text = readFileSync(FIRST, "utf8")
    .replaceAll("ip-172-16-173-248", "ip-172-16-9-9")
    .replaceAll("10.0.95.229", "10.0.95.77");
  const document = JSON.parse(text);
  const [first, second] = document.enis.items;
  const [one, ...others] = document.apiServers;
  const leaf = { ...one.certificates[0], sha256: Array(32).fill("F6").join(":") };
  return {
    ...document,
    startedAt: "2026-11-27T08:00:00.000Z",
    cluster: {
      ...document.cluster,
      version: "1.26",
      platformVersion: null,
      ...cluster,
    },
    enis: { ...document.enis, items: [first, { ...second, id: "eni-0new" }] },
    apiServers: [{ ...one, certificates: [leaf] }, ...others],
  };
}

function saved(name: string): string {
  return join(home, name);
}

function readSaved(name: string): string {
  return readFileSync(saved(name), "utf8");
}

function golden(name: string): string {
  return fileURLToPath(new URL(`transcripts/${name}.txt`, import.meta.url));
}

function run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return runProgram(args, { cwd: home, ...options });
}

/** Nothing in it differs from run to run: it is told as it is. */
function transcript(args: readonly string[], { code, stdout, stderr }: Ended): string {
  const errors = stderr === "" ? "" : `[stderr]\n${stderr}`;
  return `$ eks-probe ${args.join(" ")}\n${stdout}${errors}[exit ${code}]\n`;
}

const UNCOLOURED = { LANG: "C.UTF-8" };

describe("replay and diff, which ask nobody", () => {
  test.each<[string, readonly string[], Record<string, string>]>([
    ["replay", ["replay", "before.json"], UNCOLOURED],
    ["replay-wide", ["replay", "before.json", "--wide", "-v"], UNCOLOURED],
    ["replay-short", ["replay", "before.json", "--short"], UNCOLOURED],
    ["replay-ascii", ["replay", "before.json"], { LANG: "C" }],
    ["replay-markdown", ["replay", "before.json", "-o", "markdown"], UNCOLOURED],
    ["diff", ["diff", "before.json", "after.json"], UNCOLOURED],
    ["diff-ascii", ["diff", "before.json", "after.json"], { LANG: "C" }],
    ["diff-json", ["diff", "before.json", "after.json", "-o", "json"], UNCOLOURED],
    ["diff-markdown", ["diff", "before.json", "after.json", "-o", "markdown"], UNCOLOURED],
    ["diff-quiet", ["diff", "before.json", "after.json", "-q"], UNCOLOURED],
    ["diff-same", ["diff", "before.json", "before.json"], UNCOLOURED],
    ["diff-clusters", ["diff", "after.json", "other.json"], UNCOLOURED],
  ])("%s reads as it was once read and found good", async (name, args, env) => {
    const ended = await run(args, { env });
    await expect(transcript(args, ended)).toMatchFileSnapshot(golden(name));
  });

  test("a line of diff has room in 100 columns, and colour is all that FORCE_COLOR adds", async () => {
    const args = ["diff", "before.json", "after.json"];
    const [plain, painted] = await Promise.all([
      run(args),
      run(args, { env: { FORCE_COLOR: "1" } }),
    ]);
    for (const line of plain.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    expect(painted.stdout).toContain("\u001b[32m  + added");
    expect(stripVTControlCharacters(painted.stdout)).toBe(plain.stdout);
    const not = await run(args, { env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
    expect(not.stdout).toBe(plain.stdout);
  });

  test("what diff -o json prints is what schema diff says, and nothing besides", async () => {
    const differences = differ(JSON.parse((await run(["schema", "diff"])).stdout));
    const { stdout, code } = await run(["diff", "before.json", "after.json", "-o", "json"]);
    expect(code).toBe(5);
    expect(differences(JSON.parse(stdout))).toEqual([]);
    expect(differences({ ...JSON.parse(stdout), more: 1 })).not.toEqual([]);
  });

  test("every format goes to its file, and stdout has the text", async () => {
    const files = ["junit=r.xml", "sarif=r.sarif", "tap=r.tap", "nagios=r.txt", "ndjson=r.ndjson"];
    const outputs = files.flatMap((file) => ["-o", file]);
    const { code, stdout } = await run(["replay", "before.json", ...outputs]);
    expect([code, stdout]).toEqual([0, (await run(["replay", "before.json"])).stdout]);
    expect(readSaved("r.xml")).toContain('<testsuite name="gonz-eks-pub"');
    expect(readSaved("r.tap")).toMatch(/^TAP version 14\n/);
    expect(JSON.parse(readSaved("r.sarif"))).toMatchObject({ version: "2.1.0" });
    expect(readSaved("r.txt")).toMatch(/^EKS OK - gonz-eks-pub: /);
    expect(readSaved("r.ndjson")).toMatch(/^\{[^\n]+\}\n$/);
  });

  test("a run may be piped in, into either command", async () => {
    const stdin = readFileSync(FIRST);
    const replayed = await run(["replay", "-"], { stdin });
    expect(replayed.stdout).toBe((await run(["replay", "before.json"])).stdout);
    const same = await run(["diff", "-", "before.json"], { stdin });
    expect([same.code, same.stdout]).toEqual([0, expect.stringContaining("stdin ")]);
    expect((await run(["diff", "before.json", "-"], { stdin: "{" })).stderr).toMatch(
      /^eks-probe: stdin is not JSON; [^\n]+\n$/,
    );
  });

  test("a job of GitHub Actions gets what was asked for, and no word that is a command", async () => {
    const hostile = JSON.parse(readFileSync(FIRST, "utf8"));
    hostile.findings[0].summary = `${"long ".repeat(30)} ::add-mask::x`;
    hostile.findings[0].status = "fail";
    writeFileSync(join(home, "hostile.json"), JSON.stringify(hostile));
    const env = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: join(home, "summary.md") };
    for (const args of [
      ["replay", "hostile.json"],
      ["diff", "before.json", "hostile.json"],
    ]) {
      // oxlint-disable-next-line eslint/no-await-in-loop
      const { stdout } = await run(args, { env });
      expect(stdout).not.toBe("");
      expect(stdout).not.toMatch(/^\s*::/m);
    }
    expect(() => readFileSync(join(home, "summary.md"))).toThrow("ENOENT");
  });
});

describe("files that are no saved run", () => {
  test.each<[string, string | Uint8Array | number, string]>([
    ["a binary", Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]), "is a binary file"],
    ["one that is too long", 300 * 1024 * 1024, "has more than 268435456 bytes"],
    ["half a run", readFileSync(FIRST).subarray(0, 5_000), "is not JSON"],
    ["another schema", '{"schemaVersion":2}', "has schemaVersion 2"],
    ["an empty object", "{}", "is not a saved run"],
    ["text of its own", "gonz-eks-pub · healthy", "is not JSON"],
    [
      "a record of another version",
      '{"kind":"header","recordVersion":2}\n',
      "has recordVersion 2, and only 1 is known here",
    ],
    [
      "escape sequences",
      JSON.stringify({ "\u001b[2J": 1 }),
      "is not a saved run (see schemaVersion); save one with -o json",
    ],
  ])("%s is one line and exit 2, by either command", async (_what, content, says) => {
    const file = join(home, "bad");
    writeFileSync(file, typeof content === "number" ? "" : content);
    // A hole: it takes no room on the disk.
    if (typeof content === "number") truncateSync(file, content);
    for (const args of [
      ["replay", file],
      ["diff", file],
      ["diff", FIRST, file],
    ]) {
      // oxlint-disable-next-line eslint/no-await-in-loop
      const { code, stdout, stderr } = await run(args);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^eks-probe: \P{Cc}+\n$/u);
      expect(stderr).toContain(says);
    }
    rmSync(file);
  });
});

describe("a run of now", () => {
  const CHECK = ["check", "--cluster", "gonz-eks-pub"];

  test("saved by check, it is replayed as check told it, byte for byte", async () => {
    const more = ["--deep", "-n", "3", "-o", `json=${saved("check.json")}`];
    const told = await runIn(lab, [...CHECK, ...more, "-v"]);
    const again = await run(["replay", "check.json", "-v"]);
    expect(again.stdout).toBe(told.stdout);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    const json = await run(["replay", "check.json", "-o", "json"]);
    expect(json.stdout).toBe(readFileSync(saved("check.json"), "utf8"));
  });

  test("its exit code is the run's own affair: a failed one is replayed with 0", async () => {
    const scenario = findScenario("vip-refused");
    if (scenario === undefined) throw new Error("the scenario is gone");
    const args = [...CHECK, "--short", "-o", "text", "-o", `json=${saved("failed.json")}`];
    const told = await inLab(scenario, (other) => runIn(other, args));
    expect(told.code).toBe(1);
    const again = await run(["replay", "failed.json", "--short"]);
    expect([again.code, again.stdout]).toEqual([0, told.stdout]);
  });

  test("against the present nothing has changed, without a word on who is meant", async () => {
    await runIn(lab, [...CHECK, "-o", `json=${saved("now.json")}`]);
    const env = { AWS_REGION: "" };
    const same = await runIn(lab, ["diff", saved("now.json")], env);
    expect([same.code, same.stderr]).toEqual([0, ""]);
    expect(same.stdout).toMatch(/^now\.json {2}gonz-eks-pub · /);
    expect(same.stdout).toMatch(/^now {7}gonz-eks-pub · /m);
    expect(same.stdout).toMatch(/^no change\n$/m);
  });

  test("against the present what is no longer so is told, with exit 5", async () => {
    const { stdout } = await runIn(lab, [...CHECK, "-o", "json"]);
    const document = JSON.parse(stdout);
    const cluster = { ...document.cluster, version: "1.24", platformVersion: null };
    writeFileSync(saved("old.json"), JSON.stringify({ ...document, cluster }));
    const now = await runIn(lab, ["diff", saved("old.json")]);
    expect(now.code).toBe(5);
    expect(now.stdout).toContain("  ~ changed  version: 1.24 → 1.25\n");
    expect(now.stdout).toContain("  ? platform version: not known in old.json\n");
    const json = await runIn(lab, ["diff", saved("old.json"), "-o", "json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      a: { file: saved("old.json"), simulated: true },
      b: { file: null, cluster: "gonz-eks-pub" },
      changes: [{ kind: "changed", what: "version", before: "1.24", after: "1.25" }],
    });
  });

  test("check --baseline says of the same file what it always said, painted or not", async () => {
    const { stdout } = await runIn(lab, [...CHECK, "-o", "json"]);
    const document = JSON.parse(stdout);
    const cluster = { ...document.cluster, platformVersion: null };
    writeFileSync(saved("gap.json"), JSON.stringify({ ...document, cluster }));
    const { code, stdout: text } = await runIn(lab, [...CHECK, "--baseline", saved("gap.json")]);
    expect(code).toBe(0);
    expect(text).toContain(
      "\n             not comparable: platform version: not known in the baseline\n",
    );
  });

  test("what was expected of the saved run is expected of the present: that is no change", async () => {
    const args = [...CHECK, "--expect-api-servers", "3", "-o", `json=${saved("expected.json")}`];
    expect((await runIn(lab, args)).code).toBe(1);
    expect((await runIn(lab, ["diff", saved("expected.json"), "-q"])).code).toBe(0);
  });

  test("a present that could not be told is no sameness: exit 3, and a word on stderr", async () => {
    await runIn(lab, [...CHECK, "-o", `json=${saved("told.json")}`]);
    const env = { AWS_ENDPOINT_URL: "http://127.0.0.1:9" };
    const { code, stdout, stderr } = await runIn(lab, ["diff", saved("told.json")], env);
    expect(code).toBe(3);
    expect(stdout).toContain("  ? what EKS says of the cluster: not known now\n");
    expect(stderr).toMatch(
      /^eks-probe: warning: the present could not be told: [^\n]*127\.0\.0\.1 could not be reached[^\n]* \(eks-probe explain C01\)\n$/,
    );
  });

  test("a record is compared, and checked, by its latest whole run", async () => {
    const first: unknown = JSON.parse(readFileSync(FIRST, "utf8"));
    const lines: readonly RecordLine[] = [
      HEADER,
      { kind: "run", at: "2026-11-26T08:00:00.000Z", run: first },
      typicalRound(1),
      { kind: "run", at: "2026-11-27T08:00:00.000Z", run: changed() },
      typicalRound(2),
    ];
    const text = lines.map(encodeLine).join("");
    // Killed in the middle of a line.
    writeFileSync(saved("record.jsonl"), `${text}{"kind":"run","run":{"schemaVersion":1,`);
    expect((await run(["diff", "record.jsonl", "after.json"])).code).toBe(0);
    expect((await run(["diff", "before.json", "record.jsonl"])).code).toBe(5);
    const [record, alone] = await Promise.all(
      ["record.jsonl", "after.json"].map((file) => run(["replay", file, "-o", "tap"])),
    );
    expect(record).toMatchObject({ code: 0, stdout: alone?.stdout });
    writeFileSync(saved("none.jsonl"), encodeLine(HEADER));
    for (const args of [
      ["replay", "none.jsonl", "-o", "tap"],
      ["diff", "none.jsonl"],
    ]) {
      // oxlint-disable-next-line eslint/no-await-in-loop
      const { code, stderr } = await run(args);
      expect([code, stderr]).toEqual([2, expect.stringContaining("a record without a whole run")]);
    }
  });
});
