import { examine } from "../../examine.ts";
import { compareRuns } from "../../history/compare.ts";
import { readRunDocument, type SavedRun } from "../../history/saved-run.ts";
import { type Expectations, NO_EXPECTATIONS } from "../../model/expectations.ts";
import { counts } from "../../model/finding.ts";
import { sanitizeText } from "../../model/text.ts";
import type { DiffSide, RunDiff } from "../../report/diff/run-diff.ts";
import type { ReportInput } from "../../report/input.ts";
import { THIS_TOOL } from "../check-renderers.ts";
import type { OutputTarget } from "../detect-output.ts";
import { EXIT } from "../exit-codes.ts";
import type { Io, RunCommand } from "../io.ts";
import { readJudgement } from "../judgement.ts";
import { memoryGuard } from "../memory.ts";
import { readOutputs } from "../options/outputs.ts";
import { longFlag } from "../options/read.ts";
import { PRESENT_OPTIONS } from "../options/tables/diff.ts";
import { UsageError, type ValueReader, withDefaults } from "../options/values.ts";
import { checkOutputFiles } from "../output-files.ts";
import { startProgress } from "../progress.ts";
import { readRun, warnInsecure } from "../run-input.ts";
import { Interrupted, readSavedFile, type SavedFile } from "../saved-file.ts";
import { shortNames } from "../short-names.ts";
import { wantsProgress } from "../terminal.ts";
import { type Render, writeOutputs } from "../write-outputs.ts";

const FORMATS = ["text", "json", "markdown"] as const;

type DiffFormat = (typeof FORMATS)[number];

const TEXT: OutputTarget<DiffFormat> = { format: "text", file: undefined };

/** Two saved runs against each other, or one against the present. */
export const runDiff: RunCommand = async (values, [pathA = "", pathB], io) => {
  const asked = readOutputs<DiffFormat>(values, FORMATS);
  const outputs = asked.length > 0 ? asked : [TEXT];
  if (pathB !== undefined) refuseProbing(values);
  if (pathA === "-" && pathB === "-") throw new UsageError("stdin can be only one of the two runs");
  await checkOutputFiles(outputs);
  try {
    const a = await readRunAt(pathA, io);
    const { diff, exitCode } =
      pathB === undefined
        ? await sincePresent(a, values, io)
        : { diff: between(a, await readRunAt(pathB, io)), exitCode: EXIT.ok };
    const renderers = await Promise.all(outputs.map(({ format }) => loadRender(format)));
    const written = await writeOutputs(diff, outputs, renderers, values, io);
    if (exitCode !== EXIT.ok) return exitCode;
    if (diff.changes.length > 0) return EXIT.drift;
    return written ? EXIT.ok : EXIT.usage;
  } catch (error) {
    if (error instanceof Interrupted) return EXIT.interrupted;
    throw error;
  }
};

interface RunAt {
  readonly file: SavedFile;
  readonly run: SavedRun;
}

async function readRunAt(path: string, io: Io): Promise<RunAt> {
  const file = await readSavedFile(path, io);
  const { kind, document, quoted } = file;
  if (kind === "record" && document === undefined)
    throw new UsageError(`${quoted} is a record without a whole run: there is nothing to compare`);
  const read = readRunDocument(document);
  if (read.kind === "bad") throw new UsageError(`${quoted} ${read.problem}`);
  return { file, run: read.value };
}

/** On the command line they were meant; in the environment they are for other commands as well. */
function refuseProbing(values: ValueReader): void {
  const flag = PRESENT_OPTIONS.map((spec) => ({ spec, name: values.nameOf(spec.key) })).find(
    ({ spec, name }) => name === longFlag(spec),
  );
  if (flag !== undefined)
    throw new UsageError(
      `${flag.name} is for a run against the present; with two files nothing is probed`,
    );
}

function between(a: RunAt, b: RunAt): RunDiff {
  const [nameA, nameB] = shortNames(a.file.path, b.file.path);
  const sides = { before: `in ${nameA}`, after: `in ${nameB}` };
  return {
    a: sideOf(a.run, nameA, a.file.path),
    b: sideOf(b.run, nameB, b.file.path),
    ...compareRuns(a.run, b.run, sides),
  };
}

