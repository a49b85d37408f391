import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Scenario } from "../../src/lab/scenario.ts";
import { CATALOGUE_SCENARIOS } from "../../src/lab/scenarios/catalogue.ts";
import { WORKER_SCENARIOS } from "../../src/lab/scenarios/catalogue-worker.ts";
import { CERTAINTY_SCENARIOS } from "../../src/lab/scenarios/certainty.ts";
import { SCENARIOS as ALL_SCENARIOS, findScenario } from "../../src/lab/scenarios/table.ts";
import { TIMELINE_SCENARIOS } from "../../src/lab/scenarios/timelines.ts";
import { inLab, normalise, runIn, transcriptOf, twoAtATime } from "../support/e2e.ts";
import { type Ended, runProgram } from "../support/run-program.ts";

vi.mock("../../src/lab/pki.ts", async (importOriginal) => {
  const { cachePki } = await import("../support/cached-pki.ts");
  return cachePki(await importOriginal());
});

/** Those that neither certainty.test.ts nor catalogue.test.ts looks at, and that stay as they are. */
const ELSEWHERE: ReadonlySet<Scenario> = new Set([
  ...CERTAINTY_SCENARIOS,
  ...CATALOGUE_SCENARIOS,
  ...WORKER_SCENARIOS,
  ...TIMELINE_SCENARIOS,
]);
const SCENARIOS = ALL_SCENARIOS.filter((scenario) => !ELSEWHERE.has(scenario));

/** Of the field notes; the third cluster, with both endpoints, is not in them. */
const GOLDEN = {
  "gonz-eks-pub": [
    "43.200.53.253    ────▶  A  ip-172-16-57-254   ◀────  10.0.20.41",
    "52.79.39.107     ────▶  B  ip-172-16-173-248  ◀────  10.0.95.229",
  ],
  "gonz-eks-pri": [
    "10.0.18.90       ────▶  A  ip-172-16-56-186   ◀────  10.0.18.90",
    "10.0.58.12       ────▶  B  ip-172-16-121-126  ◀────  10.0.58.12",
  ],
} as const;

