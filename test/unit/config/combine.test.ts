import { describe, expect, test } from "vitest";
import { type AskedJudgement, combineJudgement } from "../../../src/config/combine.ts";
import type { ConfigFile } from "../../../src/config/schema.ts";
import { NO_EXPECTATIONS } from "../../../src/model/expectations.ts";

const NOTHING: AskedJudgement = { expectations: {}, failOn: undefined, baseline: undefined };
const TODAY = "2027-01-31";

const FILE: ConfigFile = {
  version: 1,
  expect: { apiServers: 2, tcp: 5, mode: "public" },
  ignore: [{ code: "T02", reason: "of the file" }],
  failOn: "warn",
  baseline: "file.json",
  clusters: {
    own: {
      expect: { mode: "private" },
      ignore: [{ code: "T02", reason: "of the cluster" }],
      failOn: "fail",
      baseline: "own.json",
    },
  },
};

function judge(cluster: string, asked: Partial<AskedJudgement> = {}, file = FILE) {
  return combineJudgement({ ...NOTHING, ...asked }, file, cluster, TODAY);
}

function ignoredUntil(until: string) {
  return judge("any", {}, { version: 1, ignore: [{ code: "T02", reason: "y", until }] });
}

describe("how a run is judged", () => {
  test("by the defaults, where nobody says anything", () => {
    expect(combineJudgement(NOTHING, undefined, "any", TODAY)).toEqual({
      expectations: NO_EXPECTATIONS,
      failOn: "fail",
      baseline: undefined,
      notes: [],
    });
  });

  test("by the file for every cluster that has no section", () => {
    for (const cluster of ["other", "constructor", "toString"]) {
      expect(judge(cluster)).toMatchObject({
        expectations: { minApiServers: 2, maxTcpMs: 5, mode: "public", certificateDays: 30 },
        failOn: "warn",
        baseline: { path: "file.json", fromConfig: true },
      });
    }
  });

  test("by the cluster's own section, key by key, above the file", () => {
    expect(judge("own")).toMatchObject({
      expectations: { minApiServers: 2, maxTcpMs: 5, mode: "private" },
      failOn: "fail",
      baseline: { path: "own.json", fromConfig: true },
    });
  });

  test("by the options above both", () => {
    const asked = {
      expectations: { minApiServers: 3, ignore: [{ code: "T02", reason: "asked" }] },
      failOn: "warn",
      baseline: "asked.json",
    } as const;
    const { expectations, failOn, baseline } = judge("own", asked);
    expect(expectations).toMatchObject({ minApiServers: 3, mode: "private" });
    expect([failOn, baseline]).toEqual(["warn", { path: "asked.json", fromConfig: false }]);
    expect(expectations.ignore[0]).toEqual({ code: "T02", reason: "asked" });
  });

  test("the nearer reason to ignore a check is the one that is told", () => {
    expect(judge("own").expectations.ignore.map(({ reason }) => reason)).toEqual([
      "of the cluster",
      "of the file",
    ]);
  });

  test("an ignore counts through its last day, and is told when it no longer does", () => {
    expect(ignoredUntil("2027-01-31")).toMatchObject({ notes: [], expectations: { ignore: [{}] } });
    expect(ignoredUntil("2027-01-30")).toMatchObject({
      notes: ["T02 is no longer ignored: it was to be until 2027-01-30"],
      expectations: { ignore: [] },
    });
  });
});
