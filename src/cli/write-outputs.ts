import type { CheckReport } from "../report/check-report.ts";
import { plainTheme } from "../report/theme.ts";
import { loadCheckRenderer, type TextChoice } from "./check-renderers.ts";
import { isReadForCommands, type OutputTarget } from "./detect-output.ts";
import type { Io } from "./io.ts";
import type { ValueReader } from "./options/values.ts";
import { appendSummary, writeOutputFile } from "./output-files.ts";
import { themeFor } from "./theme.ts";

export type Render<Report> = (report: Report, choice: TextChoice) => string | Promise<string>;

/**
 * Writes a run as everything that was asked for. One that cannot be written costs no other: it is
 * told on stderr. Whether all were written.
 */
export async function writeOutputs<Report>(
  report: Report,
  outputs: readonly OutputTarget<string>[],
  renderers: readonly Render<Report>[],
  values: ValueReader,
  io: Io,
): Promise<boolean> {
  const choice = textChoice(values, io);
  const problems: string[] = [];
  // In the order in which they were asked for: stdout has one reader.
  for (const [index, { file }] of outputs.entries()) {
    const render = renderers[index];
    if (render === undefined) continue;
    const isSummary = file !== undefined && file === io.environment["GITHUB_STEP_SUMMARY"];
    // oxlint-disable-next-line eslint/no-await-in-loop
    const text = await render(report, file === undefined || isSummary ? choice : forFile(choice));
    // oxlint-disable-next-line eslint/no-await-in-loop
    const problem = await writeText(text, file, isSummary, io);
    if (problem !== undefined) problems.push(problem);
  }
  for (const problem of problems) io.stderr.write(`eks-probe: --output: ${problem}\n`);
  return problems.length === 0;
}

async function writeText(
  text: string,
  file: string | undefined,
  isSummary: boolean,
  io: Io,
): Promise<string | undefined> {
  if (file === undefined) io.stdout.write(text);
  else if (isSummary) await appendToSummary(file, text, io);
  else return writeOutputFile(file, text, io.signal);
  return undefined;
}

function textChoice(values: ValueReader, io: Io): TextChoice {
  return {
    short: values.has("short"),
    wide: values.has("wide"),
    verbose: values.has("verbose"),
    quiet: values.has("quiet"),
    theme: themeFor(io, values.has("noColor")),
    forLog: isReadForCommands(io.environment),
  };
}

/** A file is no terminal, whatever this run was started from. */
function forFile(choice: TextChoice): TextChoice {
  const { width, unicode } = choice.theme;
  return { ...choice, theme: plainTheme(width, unicode), forLog: false };
}

/** The summary of a job's step in GitHub Actions, where there is one to write. */
export async function writeStepSummary(
  report: CheckReport,
  path: string | undefined,
  values: ValueReader,
  io: Io,
): Promise<void> {
  if (path === undefined) return;
  const render = await loadCheckRenderer("markdown");
  await appendToSummary(path, render(report, textChoice(values, io)), io);
}

/** The summary belongs to the whole job step: others write to it as well. */
async function appendToSummary(file: string, text: string, io: Io): Promise<void> {
  const problem = await appendSummary(file, text, io.signal);
  if (problem !== undefined) io.stderr.write(`eks-probe: warning: ${problem}\n`);
}
