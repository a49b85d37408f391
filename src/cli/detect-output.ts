import type { Environment } from "./options/read.ts";

/** Everything that `check` can be written as. */
export const CHECK_FORMATS = [
  "text",
  "json",
  "junit",
  "github",
  "sarif",
  "tap",
  "markdown",
  "nagios",
] as const;

export type CheckFormat = (typeof CHECK_FORMATS)[number];

/** One output: a format, and the file it goes to; undefined is stdout. */
export interface OutputTarget<Format extends string = CheckFormat> {
  readonly format: Format;
  readonly file: string | undefined;
}

/** What to write where, in this order. */
export interface OutputPlan {
  readonly formats: readonly OutputTarget[];
  /** File to which the step summary is appended; undefined where there is none to write. */
  readonly stepSummaryPath: string | undefined;
}

/** Whether the output goes to a log that is read for commands, as that of GitHub Actions is. */
export function isReadForCommands(environment: Environment): boolean {
  return environment["GITHUB_ACTIONS"] === "true";
}

/**
 * What a run is written as. What the user asked for is all that is written; without a word, it is
 * text, and in a job of GitHub Actions also annotations and the step summary, as is the custom there.
 */
export function planOutput(asked: readonly OutputTarget[], environment: Environment): OutputPlan {
  if (asked.length > 0) return { formats: asked, stepSummaryPath: undefined };
  const text: OutputTarget = { format: "text", file: undefined };
  if (!isReadForCommands(environment)) return { formats: [text], stepSummaryPath: undefined };
  return {
    formats: [text, { format: "github", file: undefined }],
    stepSummaryPath: environment["GITHUB_STEP_SUMMARY"] || undefined,
  };
}
