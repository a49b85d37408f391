import { describe, expect, test } from "vitest";
import { CHECK_FORMATS, planOutput } from "../../../src/cli/detect-output.ts";

const IN_ACTIONS = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: "/tmp/summary.md", CI: "true" };
const TEXT = { format: "text", file: undefined };

describe("what a run is written as", () => {
  test("is text, where nothing is asked and nothing detected", () => {
    expect(planOutput([], {})).toEqual({ formats: [TEXT], stepSummaryPath: undefined });
  });

  test("in GitHub Actions is text, annotations and the step summary", () => {
    expect(planOutput([], IN_ACTIONS)).toEqual({
      formats: [TEXT, { format: "github", file: undefined }],
      stepSummaryPath: "/tmp/summary.md",
    });
  });

  test("another CI, or a variable that is not what GitHub sets, changes nothing", () => {
    for (const environment of [
      { CI: "true", GITLAB_CI: "true" },
      { GITHUB_ACTIONS: "false", GITHUB_STEP_SUMMARY: "/tmp/summary.md" },
      { GITHUB_ACTIONS: "", GITHUB_STEP_SUMMARY: "/tmp/summary.md" },
    ])
      expect(planOutput([], environment)).toEqual({ formats: [TEXT], stepSummaryPath: undefined });
  });

  test("a runner without step summaries gets none", () => {
    for (const GITHUB_STEP_SUMMARY of [undefined, ""])
      expect(
        planOutput([], { ...IN_ACTIONS, GITHUB_STEP_SUMMARY }).stepSummaryPath,
      ).toBeUndefined();
  });

  test.each(CHECK_FORMATS)("-o %s is all that is written, wherever it runs", (format) => {
    const asked = [{ format, file: undefined }];
    expect(planOutput(asked, IN_ACTIONS)).toEqual({ formats: asked, stepSummaryPath: undefined });
  });

  test("several outputs keep their order and their files", () => {
    const asked = [
      { format: "junit", file: "junit.xml" },
      { format: "text", file: undefined },
    ] as const;
    expect(planOutput(asked, IN_ACTIONS).formats).toEqual(asked);
  });
});
