import type { CheckReport } from "../report/check-report.ts";
import { plainTheme } from "../report/theme.ts";
import { type CheckRender, loadCheckRenderer, type TextChoice } from "./check-renderers.ts";
import { isReadForCommands, type OutputPlan } from "./detect-output.ts";
import type { Io } from "./io.ts";
import type { ValueReader } from "./options/values.ts";
import { appendSummary, writeOutputFile } from "./output-files.ts";
import { themeFor } from "./theme.ts";

/**
 * Writes a run as everything that was asked for. One that cannot be written costs no other: it is
 * told on stderr. Whether all were written; the step summary is extra.
 */
export async function writeOutputs(
  report: CheckReport,
  { formats, stepSummaryPath }: OutputPlan,
  renderers: readonly CheckRender[],
  values: ValueReader,
  io: Io,
): Promise<boolean> {
  const theme = themeFor(io, values.has("noColor"));
  const choice: TextChoice = {
    short: values.has("short"),
    verbose: values.has("verbose"),
    quiet: values.has("quiet"),
    theme,
    forLog: isReadForCommands(io.environment),
  };
  const problems: string[] = [];
  // In the order in which they were asked for: stdout has one reader.
  for (const [index, { file }] of formats.entries()) {
    const render = renderers[index];
    if (render === undefined) continue;
    if (file === undefined) {
      io.stdout.write(render(report, choice));
    } else if (file === io.environment["GITHUB_STEP_SUMMARY"]) {
      // oxlint-disable-next-line eslint/no-await-in-loop
      await appendToSummary(file, render(report, choice), io);
    } else {
      // A file is no terminal, whatever this run was started from.
      const plain = { ...choice, theme: plainTheme(theme.width, theme.unicode), forLog: false };
      // oxlint-disable-next-line eslint/no-await-in-loop
      const problem = await writeOutputFile(file, render(report, plain), io.signal);
      if (problem !== undefined) problems.push(problem);
    }
  }
  for (const problem of problems) io.stderr.write(`eks-probe: --output: ${problem}\n`);
  if (stepSummaryPath !== undefined) {
    const render = await loadCheckRenderer("markdown");
    await appendToSummary(stepSummaryPath, render(report, choice), io);
  }
  return problems.length === 0;
}

/** The summary belongs to the whole job step: others write to it as well. */
async function appendToSummary(file: string, text: string, io: Io): Promise<void> {
  const problem = await appendSummary(file, text, io.signal);
  if (problem !== undefined) io.stderr.write(`eks-probe: warning: ${problem}\n`);
}