async function sincePresent(
  a: RunAt,
  values: ValueReader,
  io: Io,
): Promise<{ readonly diff: RunDiff; readonly exitCode: number }> {
  const present = await makeRun(a, values, io);
  const { renderJson } = await import("../../report/json/render.ts");
  // The public document is what was saved, so that is what is compared.
  const read = readRunDocument(JSON.parse(renderJson(present, THIS_TOOL)));
  if (read.kind === "bad") throw new Error(`this run's own document ${read.problem}`);
  const [nameA] = shortNames(a.file.path, "");
  const diff: RunDiff = {
    a: sideOf(a.run, nameA, a.file.path),
    b: sideOf(read.value, "now", undefined),
    ...compareRuns(a.run, read.value, { before: `in ${nameA}`, after: "now" }),
  };
  return { diff, exitCode: presentExitCode(present, io) };
}

/** What failed is compared like the rest; that it could not be told is no answer at all. */
function presentExitCode({ findings, verdict }: ReportInput, io: Io): number {
  if (verdict.exitCode !== EXIT.unknown && verdict.exitCode !== EXIT.interrupted) return EXIT.ok;
  // The first cause, for what follows from it is among what cannot be compared.
  const cause = findings.find(
    (finding) => finding.status === "unknown" && !finding.optional && counts(finding),
  );
  const why =
    verdict.exitCode === EXIT.interrupted || cause === undefined
      ? verdict.summary
      : `${sanitizeText(cause.summary, 500)} (eks-probe explain ${cause.code})`;
  io.stderr.write(`eks-probe: warning: the present could not be told: ${why}\n`);
  return verdict.exitCode;
}

/** The run of `check`, on the cluster of the saved one unless another is named. */
async function makeRun(a: RunAt, values: ValueReader, io: Io): Promise<ReportInput> {
  const { values: completed, judge } = await readJudgement(likeSaved(a.run, values), io);
  const { request, deps } = await readRun(completed, io);
  const expected = judge(request.cluster).expectations;
  warnInsecure(io, request);
  const progress = wantsProgress(io, values.has("quiet")) ? startProgress() : undefined;
  const guardMemory = memoryGuard();
  const input = await examine(request, deps, io.signal, {
    expectations: isSilent(expected) ? await expectedBy(a.file) : expected,
    onProgress: (made) => {
      guardMemory(made.planned);
      progress?.show(made);
    },
  });
  progress?.stop();
  return input;
}

function likeSaved({ cluster }: SavedRun, values: ValueReader): ValueReader {
  const isGiven = values.has("kubeconfig");
  return withDefaults(values, {
    // A kubeconfig names its own.
    cluster: isGiven ? undefined : cluster.name,
    region: isGiven ? undefined : cluster.arn?.split(":")[3],
  });
}

function isSilent(expected: Expectations): boolean {
  return JSON.stringify(expected) === JSON.stringify(NO_EXPECTATIONS);
}

/** Judged by other expectations, what is the same would look like a change. */
async function expectedBy({ document }: SavedFile): Promise<Expectations> {
  const { readDocument } = await import("../../report/json/read.ts");
  const read = readDocument(document);
  return read.kind === "ok" ? read.value.report.expectations : NO_EXPECTATIONS;
}

/** A saved run is a file that anyone may have written to. */
function sideOf(run: SavedRun, name: string, file: string | undefined): DiffSide {
  return {
    name,
    file: file === undefined ? undefined : sanitizeText(file, 4_096),
    startedAt: sanitizeText(run.startedAt, 40),
    cluster: sanitizeText(run.cluster.name, 200),
    simulated: run.simulated === true,
  };
}

async function loadRender(format: DiffFormat): Promise<Render<RunDiff>> {
  switch (format) {
    case "json":
      return (await import("../../report/diff/json.ts")).renderDiffJson;
    case "markdown":
      return (await import("../../report/diff/markdown.ts")).renderDiffMarkdown;
    case "text": {
      const [{ renderDiffText }, { withoutCommands }] = await Promise.all([
        import("../../report/diff/text.ts"),
        import("../../report/github/command.ts"),
      ]);
      return (diff, { quiet, theme, forLog }) => {
        const text = renderDiffText(diff, { quiet }, theme);
        return forLog ? withoutCommands(text) : text;
      };
    }
  }
}
