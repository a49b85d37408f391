import { describe, expect, test } from "vitest";
import { readSavedRun } from "../../../src/history/saved-run.ts";
import { skipped, unknown } from "../../../src/model/fact.ts";
import { deepSnapshot } from "../../support/inspections.ts";
import { savedText } from "../../support/saved-runs.ts";
import { failedAt, priSnapshot, pubSnapshot } from "../../support/snapshots.ts";

const DENIED = unknown({
  code: "access-denied",
  phase: "describe-cluster",
  side: "user",
  message: "denied",
});

/** The document with one part replaced. */
function changed(part: Readonly<Record<string, unknown>>): string {
  const whole: unknown = JSON.parse(savedText(pubSnapshot()));
  return JSON.stringify(typeof whole === "object" ? { ...whole, ...part } : whole);
}

describe("readSavedRun", () => {
  test.each([
    ["a whole run", pubSnapshot()],
    ["a private one", priSnapshot()],
    ["one that failed", pubSnapshot({ observations: [failedAt("43.200.53.253")] })],
    ["one that knew nothing", pubSnapshot({ cluster: DENIED, enis: DENIED, observations: [] })],
    ["one that asked nothing", pubSnapshot({ enis: skipped("--paths vip"), resolutions: [] })],
    ["one with --deep", deepSnapshot()],
  ])("reads %s as -o json wrote it", (_name, snapshot) => {
    expect(readSavedRun(savedText(snapshot)).kind).toBe("ok");
  });

  test("leaves out what it does not know, and takes what is missing for not known", () => {
    const more = changed({ inventedLater: [1, 2], cluster: { name: "gonz-eks-pub" } });
    const read = readSavedRun(more);
    expect(read).toMatchObject({ kind: "ok", value: { cluster: { name: "gonz-eks-pub" } } });
    expect(JSON.stringify(read)).not.toContain("inventedLater");
  });

  test.each([
    ["", "is not JSON; save a run with -o json"],
    ["gonz-eks-pub · healthy", "is not JSON; save a run with -o json"],
    ["null", "is not a saved run (see all of it); save one with -o json"],
    ["[]", "is not a saved run (see schemaVersion); save one with -o json"],
    ['{"kind":"ExecCredential"}', "is not a saved run (see schemaVersion); save one with -o json"],
    [
      changed({ schemaVersion: 2 }),
      "has schemaVersion 2, and only 1 is known here; save a run with this version",
    ],
    [
      changed({ paths: [{ address: 5 }] }),
      "is not a saved run (see paths.0.address); save one with -o json",
    ],
  ])("says of %.40s what it is not", (content, problem) => {
    expect(readSavedRun(content)).toEqual({ kind: "bad", problem });
  });
});
