import type { CheckReport } from "../../report/check-report.ts";
import { type ReadReport, readDocument } from "../../report/json/read.ts";
import { loadCheckRenderer, type TextChoice } from "../check-renderers.ts";
import { CHECK_FORMATS, type CheckFormat, type OutputTarget } from "../detect-output.ts";
import { EXIT } from "../exit-codes.ts";
import type { RunCommand } from "../io.ts";
import { readOutputs } from "../options/outputs.ts";
import { UsageError } from "../options/values.ts";
import { checkOutputFiles } from "../output-files.ts";
import { Interrupted, readSavedFile, type SavedFile } from "../saved-file.ts";
import { type Render, writeOutputs } from "../write-outputs.ts";
import { RECORD_FORMATS, replayRecord } from "./replay-record.ts";

type ReplayFormat = CheckFormat | "ndjson";

const FORMATS: readonly ReplayFormat[] = [...CHECK_FORMATS, "ndjson"];

const TEXT: OutputTarget<ReplayFormat> = { format: "text", file: undefined };

/** A saved run, or a record of `watch`, rendered again. Nobody is asked anything. */
export const runReplay: RunCommand = async (values, [path = ""], io) => {
  const asked = readOutputs(values, FORMATS);
  const outputs = asked.length > 0 ? asked : [TEXT];
  await checkOutputFiles(outputs);
  try {
    const file = await readSavedFile(path, io);
    const renderers = await Promise.all(outputs.map(({ format }) => loadRender(file, format)));
    return (await writeOutputs(file, outputs, renderers, values, io)) ? EXIT.ok : EXIT.usage;
  } catch (error) {
    if (error instanceof Interrupted) return EXIT.interrupted;
    throw error;
  }
};

async function loadRender(file: SavedFile, format: ReplayFormat): Promise<Render<SavedFile>> {
  const own = RECORD_FORMATS.find((one) => one === format);
  if (file.kind === "record" && own !== undefined)
    return (record, choice) => replayRecord(record, own, choice);
  const saved = readRun(file);
  const render = await loadRunRender(saved, format);
  return (_, choice) => orTooMuch(file, () => render(saved, choice));
}

function readRun({ kind, document, quoted }: SavedFile): ReadReport {
  if (kind === "record" && document === undefined)
    throw new UsageError(`${quoted} is a record without a whole run; -o text shows what it has`);
  const read = readDocument(document);
  if (read.kind === "bad") throw new UsageError(`${quoted} ${read.problem}`);
  return read.value;
}

type RunRender = (saved: ReadReport, choice: TextChoice) => string;

async function loadRunRender({ tool }: ReadReport, format: ReplayFormat): Promise<RunRender> {
  if (format === "text") return loadText();
  if (format === "json" || format === "ndjson") {
    const { renderJson, renderJsonLine } = await import("../../report/json/render.ts");
    const render = format === "json" ? renderJson : renderJsonLine;
    // As it was: a run of endpoints has no gate.
    return ({ report }) => render(report, tool);
  }
  const render = await loadCheckRenderer(format, tool);
  return ({ report }, choice) => render(asChecked(report), choice);
}

/** As the command that made the run tells it, unless the options are those of the other one. */
async function loadText(): Promise<RunRender> {
  const [checkText, { renderText }, { withoutCommands }] = await Promise.all([
    loadCheckRenderer("text"),
    import("../../report/text/report.ts"),
    import("../../report/github/command.ts"),
  ]);
  return ({ report }, choice) => {
    const { wide, short, verbose, quiet, theme, forLog } = choice;
    if (short || ("gate" in report && !wide)) return checkText(asChecked(report), choice);
    const text = renderText(report, { wide, verbose, quiet }, theme);
    return forLog ? withoutCommands(text) : text;
  };
}

/** A run of `endpoints` as `check` would have ended it, with nothing else said. */
function asChecked(report: ReadReport["report"]): CheckReport {
  if ("gate" in report) return report;
  const { exitCode } = report.verdict;
  return { ...report, drift: undefined, gate: { exitCode, failOn: "fail" } };
}

/** What no run ever was, a file may still claim: more than fits into one text. */
function orTooMuch(file: SavedFile, render: () => string): string {
  try {
    return render();
  } catch (error) {
    if (error instanceof RangeError)
      throw new UsageError(`${file.quoted} says more than can be shown (${error.message})`);
    throw error;
  }
}