/** A probe that waits for a silent server need not wait for five seconds. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = { "vip-silent": ["--timeout", "2s"] };

function clusterOf(scenario: string): string {
  return findScenario(scenario)?.clusters[0]?.name ?? "";
}

function goldenFile(name: string): string {
  return fileURLToPath(new URL(`transcripts/${name}.txt`, import.meta.url));
}

function countLines(report: string): number {
  return normalise(report).split("\n").length;
}

describe("endpoints, in every scenario of the lab", () => {
  const names = SCENARIOS.map(({ name }) => name);
  const runs = new Map<string, { readonly args: readonly string[]; readonly ended: Ended }>();

  beforeAll(async () => {
    await twoAtATime(SCENARIOS, async (scenario) => {
      const args = ["endpoints", "--cluster", clusterOf(scenario.name)];
      args.push(...(OPTIONS[scenario.name] ?? []));
      runs.set(scenario.name, { args, ended: await inLab(scenario, (lab) => runIn(lab, args)) });
    });
  }, 60_000);

  function runOf(name: string) {
    const run = runs.get(name);
    if (run === undefined) throw new Error(`${name} was not run`);
    return run;
  }

  test.each(names)("%s reads as it was once read and found good", async (name) => {
    const { args, ended } = runOf(name);
    await expect(transcriptOf(args, ended)).toMatchFileSnapshot(goldenFile(name));
  });

  test("crosses VIPs and ENIs over the API servers as the field notes found them", () => {
    for (const [cluster, crossings] of Object.entries(GOLDEN)) {
      for (const crossing of crossings) expect(runOf(cluster).ended.stdout).toContain(crossing);
    }
  });

  test("exits with 1 where a path failed, 3 where it cannot tell, 0 for slow or throttled", () => {
    const codes = Object.fromEntries(names.map((name) => [name, runOf(name).ended.code]));
    expect(codes).toMatchObject({
      "field-notes": 0,
      "gonz-eks-pub": 0,
      "gonz-eks-pri": 0,
      "gonz-eks-both": 0,
      creating: 3,
      unmapped: 1,
      "enis-denied": 3,
      "cluster-denied": 3,
      throttled: 0,
      expired: 3,
      nxdomain: 1,
      "vip-silent": 1,
      "vip-late": 0,
      "vip-refused": 1,
      "vip-reset": 1,
      "vip-foreign": 1,
      "vip-expired": 1,
      "vip-garbage": 1,
      "vip-endless": 1,
      "vip-unready": 1,
      "eni-refused": 1,
    });
  });

  test("says nothing on stderr and paints nothing, because nobody watches a pipe", () => {
    for (const name of names) {
      const { stdout, stderr } = runOf(name).ended;
      expect({ name, stderr }).toEqual({ name, stderr: "" });
      expect(stripVTControlCharacters(stdout)).toBe(stdout);
    }
  });

  test("names what was made in the lab as simulated, wherever there is a report", () => {
    for (const name of names) {
      expect(runOf(name).ended.stdout).toContain("simulated: made in the lab, not on AWS\n");
    }
  });

  test("gives the next command under every finding that is not ok", () => {
    for (const name of names) {
      const lines = runOf(name).ended.stdout.split("\n");
      const troubled = lines.filter((line) => /^ {2}[!✗?] /.test(line));
      const next = lines.filter((line) => /^ {13}→ \S/.test(line));
      expect({ name, next: next.length }).toEqual({ name, next: troubled.length });
    }
  });
});

describe("endpoints on gonz-eks-pub, with the flags and variables that change the report", () => {
  const VARIANTS: Readonly<
    Record<string, { readonly args: readonly string[]; readonly env?: Record<string, string> }>
  > = {
    plain: { args: [] },
    quiet: { args: ["-q"] },
    verbose: { args: ["-v"] },
    wide: { args: ["--wide"] },
    samples: { args: ["-n", "20"] },
    ascii: { args: [], env: { LANG: "C" } },
    "ascii-wide": { args: ["--wide", "-v"], env: { LANG: "C" } },
    "only-vips": { args: ["--paths", "vip"] },
    "only-enis": { args: ["--paths", "eni"] },
    anonymous: { args: ["--anonymous"] },
    "no-color": { args: ["-v"], env: { NO_COLOR: "1", FORCE_COLOR: "1" } },
    "no-color-flag": { args: ["-v", "--no-color"], env: { FORCE_COLOR: "1" } },
    color: { args: ["-v"], env: { FORCE_COLOR: "1" } },
    "color-quiet": { args: ["-q"], env: { FORCE_COLOR: "1" } },
  };
  const runs = new Map<string, Ended>();

  function argsOf(name: string): readonly string[] {
    return ["endpoints", "--cluster", "gonz-eks-pub", ...(VARIANTS[name]?.args ?? [])];
  }

  beforeAll(async () => {
    const scenario = findScenario("gonz-eks-pub");
    if (scenario === undefined) throw new Error("the scenario is gone");
    await inLab(scenario, (lab) =>
      twoAtATime(Object.keys(VARIANTS), async (name) => {
        runs.set(name, await runIn(lab, argsOf(name), VARIANTS[name]?.env));
      }),
    );
  }, 60_000);

  function outputOf(name: string): string {
    return runs.get(name)?.stdout ?? "";
  }

  test.each([
    "verbose",
    "wide",
    "samples",
    "ascii",
    "ascii-wide",
    "only-vips",
    "only-enis",
    "anonymous",
  ])("%s reads as it was once read and found good", async (name) => {
    const ended = runs.get(name);
    if (ended === undefined) throw new Error(`${name} was not run`);
    const golden = goldenFile(`gonz-eks-pub-${name}`);
    await expect(transcriptOf(argsOf(name), ended)).toMatchFileSnapshot(golden);
  });

  test("-q leaves the last line of the plain report, and the same exit code", () => {
    const plain = outputOf("plain").trimEnd().split("\n");
    expect(outputOf("quiet")).toBe(`${plain.at(-1)}\n`);
    expect(runs.get("quiet")?.code).toBe(runs.get("plain")?.code);
  });

  test("a locale that is not UTF-8 gets ASCII alone, and loses no line by it", () => {
    for (const name of ["ascii", "ascii-wide"]) {
      // oxlint-disable-next-line no-control-regex -- that there is none of the others is the point
      expect(outputOf(name)).toMatch(/^[\n\u0020-\u007e]+$/);
    }
    expect(countLines(outputOf("ascii"))).toBe(countLines(outputOf("plain")));
  });

  test("FORCE_COLOR paints a pipe, and colour is all that it adds", () => {
    expect(outputOf("color")).toContain("\u001b[32m✓\u001b[39m");
    expect(normalise(stripVTControlCharacters(outputOf("color")))).toBe(
      normalise(outputOf("verbose")),
    );
    expect(outputOf("color-quiet").indexOf("\u001b[1m\u001b[32mhealthy\u001b")).toBe(0);
  });

  test("NO_COLOR and --no-color win over FORCE_COLOR", () => {
    for (const name of ["no-color", "no-color-flag"])
      expect(normalise(outputOf(name))).toBe(normalise(outputOf("verbose")));
  });
});

describe("explain, which asks nobody", () => {
  test.each(["explain A09", "explain"])(
    "%s reads as it was once read and found good",
    async (line) => {
      const args = line.split(" ");
      const { code, stdout, stderr } = await runProgram(args);
      const text = `$ eks-probe ${args.join(" ")}\n${stdout}${stderr}[exit ${code}]\n`;
      await expect(text).toMatchFileSnapshot(goldenFile(args.join("-")));
    },
  );
});
