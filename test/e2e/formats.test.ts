import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { SCENARIOS } from "../../src/lab/scenarios/table.ts";
import type { ReportDocument } from "../../src/report/json/document.ts";
import { inLab, runIn, twoAtATime } from "../support/e2e.ts";
import { elementsOf, toHtml } from "../support/gfm.ts";
import { commandsIn } from "../support/github-runner.ts";
import { junitProblems } from "../support/junit-schema.ts";
import { parsePluginOutput } from "../support/nagios-grammar.ts";
import { type Ended, PROGRAM, runProgram } from "../support/run-program.ts";
import { sarifProblems } from "../support/sarif-schema.ts";
import { differ } from "../support/schema-check.ts";
import { readTap } from "../support/tap.ts";

vi.mock("../../src/lab/pki.ts", async (importOriginal) => {
  const { cachePki } = await import("../support/cached-pki.ts");
  return cachePki(await importOriginal());
});

/** One that is fine, one with a failure, one in which nothing can be told, one with words of an enemy. */
const NAMES = ["gonz-eks-pub", "vip-refused", "cluster-denied", "vip-garbage"];
const FORMATS = ["json", "junit", "github", "sarif", "tap", "markdown", "nagios"];

const home = mkdtempSync(join(tmpdir(), "eks-probe-formats-"));
const runs = new Map<string, Ended>();

beforeAll(async () => {
  const scenarios = SCENARIOS.filter(({ name }) => NAMES.includes(name));
  await twoAtATime(scenarios, async (scenario) => {
    const outputs = FORMATS.flatMap((format) => ["-o", `${format}=${scenario.name}.${format}`]);
    const args = ["check", "--cluster", scenario.clusters[0]?.name ?? "", ...outputs];
    const run = (lab: Parameters<typeof runIn>[0]): Promise<Ended> =>
      runIn(lab, args, {}, { cwd: home });
    runs.set(scenario.name, await inLab(scenario, run));
  });
}, 60_000);

afterAll(() => rmSync(home, { recursive: true }));

function written(name: string, format: string): string {
  return readFileSync(join(home, `${name}.${format}`), "utf8");
}

function documentOf(name: string): ReportDocument {
  return JSON.parse(written(name, "json"));
}

describe("check with every format at once", () => {
  test("writes each to its file, text to stdout, and nothing else anywhere", () => {
    expect([...runs.keys()].toSorted()).toEqual(NAMES.toSorted());
    for (const [name, { stdout, stderr }] of runs) {
      expect({ name, stderr }).toEqual({ name, stderr: "" });
      expect(stdout.trimEnd().split("\n").at(-1)).toBe(documentOf(name).verdict.summary);
    }
    expect(readdirSync(home)).toHaveLength(NAMES.length * FORMATS.length);
  });

  test("JUnit is by the schema, in every scenario", async () => {
    expect(await junitProblems(NAMES.map((name) => written(name, "junit")))).toEqual([]);
  });

  test("JSON is by the schema that the program prints, and says the exit code", async () => {
    const differences = differ(JSON.parse((await runProgram(["schema"])).stdout));
    for (const name of NAMES) {
      expect({ name, wrong: differences(documentOf(name)) }).toEqual({ name, wrong: [] });
      expect(documentOf(name).gate).toEqual({ exitCode: runs.get(name)?.code, failOn: "fail" });
    }
  });

  test.each(NAMES)(
    "%s: SARIF is by its schema, with what explain says as the rules' help",
    (name) => {
      const log = JSON.parse(written(name, "sarif"));
      expect(sarifProblems(log)).toEqual([]);
      const [run] = log.runs;
      expect(run.invocations[0].exitCode).toBe(runs.get(name)?.code);
      expect(run.tool.driver.rules[0].help.text).toContain("How it is found: ");
    },
  );

  test.each(NAMES)(
    "%s: annotations, TAP, Markdown and Nagios are read by their readers",
    (name) => {
      const lines = written(name, "github").trimEnd().split("\n");
      expect(commandsIn(lines.join("\n"))).toHaveLength(lines.length);
      expect(readTap(written(name, "tap")).ok).toBe(runs.get(name)?.code === 0);
      expect(elementsOf(toHtml(written(name, "markdown"))).has("table")).toBe(true);
      expect(parsePluginOutput(written(name, "nagios")).text).toContain("simulated");
    },
  );
});

describe("check in GitHub Actions", () => {
  test("adds annotations and the step summary to its text; with -o it writes just that", async () => {
    const scenario = SCENARIOS.find(({ name }) => name === "vip-refused");
    if (scenario === undefined) throw new Error("the lab has no vip-refused");
    await inLab(scenario, async (lab) => {
      const summary = join(home, "summary.md");
      const env = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: summary };
      const args = ["check", "--cluster", scenario.clusters[0]?.name ?? ""];
      const detected = await runIn(lab, args, env);
      expect(detected.stdout).toMatch(/^gonz-eks-pub /);
      expect(commandsIn(detected.stdout).map(({ name }) => name)).toContain("error");
      expect(readFileSync(summary, "utf8")).toMatch(/^## eks-probe: gonz-eks-pub /);
      rmSync(summary);
      const asked = await runIn(lab, [...args, "-o", "tap"], env);
      expect(asked.stdout).toMatch(/^TAP version 14\n/);
      expect(commandsIn(asked.stdout)).toEqual([]);
      expect(readdirSync(home)).not.toContain("summary.md");
    });
  });

  test("with -o nagios on stdout it ends by Nagios' codes", async () => {
    const scenario = SCENARIOS.find(({ name }) => name === "vip-refused");
    if (scenario === undefined) throw new Error("the lab has no vip-refused");
    const cluster = scenario.clusters[0]?.name ?? "";
    const run = await inLab(scenario, (lab) =>
      runIn(lab, ["check", "--cluster", cluster, "-o", "nagios"]),
    );
    expect(run.code).toBe(2);
    expect(parsePluginOutput(run.stdout).text).toMatch(/^EKS CRITICAL - /);
  });
});

describe.skipIf(process.platform !== "linux")("what cannot be written", () => {
  test("costs no other output, is told in a line, and leaves no exit code of 0", async () => {
    for (const [name, code] of [
      ["gonz-eks-pub", 2],
      ["vip-refused", 1],
    ] as const) {
      const scenario = SCENARIOS.find((one) => one.name === name);
      if (scenario === undefined) throw new Error(`the lab has no ${name}`);
      await inLab(scenario, async (lab) => {
        const args = ["check", "--cluster", scenario.clusters[0]?.name ?? "", "-q"];
        const outputs = ["-o", "json=/dev/full", "-o", "junit=after.xml"];
        const run = await runIn(lab, [...args, ...outputs], {}, { cwd: home });
        expect(run.stderr).toBe('eks-probe: --output: "/dev/full" could not be written (ENOSPC)\n');
        expect(run.stdout).toMatch(/^(?:healthy|failed) · /);
        expect(run.code).toBe(code);
        expect(await junitProblems([readFileSync(join(home, "after.xml"), "utf8")])).toEqual([]);
        rmSync(join(home, "after.xml"));
      });
    }
  });

  test("nor does a full disk under stdout end in a stack trace", async () => {
    const command = '"$0" "$1" schema > /dev/full';
    const run = spawnSync("sh", ["-c", command, process.execPath, PROGRAM], { encoding: "utf8" });
    expect(run.stderr).toBe("eks-probe: stdout could not be written (ENOSPC)\n");
    expect(run.status).toBe(2);
  });
});
