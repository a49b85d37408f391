import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Check } from "../../../src/checks/check.ts";
import { foldSymptoms } from "../../../src/checks/fold.ts";
import { CHECKS, FINDING_CODES } from "../../../src/checks/table.ts";
import { counts, type Finding, type FindingStatus } from "../../../src/model/finding.ts";
import type { FindingCode } from "../../../src/model/finding-code.ts";

function finding(code: FindingCode, change: Partial<Finding> = {}): Finding {
  return {
    code,
    topic: "t",
    title: "it is so",
    status: "ok",
    summary: "",
    details: [],
    side: undefined,
    next: undefined,
    addresses: [],
    optional: false,
    causedBy: [],
    blockedBy: [],
    ignored: undefined,
    ...change,
  };
}

/** D01 explains N01 and T01, N01 explains P01; nothing else explains anything. */
const RELATIONS: Partial<Record<FindingCode, readonly FindingCode[]>> = {
  D01: ["N01", "T01"],
  N01: ["P01"],
};

const TABLE: Record<FindingCode, Pick<Check, "explains">> = { ...CHECKS };
for (const code of FINDING_CODES) TABLE[code] = { explains: RELATIONS[code] ?? [] };

function fold(...findings: readonly Finding[]): Readonly<Record<string, Finding>> {
  return Object.fromEntries(foldSymptoms(findings, TABLE).map((one) => [one.code, one]));
}

describe("folding a symptom under its cause", () => {
  test("happens where both are in trouble, and the cause takes over how bad it is", () => {
    const { D01, N01 } = fold(
      finding("D01", { status: "warn" }),
      finding("N01", { status: "fail" }),
    );
    expect(N01).toMatchObject({ status: "fail", causedBy: ["D01"] });
    expect(D01).toMatchObject({ status: "fail", causedBy: [] });
  });

  test("does not happen where the cause is fine, or does not claim the symptom", () => {
    expect(fold(finding("D01"), finding("N01", { status: "fail" }))["N01"]?.causedBy).toEqual([]);
    const { A01 } = fold(finding("D01", { status: "fail" }), finding("A01", { status: "fail" }));
    expect(A01?.causedBy).toEqual([]);
  });

  test("needs the cause to account for every address of the symptom", () => {
    const symptom = finding("N01", { status: "fail", addresses: ["a", "b"] });
    const part = finding("D01", { status: "fail", addresses: ["a"] });
    const whole = finding("D01", { status: "fail", addresses: ["b", "a", "c"] });
    expect(fold(part, symptom)["N01"]?.causedBy).toEqual([]);
    expect(fold(whole, symptom)["N01"]?.causedBy).toEqual(["D01"]);
    expect(fold(finding("D01", { status: "fail" }), symptom)["N01"]?.causedBy).toEqual(["D01"]);
  });

  test("follows chains, so that the first cause is as bad as the last symptom", () => {
    const { D01, N01, P01 } = fold(
      finding("D01", { status: "warn" }),
      finding("N01", { status: "warn" }),
      finding("P01", { status: "fail" }),
    );
    expect([D01?.status, N01?.causedBy, P01?.causedBy]).toEqual(["fail", ["D01"], ["N01"]]);
  });

  test("not knowing explains not knowing, and nothing that was seen to fail", () => {
    const unknown = finding("D01", { status: "unknown" });
    expect(fold(unknown, finding("N01", { status: "fail" }))["N01"]?.causedBy).toEqual([]);
    expect(fold(unknown, finding("N01", { status: "unknown" }))["N01"]?.causedBy).toEqual(["D01"]);
  });

  test("never makes a run look better: the worst that counts stays as bad", () => {
    const order: readonly FindingStatus[] = ["ok", "skip", "warn", "unknown", "fail"];
    const worstOf = (findings: readonly Finding[]): number =>
      Math.max(...findings.filter(counts).map(({ status }) => order.indexOf(status)));
    const statuses = fc.constantFrom<FindingStatus>(...order);
    const addresses = fc.subarray(["a", "b", "c"]);
    const any = fc.tuple(
      ...(["D01", "N01", "T01", "P01"] as const).map((code) =>
        fc.record({ status: statuses, addresses }).map((change) => finding(code, change)),
      ),
    );
    fc.assert(
      fc.property(any, (findings) => {
        expect(worstOf(foldSymptoms(findings, TABLE))).toBe(worstOf(findings));
      }),
    );
  });
});

/** Every check that this one needs, or explains, over however many others. */
function reaches(from: FindingCode, relation: "needs" | "explains"): ReadonlySet<FindingCode> {
  const met = new Set<FindingCode>();
  const walk = (code: FindingCode): void => {
    for (const next of CHECKS[code][relation] ?? []) {
      if (met.has(next)) continue;
      met.add(next);
      walk(next);
    }
  };
  walk(from);
  return met;
}

describe("the table of checks", () => {
  test.each(FINDING_CODES)(
    "%s neither needs nor explains itself, over however many others",
    (code) => {
      expect(reaches(code, "needs").has(code)).toBe(false);
      expect(reaches(code, "explains").has(code)).toBe(false);
    },
  );
});
