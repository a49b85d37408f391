import { describe, expect, test } from "vitest";
import { loadCheckRenderer } from "../../../src/cli/check-renderers.ts";
import {
  CHECK_FORMATS,
  isReadForCommands,
  type OutputTarget,
} from "../../../src/cli/detect-output.ts";
import { readOutputs } from "../../../src/cli/options/outputs.ts";
import { readOptions } from "../../../src/cli/options/read.ts";
import { CHECK_OPTIONS } from "../../../src/cli/options/tables/check.ts";
import { valueReader } from "../../../src/cli/options/values.ts";
import { plainTheme } from "../../../src/report/theme.ts";
import { checkReportOf, makeFinding } from "../../support/check-reports.ts";
import { commandsIn } from "../../support/github-runner.ts";
import { pubSnapshot } from "../../support/snapshots.ts";

const HOSTILE = checkReportOf(pubSnapshot(), {
  findings: [
    makeFinding("N01", {
      status: "fail",
      summary: `${"long ".repeat(30)} ::add-mask::of-an-enemy`,
      details: ["##[error]of an enemy", `${"x".repeat(85)} ::error::of-an-enemy`],
      next: "do this   # and that",
    }),
  ],
});
const CHOICE = { short: false, wide: false, verbose: true, quiet: false, theme: plainTheme() };

describe("text in a log that is read for commands", () => {
  test("has none, however a hostile word is wrapped; elsewhere it is as it is", async () => {
    const render = await loadCheckRenderer("text");
    expect(commandsIn(render(HOSTILE, { ...CHOICE, forLog: false }))).not.toEqual([]);
    expect(commandsIn(render(HOSTILE, { ...CHOICE, forLog: true }))).toEqual([]);
  });

  test("is that of GitHub Actions, not that of any CI", () => {
    expect(isReadForCommands({ GITHUB_ACTIONS: "true" })).toBe(true);
    expect(isReadForCommands({ CI: "true" })).toBe(false);
  });
});

function outputsOf(...output: readonly string[]): readonly OutputTarget[] {
  const read = readOptions(CHECK_OPTIONS, { output }, {});
  if (read.kind === "bad") throw new Error(read.problem);
  return readOutputs(valueReader(read.value), CHECK_FORMATS);
}

describe("several outputs", () => {
  test("text and annotations share stdout, in either order", () => {
    expect(outputsOf("text", "github")).toHaveLength(2);
    expect(outputsOf("github", "text", "junit=a.xml")).toHaveLength(3);
  });

  test.each([
    [["text", "json"]],
    [["github", "github"]],
    [["text", "github", "tap"]],
    [["text=a", "github=a"]],
  ])("%s do not", (asked) => {
    expect(() => outputsOf(...asked)).toThrow(/would both go to/);
  });
});
