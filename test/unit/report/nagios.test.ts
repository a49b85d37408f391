import { assert, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { unknown } from "../../../src/model/fact.ts";
import type { FailureCode } from "../../../src/model/failure.ts";
import { nagiosExitCode } from "../../../src/report/nagios/exit-code.ts";
import { renderNagios } from "../../../src/report/nagios/render.ts";
import {
  checkReportOf,
  DRIFT,
  healthyReport,
  interruptedReport,
  makeFinding,
  REPORTS,
  TROUBLED_FINDINGS,
  troubledReport,
  untoldReport,
} from "../../support/check-reports.ts";
import { hostileReport } from "../../support/hostile-reports.ts";
import { parsePluginOutput } from "../../support/nagios-grammar.ts";
import { makeSnapshot, pubSnapshot } from "../../support/snapshots.ts";

const only = (...findings: Parameters<typeof makeFinding>[]): number =>
  nagiosExitCode(
    checkReportOf(pubSnapshot(), { findings: findings.map((one) => makeFinding(...one)) }),
  );

describe("-o nagios", () => {
  test.each([
    ["healthy", healthyReport],
    ["troubled", troubledReport],
    ["untold", untoldReport],
  ])("of a %s cluster is exactly this", async (name, report) => {
    await expect(renderNagios(report)).toMatchFileSnapshot(`golden/${name}.nagios.txt`);
  });

  test.each(REPORTS)("of a report %s is a line by the guidelines' grammar", (_name, report) => {
    const { text } = parsePluginOutput(renderNagios(report));
    const state = ["OK", "WARNING", "CRITICAL", "UNKNOWN"][nagiosExitCode(report)];
    expect(text).toMatch(new RegExp(`^EKS ${state} - gonz-eks-pub: `));
  });

  test("the grammar does refuse: two lines, a label without quotes, text where a number is due", () => {
    const good = renderNagios(healthyReport);
    expect(() => parsePluginOutput(good + good)).toThrow("not one line with data");
    for (const bad of [good.replace("'failed'", "failed"), good.replace("=2;;;0", "=two;;;0")])
      expect(() => parsePluginOutput(bad)).toThrow("no performance data");
  });

  test("performance data are seconds for each address, counts, and days to the first end", () => {
    const { data } = parsePluginOutput(renderNagios(troubledReport));
    expect(data["10.0.20.41 ttfb"]).toMatchObject({ value: 0.031, unit: "s", minimum: "0" });
    expect(data["52.79.39.107 ttfb"]).toBeUndefined();
    expect(data).toMatchObject({
      "api servers": { value: 2 },
      failed: { value: 1 },
      unknown: { value: 1 },
      warnings: { value: 1 },
      "certificate days": { value: 360, warning: "30:" },
    });
  });

  test("what is expected is the threshold of its datum", () => {
    const expectations = { ...healthyReport.expectations, maxTtfbMs: 250, minApiServers: 3 };
    const { data } = parsePluginOutput(renderNagios({ ...healthyReport, expectations }));
    expect(data["10.0.20.41 ttfb"]?.warning).toBe("0.25");
    expect(data["10.0.20.41 tcp"]?.warning).toBe("");
    expect(data["api servers"]?.warning).toBe("3:");
  });

  test("hostile words neither start a second line nor reach the data", () => {
    assert(
      property(hostileReport, (report) => {
        const { data } = parsePluginOutput(renderNagios(report));
        expect(Object.keys(data)).toHaveLength(8);
        expect(data["failed"]?.value).toBe(1);
      }),
    );
  });
});

describe("the exit code for Nagios", () => {
  test("is its own: 0 ok, 1 warning, 2 critical, 3 unknown", () => {
    expect(only(["N01", {}])).toBe(0);
    expect(only(["T02", { status: "warn" }])).toBe(1);
    expect(only(["N01", { status: "fail" }])).toBe(2);
    expect(only(["A02", { status: "unknown" }])).toBe(3);
    expect(nagiosExitCode(interruptedReport)).toBe(3);
  });

  test("critical comes before unknown, unknown before warning", () => {
    expect(only(["A02", { status: "unknown" }], ["N01", { status: "fail" }])).toBe(2);
    expect(only(["A02", { status: "unknown" }], ["T02", { status: "warn" }])).toBe(3);
  });

  test("what does not count changes nothing", () => {
    expect(only(["N01", { status: "fail", ignored: "known" }])).toBe(0);
    expect(only(["D02", { status: "unknown", optional: true }])).toBe(0);
  });

  test("drift is a warning, no drift is none", () => {
    expect(nagiosExitCode({ ...healthyReport, drift: DRIFT })).toBe(1);
    expect(nagiosExitCode({ ...healthyReport, drift: { ...DRIFT, changes: [] } })).toBe(0);
    expect(nagiosExitCode(checkReportOf(pubSnapshot(), { findings: TROUBLED_FINDINGS }))).toBe(2);
  });

  test.each<[FailureCode, number]>([
    ["aws-unreachable", 2],
    ["deadline", 2],
    ["access-denied", 3],
    ["no-credentials", 3],
  ])("a name error or a time-out is critical, not unknown: %s gives %i", (code, exitCode) => {
    const cluster = unknown({ code, phase: "describe-cluster", side: "aws", message: "no" });
    const findings = [makeFinding("C01", { status: "unknown" })];
    expect(nagiosExitCode(checkReportOf(makeSnapshot({ cluster }), { findings }))).toBe(exitCode);
  });

  test("DNS that gives no answer is critical too", () => {
    expect(only(["D01", { status: "unknown" }])).toBe(2);
  });
});
