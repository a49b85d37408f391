import { assert, boolean, constantFrom, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import type { CheckReport } from "../../../src/report/check-report.ts";
import { renderGithub } from "../../../src/report/github/render.ts";
import { renderJson } from "../../../src/report/json/render.ts";
import { renderJunit } from "../../../src/report/junit/render.ts";
import { renderMarkdown } from "../../../src/report/markdown/render.ts";
import { nagiosExitCode } from "../../../src/report/nagios/exit-code.ts";
import { renderNagios } from "../../../src/report/nagios/render.ts";
import { renderSarif } from "../../../src/report/sarif/render.ts";
import { renderTap } from "../../../src/report/tap/render.ts";
import {
  checkReportOf,
  makeFinding,
  REPORTS,
  TOOL,
  troubledReport,
} from "../../support/check-reports.ts";
import { commandsIn } from "../../support/github-runner.ts";
import { pubSnapshot } from "../../support/snapshots.ts";
import { readTap } from "../../support/tap.ts";

const RENDERERS: readonly (readonly [string, (report: CheckReport) => string])[] = [
  ["junit", (report) => renderJunit(report, TOOL)],
  ["github", renderGithub],
  ["sarif", (report) => renderSarif(report, { tool: TOOL, explanations: {} })],
  ["tap", (report) => renderTap(report, TOOL)],
  ["markdown", renderMarkdown],
  ["nagios", renderNagios],
];

/** Whether a reader of each format sees that the gate does not pass. */
function alarms(report: CheckReport): Readonly<Record<string, boolean>> {
  const sarif = JSON.parse(renderSarif(report, { tool: TOOL, explanations: {} })).runs[0];
  return {
    junit: /<(?:failure|error) /.test(renderJunit(report, TOOL)),
    github: commandsIn(renderGithub(report)).some(({ name }) => name === "error"),
    tap: !readTap(renderTap(report, TOOL)).ok,
    sarif:
      !sarif.invocations[0].executionSuccessful ||
      sarif.results.some(
        ({ level, suppressions }: { readonly level: string; readonly suppressions?: unknown }) =>
          level !== "none" && suppressions === undefined,
      ),
    nagios: nagiosExitCode(report) !== 0,
  };
}

const ALL = { junit: true, github: true, tap: true, sarif: true, nagios: true };
const NONE = { junit: false, github: false, tap: false, sarif: false, nagios: false };

describe("every format", () => {
  test.each(RENDERERS)(
    "%s names the cluster, the verdict, and that it is simulated",
    (_name, render) => {
      const text = render(troubledReport);
      expect(text).toContain("gonz-eks-pub");
      expect(text).toContain(troubledReport.verdict.summary);
      expect(text).toContain("simulated");
      const real = {
        ...troubledReport.snapshot,
        request: { ...troubledReport.snapshot.request, simulated: false },
      };
      expect(render({ ...troubledReport, snapshot: real })).not.toContain("made in the lab");
    },
  );

  test.each(RENDERERS)(
    "%s gives what failed with its next step and where it is explained",
    (_name, render) => {
      const text = render(troubledReport);
      expect(text).toContain("1 of 4 paths failed");
      expect(text).toContain("aws eks describe-cluster --name gonz-eks-pub");
      expect(text).toContain("eks-probe explain N01");
    },
  );

  test("all alarm where the gate does not pass, none where it does", () => {
    for (const [name, report] of REPORTS) {
      const drifted = (report.drift?.changes.length ?? 0) > 0;
      const passes = report.gate.exitCode === 0 && !drifted;
      expect({ name, ...alarms(report) }).toEqual({ name, ...(passes ? NONE : ALL) });
    }
  });

  test("all agree on any one finding, except that some speak of warnings that pass", () => {
    const statuses = constantFrom("ok", "warn", "fail", "skip", "unknown");
    const any = record({
      status: statuses,
      optional: boolean(),
      ignored: constantFrom(undefined, "known"),
      failOn: constantFrom("fail", "warn"),
    });
    assert(
      property(any, ({ failOn, ...change }) => {
        const report = checkReportOf(pubSnapshot(), {
          findings: [makeFinding("A03", change)],
          gate: { failOn },
        });
        const { sarif, nagios, ...gates } = alarms(report);
        expect(new Set(Object.values(gates)).size).toBe(1);
        expect(sarif).toBe(nagios);
        const warned = change.status === "warn" && change.ignored === undefined;
        expect(sarif).toBe(gates["junit"] || warned);
      }),
    );
  });

  test("none has the certificate of the CA, which only JSON gives", () => {
    expect(renderJson(troubledReport, TOOL)).toContain("BEGIN CERTIFICATE");
    for (const [, render] of RENDERERS) expect(render(troubledReport)).not.toContain("BEGIN CERT");
  });
});
