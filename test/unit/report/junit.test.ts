import { sample } from "fast-check";
import { XMLParser } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import type { CheckReport } from "../../../src/report/check-report.ts";
import { renderJunit } from "../../../src/report/junit/render.ts";
import {
  checkReportOf,
  healthyReport,
  makeFinding,
  REPORTS,
  TOOL,
  TROUBLED_FINDINGS,
  troubledReport,
  untoldReport,
} from "../../support/check-reports.ts";
import { hostileReport } from "../../support/hostile-reports.ts";
import { junitProblems } from "../../support/junit-schema.ts";
import { failedAt, pubSnapshot } from "../../support/snapshots.ts";

interface ReadCase {
  readonly name: string;
  readonly time: string;
  readonly failure?: unknown;
  readonly error?: unknown;
  readonly skipped?: { readonly message: string };
  readonly "system-out"?: string;
}

interface ReadSuite {
  readonly [attribute: string]: unknown;
  readonly testcase: readonly ReadCase[];
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "",
  isArray: (name) => name === "testcase",
});

function read(report: CheckReport): ReadSuite {
  return parser.parse(renderJunit(report, TOOL)).testsuites.testsuite;
}

function casesOf(report: CheckReport, code: string): readonly ReadCase[] {
  return read(report).testcase.filter(({ name }) => name.startsWith(code));
}

function driftCase(report: CheckReport): ReadCase | undefined {
  return read(report).testcase.find(({ name }) => name.includes("baseline"));
}

describe("-o junit", () => {
  test.each([
    ["healthy", healthyReport],
    ["troubled", troubledReport],
    ["untold", untoldReport],
  ])("of a %s cluster is exactly this", async (name, report) => {
    await expect(renderJunit(report, TOOL)).toMatchFileSnapshot(`golden/${name}.junit.xml`);
  });

  test("is what Jenkins' schema says, of every kind of report", async () => {
    const documents = REPORTS.map(([, report]) => renderJunit(report, TOOL));
    expect(await junitProblems(documents)).toEqual([]);
  });

  test("the schema does refuse: a case without a name, and a skip before nothing", async () => {
    const good = renderJunit(healthyReport, TOOL);
    expect(await junitProblems([good.replace(/ name="C01[^"]*"/, "")])).not.toEqual([]);
    expect(
      await junitProblems([good.replaceAll("skipped message", "omitted message")]),
    ).not.toEqual([]);
  });

  test("counts what it has: cases, failures, errors and skips", () => {
    for (const [, report] of REPORTS) {
      const { testcase, tests, failures, errors, skipped } = read(report);
      const having = (what: keyof ReadCase): string =>
        String(testcase.filter((one) => one[what] !== undefined).length);
      expect({ tests, failures, errors, skipped }).toEqual({
        tests: String(testcase.length),
        failures: having("failure"),
        errors: having("error"),
        skipped: having("skipped"),
      });
    }
  });

  test("each address that fails is a case, and so is each that the map knows to be fine", () => {
    const cases = casesOf(troubledReport, "N01");
    expect(cases.map(({ name, failure }) => [name.slice(-18), failure !== undefined])).toEqual([
      ["[52.79.39.107:443]", true],
      ["43.200.53.253:443]", false],
      ["s [10.0.20.41:443]", false],
      [" [10.0.95.229:443]", false],
    ]);
  });

  test("the same cases are there when all is well, so that a pipeline sees them turn", () => {
    const [before, after] = [healthyReport, troubledReport].map(
      (report) => new Set(casesOf(report, "N01").map(({ name }) => name)),
    );
    expect(before).toEqual(after);
  });

  test("a symptom is skipped and names its cause: one fault is one failure", () => {
    const [symptom, ...fine] = casesOf(troubledReport, "P01");
    expect(symptom).toMatchObject({
      skipped: { message: "symptom of N01: 52.79.39.107 leads to nobody" },
    });
    expect(fine.every(({ failure }) => failure === undefined)).toBe(true);
    // The same finding without a cause is a failure of its own.
    const alone = TROUBLED_FINDINGS.map((one) => ({ ...one, causedBy: [] }));
    const [own] = casesOf(checkReportOf(pubSnapshot(), { findings: alone }), "P01");
    expect(own?.failure).toBeDefined();
  });

  test("what could not be told is an error, unless not knowing changes nothing", () => {
    expect(casesOf(troubledReport, "A02")[0]?.error).toMatchObject({ type: "could not tell" });
    expect(casesOf(troubledReport, "D02")[0]?.skipped?.message).toMatch(/^could not tell: /);
  });

  test("a warning passes and says so; where the gate fails on warnings it is a failure", () => {
    expect(casesOf(troubledReport, "T02")[0]?.["system-out"]).toMatch(/^warning: /);
    const strict = checkReportOf(pubSnapshot(), {
      findings: TROUBLED_FINDINGS,
      gate: { failOn: "warn" },
    });
    expect(casesOf(strict, "T02")[0]?.failure).toMatchObject({ type: "warn" });
    expect(casesOf(strict, "A03")[0]?.skipped?.message).toMatch(/^ignored: a build host/);
  });

  test("an ignored check that is fine is no skip: there is nothing to ignore", () => {
    const fine = makeFinding("A03", { ignored: "known" });
    const [one] = casesOf(checkReportOf(pubSnapshot(), { findings: [fine] }), "A03");
    expect(one?.skipped).toBeUndefined();
  });

  test("an address that is out of reach by design is skipped, not missing", () => {
    const outside = pubSnapshot({
      localIps: ["192.168.0.7"],
      observations: [failedAt("10.0.20.41", undefined, { local: undefined })],
    });
    const report = checkReportOf(outside, { findings: [makeFinding("N01")] });
    const one = casesOf(report, "N01").find(({ name }) => name.endsWith("[10.0.20.41:443]"));
    expect(one?.skipped?.message).toBeTruthy();
  });

  test("times are seconds, told once for each address", () => {
    expect(casesOf(healthyReport, "N01").map(({ time }) => time)).toEqual(
      Array.from({ length: 4 }, () => "0.043"),
    );
    expect(casesOf(troubledReport, "P01").map(({ time }) => time)).toEqual(
      Array.from({ length: 4 }, () => "0.000"),
    );
  });

  test("drift is a case of its own: passed, failed, or not there without a baseline", () => {
    expect(driftCase(healthyReport)).toBeUndefined();
    expect(driftCase(troubledReport)).toMatchObject({ failure: { type: "drift" } });
    const same = checkReportOf(pubSnapshot(), {
      drift: {
        baseline: "b",
        baselineStartedAt: "2023-04-20T15:41:31.000Z",
        changes: [],
        notComparable: [],
      },
    });
    expect(driftCase(same)).toMatchObject({
      "system-out": "nothing changed since b of 2023-04-20T15:41:31.000Z",
    });
  });

  test("stays by the schema, and has no case more, whatever hostile words are in it", async () => {
    const documents = sample(hostileReport, 150).map((report) => {
      const text = renderJunit(report, TOOL);
      expect(text.match(/<testcase /g)?.length).toBe(Number(/ tests="(\d+)"/.exec(text)?.[1]));
      return text;
    });
    expect(await junitProblems(documents)).toEqual([]);
  });
});
