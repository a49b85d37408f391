import { beforeAll, describe, expect, test, vi } from "vitest";
import { EXPLANATIONS } from "../../src/explain/table.ts";
import type { Scenario } from "../../src/lab/scenario.ts";
import { CATALOGUE_SCENARIOS } from "../../src/lab/scenarios/catalogue.ts";
import { findScenario } from "../../src/lab/scenarios/table.ts";
import { type Lab, startLab } from "../../src/lab/start.ts";
import type { ReportDocument } from "../../src/report/json/document.ts";
import { CATALOGUE, type CatalogueCase, HEALTHY } from "../support/catalogue.ts";
import { runIn, twoAtATime } from "../support/e2e.ts";
import { type Ended, runProgram } from "../support/run-program.ts";
import { differ } from "../support/schema-check.ts";

vi.mock("../../src/lab/pki.ts", async (importOriginal) => {
  const { cachePki } = await import("../support/cached-pki.ts");
  return cachePki(await importOriginal());
});

type ReportedFinding = ReportDocument["findings"][number];

/** Those that follow are about a worker's own rules and sockets. */
const LAST_ROW = 45;

/** What is silent in the lab is silent for ever: there is no point in a longer wait. */
const TIMEOUT = "1s";

interface Run {
  readonly scenario: string;
  readonly cluster: string;
  readonly args?: readonly string[] | undefined;
}

const runs = new Map<string, Ended>();
let differences: ReturnType<typeof differ>;

function keyOf({ scenario, cluster, args = [] }: Run): string {
  return [scenario, cluster, ...args].join(" ");
}

function scenarioNamed(name: string): Scenario {
  const scenario = findScenario(name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  return scenario;
}

function runOf({ scenario, cluster, args }: CatalogueCase): Run {
  const [only] = scenarioNamed(scenario).clusters;
  return { scenario, cluster: cluster ?? only?.name ?? "", args };
}

async function work(run: Run): Promise<void> {
  const lab: Lab = await startLab(scenarioNamed(run.scenario));
  const args = ["--cluster", run.cluster, "--timeout", TIMEOUT, "-o", "json", ...(run.args ?? [])];
  const ended = await runIn(lab, ["check", ...args]);
  const strays = lab.strayConnections();
  await lab.close();
  if (strays > 0) throw new Error(`${strays} connections left the lab ${run.scenario}`);
  runs.set(keyOf(run), ended);
}

beforeAll(async () => {
  differences = differ(JSON.parse((await runProgram(["schema"])).stdout));
  await twoAtATime([...CATALOGUE.map(runOf), ...HEALTHY], work);
}, 120_000);

function reportOf(run: Run): { readonly ended: Ended; readonly report: ReportDocument } {
  const ended = runs.get(keyOf(run));
  if (ended === undefined) throw new Error(`${keyOf(run)} was not run`);
  expect(ended.stderr).toBe("");
  return { ended, report: JSON.parse(ended.stdout) };
}

/** Findings that somebody has to act on: no symptom of another, and no gap that harms nothing. */
function blamed({ findings }: ReportDocument): readonly ReportedFinding[] {
  return findings.filter(
    ({ status, causedBy, ignored, optional }) =>
      causedBy.length === 0 &&
      ignored === null &&
      (status === "fail" || status === "warn" || (status === "unknown" && !optional)),
  );
}

function told(findings: readonly ReportedFinding[]): readonly string[] {
  return findings.map(({ code, status, summary }) => `${code} ${status}: ${summary}`);
}

describe("every failure of the catalogue that can be provoked", () => {
  test.each(
    CATALOGUE.map((one) => [`${one.scenario} ${(one.args ?? []).join(" ")}`, one] as const),
  )("%s is told by its own finding, and nothing else is blamed", (_, one) => {
    const { ended, report } = reportOf(runOf(one));
    const found = report.findings.find(({ code }) => code === one.code);
    expect([found?.status, found?.causedBy]).toEqual([one.status, []]);
    expect(found?.summary).toMatch(one.says);
    const known = new Set([one.code, ...(one.also ?? [])]);
    expect(told(blamed(report).filter(({ code }) => !known.has(code)))).toEqual([]);
    expect([ended.code, report.verdict.exitCode]).toEqual([one.exitCode, one.exitCode]);
  });

  test.each(CATALOGUE.filter(({ status }) => status !== "ok").map((one) => [one.scenario, one]))(
    "%s comes with what to do next, and who has to",
    (_, one) => {
      const { report } = reportOf(runOf(one));
      const found = report.findings.find(({ code }) => code === one.code);
      expect(found?.next).toMatch(/\S{2}/);
      expect(found?.side).toMatch(/^(?:local|resolver|network|server|aws|user)$/);
    },
  );
});

describe("what is reported of the catalogue", () => {
  test.each(CATALOGUE.map((one) => [one.scenario, one] as const))(
    "%s is what the printed schema says, and nothing besides",
    (_, one) => {
      expect(differences(reportOf(runOf(one)).report)).toEqual([]);
    },
  );

  test("covers all that can be told from outside a worker", () => {
    const rows = new Set(CATALOGUE.flatMap((one) => one.rows));
    const missing = Array.from({ length: LAST_ROW }, (_, index) => index + 1);
    expect(missing.filter((row) => !rows.has(row))).toEqual([]);
  });

  test("is explained where explain says that it is", () => {
    const strangers = CATALOGUE.flatMap(({ rows, code, scenario }) =>
      rows
        .filter((row) => !EXPLANATIONS[code].rows.includes(row))
        .map((row) => `${code} does not name ${row}, which ${scenario} provokes`),
    );
    expect(strangers).toEqual([]);
  });

  test("covers every scenario that was made for it", () => {
    const used = new Set([...CATALOGUE, ...HEALTHY].map(({ scenario }) => scenario));
    const unused = CATALOGUE_SCENARIOS.filter(({ name }) => !used.has(name));
    expect(unused.map(({ name }) => name)).toEqual([]);
  });
});

describe("where nothing is wrong", () => {
  test.each(HEALTHY)("nothing is found: $scenario, $cluster", (one) => {
    const { ended, report } = reportOf(one);
    expect(told(blamed(report))).toEqual([]);
    expect([ended.code, report.verdict.status]).toEqual([0, "healthy"]);
  });
});
