import { assert, property } from "fast-check";
import { describe, expect, test } from "vitest";
import type { CheckReport } from "../../../src/report/check-report.ts";
import { renderSarif } from "../../../src/report/sarif/render.ts";
import {
  healthyReport,
  interruptedReport,
  REPORTS,
  TOOL,
  troubledReport,
  untoldReport,
} from "../../support/check-reports.ts";
import { hostileReport } from "../../support/hostile-reports.ts";
import { sarifProblems } from "../../support/sarif-schema.ts";

interface ReadResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly kind: string;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly suppressions?: readonly unknown[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly locations: readonly {
    readonly logicalLocations: readonly { readonly fullyQualifiedName: string }[];
  }[];
}

interface ReadRun {
  readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
  readonly results: readonly ReadResult[];
  readonly invocations: readonly { readonly [key: string]: unknown }[];
}

const OPTIONS = { tool: TOOL, explanations: {} };

function runOf(report: CheckReport): ReadRun {
  return JSON.parse(renderSarif(report, OPTIONS)).runs[0];
}

function resultOf(report: CheckReport, code: string): ReadResult | undefined {
  return runOf(report).results.find(({ ruleId }) => ruleId === code);
}

describe("-o sarif", () => {
  test.each([
    ["healthy", healthyReport],
    ["troubled", troubledReport],
    ["untold", untoldReport],
  ])("of a %s cluster is exactly this", async (name, report) => {
    await expect(renderSarif(report, OPTIONS)).toMatchFileSnapshot(`golden/${name}.sarif`);
  });

  test.each(REPORTS)("of a report %s is what the schema of SARIF 2.1.0 says", (_name, report) => {
    expect(sarifProblems(JSON.parse(renderSarif(report, OPTIONS)))).toEqual([]);
  });

  test("the schema does refuse: another version, a level that there is not, a field too many", () => {
    const log = JSON.parse(renderSarif(troubledReport, OPTIONS));
    const [run] = log.runs;
    const spoiled = [
      { ...log, version: "2.0.0" },
      { ...log, runs: [{ ...run, results: [{ ...run.results[0], level: "fatal" }] }] },
      { ...log, more: true },
    ];
    for (const one of spoiled) expect(sarifProblems(one)).not.toEqual([]);
  });

  test("every result is of the rule that its index says, and only what failed has a level", () => {
    for (const [, report] of REPORTS) {
      const { tool, results } = runOf(report);
      for (const { ruleId, ruleIndex, kind, level } of results) {
        expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
        expect(level === "none").toBe(kind !== "fail");
      }
    }
  });

  test("a failure is an error, a warning a warning, a symptom neither", () => {
    expect(resultOf(troubledReport, "N01")).toMatchObject({ kind: "fail", level: "error" });
    expect(resultOf(troubledReport, "T02")).toMatchObject({ kind: "fail", level: "warning" });
    expect(resultOf(troubledReport, "P01")).toMatchObject({
      kind: "informational",
      level: "none",
      message: { text: expect.stringContaining("symptom of N01: ") },
      properties: { causedBy: ["N01"] },
    });
    expect(resultOf(troubledReport, "C01")).toBeUndefined();
  });

  test("what the user ignores is there, suppressed with the reason; the rest is not suppressed", () => {
    expect(resultOf(troubledReport, "A03")?.suppressions).toEqual([
      { kind: "external", status: "accepted", justification: "a build host without NTP | known" },
    ]);
    expect(resultOf(troubledReport, "N01")).not.toHaveProperty("suppressions");
  });

  test("what could not be told makes the invocation unsuccessful, and is open", () => {
    expect(resultOf(troubledReport, "A02")).toMatchObject({ kind: "open" });
    const [invocation] = runOf(untoldReport).invocations;
    expect(invocation).toMatchObject({
      executionSuccessful: false,
      exitCode: 3,
      toolExecutionNotifications: [{ level: "error", associatedRule: { id: "C01" } }],
    });
    expect(runOf(healthyReport).invocations[0]).toMatchObject({ executionSuccessful: true });
    expect(runOf(interruptedReport).invocations[0]).toMatchObject({ executionSuccessful: false });
  });

  test("locations name cluster and address", () => {
    expect(resultOf(troubledReport, "N01")?.locations[0]?.logicalLocations).toMatchObject([
      { fullyQualifiedName: "ap-northeast-2/gonz-eks-pub/52.79.39.107:443" },
    ]);
    expect(resultOf(troubledReport, "A02")?.locations[0]?.logicalLocations).toMatchObject([
      { fullyQualifiedName: "ap-northeast-2/gonz-eks-pub" },
    ]);
  });

  test("an alert keeps its fingerprint when other addresses fail or other words are used", () => {
    const changed: CheckReport = {
      ...troubledReport,
      findings: troubledReport.findings.map((one) => ({ ...one, summary: "else", addresses: [] })),
    };
    const prints = (report: CheckReport): unknown =>
      runOf(report).results.map(({ partialFingerprints }) => partialFingerprints);
    expect(prints(changed)).toEqual(prints(troubledReport));
    const all = runOf(troubledReport).results.map(
      (one) => Object.values(one.partialFingerprints)[0],
    );
    expect(new Set(all).size).toBe(all.length);
  });

  test("a rule's help is what explain says of the check", () => {
    const explanations = {
      N01: {
        means: "It means.",
        found: "By trying.",
        fix: ["do this"],
        sources: ["the guide"],
        rows: [],
      },
    };
    const log = JSON.parse(renderSarif(troubledReport, { tool: TOOL, explanations }));
    const rule = log.runs[0].tool.driver.rules.find(
      ({ id }: { readonly id: string }) => id === "N01",
    );
    expect(rule).toMatchObject({
      fullDescription: { text: "It means." },
      help: {
        text: "It means.\nHow it is found: By trying.\n1. do this\nSources: the guide\neks-probe explain N01",
      },
    });
    expect(sarifProblems(log)).toEqual([]);
  });

  test("stays by the schema whatever hostile words are in it", () => {
    assert(
      property(hostileReport, (report) => {
        expect(sarifProblems(JSON.parse(renderSarif(report, OPTIONS)))).toEqual([]);
      }),
    );
  });
});
