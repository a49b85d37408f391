import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FailOn, gateExitCode } from "../../../src/checks/gate.ts";
import { judge } from "../../../src/checks/verdict.ts";
import { EXIT } from "../../../src/cli/exit-codes.ts";
import type { Finding, FindingStatus } from "../../../src/model/finding.ts";
import { makeFinding } from "../../support/check-reports.ts";
import { pubSnapshot, reportOf } from "../../support/snapshots.ts";

interface Run {
  readonly findings: readonly Finding[];
  readonly interrupted: boolean;
  readonly drifted: boolean;
  readonly failOn: FailOn;
  readonly exitZero: boolean;
}

const HEALTHY = reportOf(pubSnapshot());

function codeOf(run: Partial<Run>): number {
  const { findings = [], interrupted = false, drifted = false } = run;
  const snapshot = { ...HEALTHY.snapshot, interrupted };
  const verdict = judge({ snapshot, map: HEALTHY.map }, findings);
  const rules = { failOn: run.failOn ?? "fail", exitZero: run.exitZero ?? false };
  return gateExitCode(verdict, findings, drifted, rules);
}

function withStatus(status: FindingStatus, change: Partial<Finding> = {}): Finding {
  return makeFinding("N01", { status, ...change });
}

describe("the gate", () => {
  test("nothing wrong ends with 0, and so do warnings unless they are to fail", () => {
    expect(codeOf({ findings: [withStatus("ok"), withStatus("skip")] })).toBe(EXIT.ok);
    expect(codeOf({ findings: [withStatus("warn")] })).toBe(EXIT.ok);
    expect(codeOf({ findings: [withStatus("warn")], failOn: "warn" })).toBe(EXIT.warnings);
  });

  test("drift is a result of its own, above warnings and below not knowing", () => {
    const warned = { findings: [withStatus("warn")], failOn: "warn", drifted: true } as const;
    expect(codeOf({ drifted: true })).toBe(EXIT.drift);
    expect(codeOf(warned)).toBe(EXIT.drift);
    expect(codeOf({ drifted: true, findings: [withStatus("unknown")] })).toBe(EXIT.unknown);
  });

  test("what is ignored, and what is a symptom, fails no gate", () => {
    const ignored = withStatus("warn", { ignored: "planned" });
    const symptom = withStatus("warn", { causedBy: ["C01"] });
    expect(codeOf({ findings: [ignored, symptom], failOn: "warn" })).toBe(EXIT.ok);
  });

  test("--exit-zero turns everything into 0 but an interruption", () => {
    expect(codeOf({ findings: [withStatus("fail")], exitZero: true })).toBe(EXIT.ok);
    expect(codeOf({ drifted: true, exitZero: true })).toBe(EXIT.ok);
    expect(codeOf({ interrupted: true, exitZero: true })).toBe(EXIT.interrupted);
  });
});

const finding: fc.Arbitrary<Finding> = fc
  .record({
    status: fc.constantFrom<FindingStatus>("ok", "warn", "fail", "skip", "unknown"),
    optional: fc.boolean(),
    ignored: fc.option(fc.constant("planned"), { nil: undefined }),
    causedBy: fc.constantFrom<Finding["causedBy"]>([], ["C01"]),
  })
  .map((change) => makeFinding("N01", change));

const run: fc.Arbitrary<Run> = fc.record({
  findings: fc.array(finding, { maxLength: 8 }),
  interrupted: fc.boolean(),
  drifted: fc.boolean(),
  failOn: fc.constantFrom<FailOn>("fail", "warn"),
  exitZero: fc.boolean(),
});

/** As the codes are documented: what a run is by each of them alone, in the order in which they count. */
function documented({ findings, interrupted, drifted, failOn, exitZero }: Run): number {
  const counting = findings.filter(
    ({ causedBy, ignored }) => causedBy.length === 0 && ignored === undefined,
  );
  const has = (status: FindingStatus): boolean =>
    counting.some((one) => one.status === status && !(status === "unknown" && one.optional));
  if (interrupted) return 130;
  const applies: readonly (readonly [boolean, number])[] = [
    [has("fail"), 1],
    [has("unknown"), 3],
    [drifted, 5],
    [failOn === "warn" && has("warn"), 4],
  ];
  return exitZero ? 0 : (applies.find(([does]) => does)?.[1] ?? 0);
}

describe("the gate, whatever was found", () => {
  test("ends with the first of 1, 3, 5, 4 that applies", () => {
    fc.assert(
      fc.property(run, (any) => {
        expect(codeOf(any)).toBe(documented(any));
      }),
      { numRuns: 500 },
    );
  });

  test("never ends better for being stricter", () => {
    fc.assert(
      fc.property(run, (any) => {
        const [strict, mild] = (["warn", "fail"] as const).map((failOn) =>
          codeOf({ ...any, failOn }),
        );
        expect(strict === mild || mild === EXIT.ok).toBe(true);
      }),
    );
  });
});
