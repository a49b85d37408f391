import { loadCheckRenderer, type TextChoice } from "../../src/cli/check-renderers.ts";
import { CHECK_FORMATS } from "../../src/cli/detect-output.ts";
import type { CheckReport } from "../../src/report/check-report.ts";
import type { ReportInput } from "../../src/report/input.ts";
import { type ReadReport, readDocument } from "../../src/report/json/read.ts";
import { renderJson } from "../../src/report/json/render.ts";
import { renderText } from "../../src/report/text/report.ts";
import { plainTheme } from "../../src/report/theme.ts";
import { TOOL } from "./check-reports.ts";

/** What a run comes back as after it was saved. */
export function savedAndRead(report: ReportInput | CheckReport): ReadReport {
  const read = readDocument(JSON.parse(renderJson(report, TOOL)));
  if (read.kind === "bad") throw new Error(`the run ${read.problem}`);
  return read.value;
}

/** As `check` would end it. */
export function asChecked(report: ReportInput | CheckReport): CheckReport {
  if ("gate" in report) return report;
  const { exitCode } = report.verdict;
  return { ...report, drift: undefined, gate: { exitCode, failOn: "fail" } };
}

const CHOICES = ["short", "verbose", "quiet", "plain"] as const;

/** Everything that can be written of a run: every format of check, every text of endpoints. */
export async function allOutputsOf({
  report,
  tool,
}: ReadReport): Promise<Readonly<Record<string, string>>> {
  const checked = asChecked(report);
  const outputs: [string, string][] = [["json", renderJson(report, tool)]];
  for (const choice of CHOICES) {
    const [wide, verbose, quiet] = [choice === "short", choice === "verbose", choice === "quiet"];
    const options = { wide, verbose, quiet };
    outputs.push([`endpoints ${choice}`, renderText(report, options, plainTheme(100))]);
  }
  for (const format of CHECK_FORMATS) {
    // oxlint-disable-next-line eslint/no-await-in-loop
    const render = await loadCheckRenderer(format, tool);
    for (const choice of format === "text" ? CHOICES : (["plain"] as const)) {
      const text: TextChoice = {
        short: choice === "short",
        wide: false,
        verbose: choice === "verbose",
        quiet: choice === "quiet",
        theme: plainTheme(100, choice !== "verbose"),
        forLog: false,
      };
      outputs.push([`check ${format} ${choice}`, render(checked, text)]);
    }
  }
  return Object.fromEntries(outputs);
}
