import pLimit from "p-limit";
import { describe, expect, test, vi } from "vitest";
import { startLab } from "../../src/lab/start.ts";
import { counts, type Finding, isTrouble } from "../../src/model/finding.ts";
import { LAYERS, layerOf } from "../../src/model/finding-code.ts";
import type { ReportInput } from "../../src/report/input.ts";
import { renderJson } from "../../src/report/json/render.ts";
import { renderText } from "../../src/report/text/report.ts";
import { plainTheme } from "../../src/report/theme.ts";
import { examineIn } from "../support/in-process.ts";
import { type Mix, mixFaults } from "../support/mixed-faults.ts";

vi.mock("../../src/lab/pki.ts", async (importOriginal) => {
  const { cachePki } = await import("../support/cached-pki.ts");
  return cachePki(await importOriginal());
});

const ONE = process.env["MIXED_FAULTS_SEED"];
const SEEDS = Number(process.env["MIXED_FAULTS_SEEDS"] ?? 500);
const AT_A_TIME = 6;
const PER_TEST = 50;

/** Far beyond what a run may take with all its limits, so that only a hang gets there. */
const BOUND_MS = 15_000;

/** What is wrong with a run, in words; empty where it is as it should be. */
async function judge(mix: Mix): Promise<readonly string[]> {
  const lab = await startLab(mix.scenario);
  const hang = new AbortController();
  const timer = setTimeout(() => hang.abort(), BOUND_MS);
  try {
    const [cluster] = mix.scenario.clusters;
    const report = await examineIn(lab, cluster?.name ?? "", mix.asked, hang.signal);
    return [
      ...(hang.signal.aborted ? [`did not end within ${BOUND_MS} ms`] : []),
      ...contradictions(mix, report),
    ];
  } catch (error) {
    return [`threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
  } finally {
    clearTimeout(timer);
    await lab.close();
  }
}

function contradictions({ truth }: Mix, report: ReportInput): readonly string[] {
  const { findings, verdict } = report;
  const blamed = findings.filter((finding) => isTrouble(finding) && counts(finding));
  const words = blamed.map(({ code, status }) => `${code} ${status}`).join(", ");
  const text = renderText(report, { wide: true, verbose: true, quiet: false }, plainTheme(100));
  JSON.parse(renderJson(report, { name: "eks-probe", version: "0.0.0-test" }));
  const rules: readonly (readonly [broken: boolean, words: string])[] = [
    [
      truth === "fine" && verdict.status !== "healthy",
      `${verdict.status} without a fault: ${words}`,
    ],
    [truth === "broken" && verdict.status === "healthy", "is called healthy"],
    [truth === "broken" && blamed.length === 0, "has nothing to say"],
    [
      verdict.exitCode === 0 && blamed.some(({ status }) => status === "fail"),
      `exits with 0 in spite of ${words}`,
    ],
    [!text.endsWith("\n") || !text.includes(verdict.summary), "does not end in its verdict"],
  ];
  return [
    ...rules.flatMap(([broken, problem]) => (broken ? [problem] : [])),
    ...blamed.flatMap((finding) => gapsOf(finding, text)),
  ];
}

/** A finding of which the user would have nothing. */
function gapsOf({ code, summary, next, status }: Finding, text: string): readonly string[] {
  const rules: readonly (readonly [broken: boolean, words: string])[] = [
    [!(layerOf(code) in LAYERS), "is of no layer"],
    [summary === "", "says nothing"],
    [status !== "unknown" && next === undefined, "says not what to do"],
    [!text.includes(code), "is not shown"],
  ];
  return rules.flatMap(([broken, problem]) => (broken ? [`${code} ${problem}`] : []));
}

async function judgeAll(seeds: readonly number[]): Promise<readonly string[]> {
  const limit = pLimit(AT_A_TIME);
  const judged = seeds.map((seed) =>
    limit(async () => {
      const mix = mixFaults(seed);
      const problems = await judge(mix);
      return problems.map((problem) => `seed ${seed} (${mix.faults.join("; ")}): ${problem}`);
    }),
  );
  return (await Promise.all(judged)).flat();
}

describe("any mix of faults ends in a verdict that fits it, and never in a crash or a hang", () => {
  const seeds =
    ONE === undefined ? Array.from({ length: SEEDS }, (_, seed) => seed) : [Number(ONE)];
  const chunks = Array.from({ length: Math.ceil(seeds.length / PER_TEST) }, (_, index) =>
    seeds.slice(index * PER_TEST, (index + 1) * PER_TEST),
  );

  test.each(chunks.map((chunk) => [chunk[0], chunk.at(-1), chunk] as const))(
    "seeds %i to %i",
    async (_first, _last, chunk) => {
      expect(await judgeAll(chunk)).toEqual([]);
    },
    120_000,
  );
});
