import { assert, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { renderTap } from "../../../src/report/tap/render.ts";
import {
  checkReportOf,
  healthyReport,
  interruptedReport,
  REPORTS,
  TOOL,
  TROUBLED_FINDINGS,
  troubledReport,
  untoldReport,
} from "../../support/check-reports.ts";
import { hostileReport } from "../../support/hostile-reports.ts";
import { pubSnapshot } from "../../support/snapshots.ts";
import { readTap } from "../../support/tap.ts";

describe("-o tap", () => {
  test.each([
    ["healthy", healthyReport],
    ["troubled", troubledReport],
    ["untold", untoldReport],
  ])("of a %s cluster is exactly this", async (name, report) => {
    await expect(renderTap(report, TOOL)).toMatchFileSnapshot(`golden/${name}.tap`);
  });

  test("is read by a TAP parser: what fails, what is to do and what is skipped", () => {
    const { ok, count, fail, skip, todo, failures, plan } = readTap(
      renderTap(troubledReport, TOOL),
    );
    expect({ ok, count, skip, todo, end: plan.end }).toEqual({
      ok: false,
      count: 9,
      skip: 2,
      todo: 2,
      end: 9,
    });
    expect(fail).toBe(5);
    expect(
      failures.map((one) => [
        ("name" in one ? one.name : "").slice(0, 3),
        "diag" in one ? one.diag?.status : "",
      ]),
    ).toEqual([
      ["N01", "fail"],
      ["A02", "unknown"],
      ["dri", undefined],
    ]);
    expect(readTap(renderTap(healthyReport, TOOL))).toMatchObject({ ok: true, count: 3, skip: 1 });
  });

  test("the parser does refuse: a plan that is not kept, and a line that is no TAP", () => {
    const text = renderTap(healthyReport, TOOL);
    expect(readTap(text.replace("1..3", "1..4")).ok).toBe(false);
    expect(readTap(`${text}what is this\n`).ok).toBe(false);
  });

  test("not knowing does not pass, unless it changes nothing", () => {
    expect(renderTap(untoldReport, TOOL)).toMatch(/^not ok 1 - C01 /m);
    expect(renderTap(troubledReport, TOOL)).toMatch(/^ok 2 - D02 .* # SKIP could not tell: /m);
  });

  test("a warning passes unless the gate fails on it", () => {
    expect(renderTap(troubledReport, TOOL)).toMatch(/^ok 4 - T02 /m);
    const strict = checkReportOf(pubSnapshot(), {
      findings: TROUBLED_FINDINGS,
      gate: { failOn: "warn" },
    });
    expect(renderTap(strict, TOOL)).toMatch(/^not ok 4 - T02 /m);
  });

  test("an interrupted run does not pass", () => {
    expect(readTap(renderTap(interruptedReport, TOOL)).ok).toBe(false);
  });

  test.each(REPORTS)("of a report %s keeps its plan", (_name, report) => {
    const { plan, count } = readTap(renderTap(report, TOOL));
    expect(plan.end).toBe(count);
  });

  test("hostile words make no point, directive or plan of their own", () => {
    assert(
      property(hostileReport, (report) => {
        const { count, plan, skip, todo, bailout, failures } = readTap(renderTap(report, TOOL));
        const sameShape = readTap(
          renderTap({ ...troubledReport, gate: report.gate, drift: report.drift }, TOOL),
        );
        expect({ count, end: plan.end, skip, todo, bailout, failed: failures.length }).toEqual({
          count: sameShape.count,
          end: sameShape.plan.end,
          skip: sameShape.skip,
          todo: sameShape.todo,
          bailout: sameShape.bailout,
          failed: sameShape.failures.length,
        });
      }),
    );
  });
});
