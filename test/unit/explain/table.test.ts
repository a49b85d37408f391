import { describe, expect, test } from "vitest";
import { CHECKS } from "../../../src/checks/table.ts";
import { KNOWN_FAILURES } from "../../../src/explain/failures.ts";
import { nearestCodes } from "../../../src/explain/nearest.ts";
import { OUTSIDE_FAILURES } from "../../../src/explain/outside.ts";
import { explainAll } from "../../../src/explain/table.ts";
import { NODE_CODES } from "../../../src/model/node/report.ts";
import { NODE_CHECKS } from "../../../src/node/checks/table.ts";
import { toAscii } from "../../../src/report/ascii.ts";

const checks = explainAll();
const texts = checks.flatMap(({ code, means, found, fix, sources }) =>
  [means, found, ...fix, ...sources].map((text) => [code, text] as const),
);

describe("the explanations", () => {
  test("are there for every check, in the order of reports, with the check's own title", () => {
    const all = { ...CHECKS, ...NODE_CHECKS };
    expect(checks.map(({ code }) => code)).toEqual(Object.keys(all));
    for (const { code, title, topic } of checks) {
      expect({ title, topic }).toEqual({ title: all[code].title, topic: all[code].topic });
    }
  });

  test.each(checks.map((check) => [check.code, check] as const))(
    "%s says what it means, how it is found, what to do, and where that comes from",
    (_code, { means, found, fix, sources }) => {
      expect(means).toMatch(/^\S.{40,}\.$/);
      expect(found).toMatch(/^\S.{20,}\.$/);
      expect(fix.length).toBeGreaterThan(0);
      expect(sources.length).toBeGreaterThan(0);
      for (const step of fix) expect(step).toMatch(/^\S+(?: \S+)*(?: {3}# \S.*)?$/);
    },
  );

  test.each(texts)("%s is plain text that fits any terminal: %s", (_code, text) => {
    expect(text).not.toContain("\n");
    // What has no stand-in comes out as a question mark, and was none before.
    expect(toAscii(text).replaceAll(/[^?]/g, "")).toBe(text.replaceAll(/[^?]/g, ""));
    expect(text).not.toMatch(/https?:\/\/|AKIA|k8s-aws-v1/);
  });

  test("name only failures that exist", () => {
    const numbers = new Set(KNOWN_FAILURES.map(({ number }) => number));
    for (const { code, rows } of checks) {
      for (const row of rows)
        expect({ code, known: numbers.has(row) }).toEqual({ code, known: true });
    }
  });
});

describe("the fifty failures", () => {
  test("are numbered 1 to 50, each with a symptom of its own", () => {
    expect(KNOWN_FAILURES.map(({ number }) => number)).toEqual(
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
    expect(new Set(KNOWN_FAILURES.map(({ symptom }) => symptom)).size).toBe(50);
  });

  test.each(KNOWN_FAILURES.map(({ number, symptom }) => [number, symptom] as const))(
    "%i has a check that names it, or a reason why none can: %s",
    (number) => {
      const named = checks.some(({ rows }) => rows.includes(number));
      const outside = OUTSIDE_FAILURES.some((one) => one.number === number);
      expect(named || outside).toBe(true);
    },
  );

  test("those inside a node cannot be told from outside, and each says how to look by hand", () => {
    const inside = KNOWN_FAILURES.filter(({ area }) => area === "inside a node");
    for (const { number } of inside) {
      const found = OUTSIDE_FAILURES.find((one) => one.number === number);
      expect(found?.why).toMatch(/\.$/);
      expect(found?.look.length).toBeGreaterThan(1);
    }
  });

  test("those inside a node are told there, by checks that are first among the ways to look", () => {
    const inside = KNOWN_FAILURES.filter(({ area }) => area === "inside a node");
    const codes = new Set<string>(NODE_CODES);
    for (const { number } of inside) {
      const named = checks.filter(({ rows }) => rows.includes(number)).map(({ code }) => code);
      expect(named.length).toBeGreaterThan(0);
      expect(named.filter((code) => !codes.has(code))).toEqual([]);
      const [first] = OUTSIDE_FAILURES.find((one) => one.number === number)?.look ?? [];
      expect(first).toMatch(/^(?:sudo )?eks-probe node {3}# /);
      expect(first?.match(/W\d\d/g)).toEqual(named);
    }
  });
});

describe("the nearest codes", () => {
  test.each([
    ["a9", ["A09"]],
    ["A99", ["A09"]],
    ["mapping", ["A09"]],
    ["TLS", ["T01"]],
    ["w1", ["W01"]],
    ["proxy", ["N11", "W06"]],
  ])("%j may have meant %j", (text, expected) => {
    expect(nearestCodes(text, checks)).toEqual(expected);
  });

  test.each(["nonsense", "", "???????"])("are none for %j, which looks like no code", (text) => {
    expect(nearestCodes(text, checks)).toEqual([]);
  });

  test("are few, however many are as near", () => {
    expect(nearestCodes("X01", checks).length).toBeLessThanOrEqual(4);
  });
});
