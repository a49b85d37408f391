import { beforeAll, describe, expect, test, vi } from "vitest";
import { compareRuns } from "../../src/history/compare.ts";
import { readRunDocument, type SavedRun } from "../../src/history/saved-run.ts";
import type { Scenario } from "../../src/lab/scenario.ts";
import { SCENARIOS } from "../../src/lab/scenarios/table.ts";
import type { ProbeRequest } from "../../src/model/request.ts";
import type { ReportInput } from "../../src/report/input.ts";
import { renderJson } from "../../src/report/json/render.ts";
import { TOOL } from "../support/check-reports.ts";
import { inLab, twoAtATime } from "../support/e2e.ts";
import { examineIn } from "../support/in-process.ts";
import { allOutputsOf, asChecked, savedAndRead } from "../support/replayed.ts";

vi.mock("../../src/lab/pki.ts", async (importOriginal) => {
  const { cachePki } = await import("../support/cached-pki.ts");
  return cachePki(await importOriginal());
});

type Asked = Partial<Omit<ProbeRequest, "cluster">>;

/** Each scenario is asked in one of these ways, by its place in the table. */
const WAYS: readonly Asked[] = [
  {},
  { deep: true },
  { samples: 3, compareReuse: true },
  { paths: ["vip"], httpVersion: "http1.1" },
  { anonymous: true },
];

const TIMEOUT_MS = 2_000;

interface TwoRuns {
  readonly first: ReportInput;
  readonly second: ReportInput;
}

const runs = new Map<string, TwoRuns>();
const names = SCENARIOS.map(({ name }) => name);

/** One connection each could not tell a balanced address from one that moved. */
function samplesFor({ clusters }: Scenario): Asked {
  const isBalanced = clusters.some(({ fronts }) =>
    fronts.some(({ policy }) => policy === "balanced"),
  );
  return isBalanced ? { samples: 10 } : {};
}

async function runTwice(scenario: Scenario): Promise<TwoRuns> {
  const asked: Asked = {
    timeoutMs: TIMEOUT_MS,
    ...WAYS[SCENARIOS.indexOf(scenario) % WAYS.length],
    ...samplesFor(scenario),
  };
  const [cluster] = scenario.clusters;
  return inLab(scenario, async (lab) => {
    const first = await examineIn(lab, cluster?.name ?? "", asked);
    return { first, second: await examineIn(lab, cluster?.name ?? "", asked) };
  });
}

beforeAll(async () => {
  await twoAtATime(SCENARIOS, async (scenario) => {
    runs.set(scenario.name, await runTwice(scenario));
  });
}, 240_000);

function runsOf(name: string): TwoRuns {
  const two = runs.get(name);
  if (two === undefined) throw new Error(`${name} was not run`);
  return two;
}

function saved(input: ReportInput): SavedRun {
  const read = readRunDocument(JSON.parse(renderJson(input, TOOL)));
  if (read.kind === "bad") throw new Error(`the run ${read.problem}`);
  return read.value;
}

describe("a run of every scenario of the lab, saved", () => {
  test.each(names)("%s: read back, every format is the same to the byte", async (name) => {
    const { first } = runsOf(name);
    for (const report of [first, asChecked(first)]) {
      // oxlint-disable-next-line eslint/no-await-in-loop
      const now = await allOutputsOf({ report, tool: TOOL });
      // oxlint-disable-next-line eslint/no-await-in-loop
      expect(await allOutputsOf(savedAndRead(report))).toEqual(now);
    }
  });

  test.each(names)("%s: against itself nothing has changed", (name) => {
    const run = saved(runsOf(name).first);
    expect(compareRuns(run, structuredClone(run)).changes).toEqual([]);
  });
});

describe("two runs of the same scenario, one after the other", () => {
  test.each(names)("%s: what always differs is no change", (name) => {
    const { first, second } = runsOf(name);
    expect(compareRuns(saved(first), saved(second)).changes).toEqual([]);
  });
});
