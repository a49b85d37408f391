import type { WatchEvent } from "../../model/watch/event.ts";
import type { LoadReport } from "../../model/watch/load.ts";
import type { RecordHeader } from "../../model/watch/record.ts";
import type { WatchSummary } from "../../model/watch/summary.ts";
import type { WatchStory } from "../../report/watch/document.ts";
import { type FoldedRecord, foldLine } from "../../watch/record/fold.ts";
import { summarize } from "../../watch/track/summarize.ts";
import { NOTHING_SEEN, type WatchState } from "../../watch/track/track.ts";
import type { TextChoice } from "../check-renderers.ts";
import { UsageError } from "../options/values.ts";
import type { SavedFile } from "../saved-file.ts";

/** What a record of `watch` is shown as by itself; other formats show its latest whole run. */
export const RECORD_FORMATS = ["text", "ndjson", "json", "markdown"] as const;

export type RecordFormat = (typeof RECORD_FORMATS)[number];

/** A record as one of its own formats, told as the watch told it. */
export async function replayRecord(
  file: SavedFile,
  format: RecordFormat,
  choice: TextChoice,
): Promise<string> {
  const story = await readStory(file);
  switch (format) {
    case "text":
      return textOf(story, choice);
    case "ndjson":
      return ndjsonOf(story);
    case "json":
      return (await import("../../report/watch/document.ts")).renderWatchJson(story);
    case "markdown":
      return (await import("../../report/watch/markdown.ts")).renderWatchMarkdown(story);
  }
}

interface ReplayedStory extends WatchStory {
  /** What was known after the first round; undefined of a record without one. */
  readonly first: WatchState | undefined;
  /** The whole run that the watch began with. */
  readonly firstRun: unknown;
}

async function readStory(file: SavedFile): Promise<ReplayedStory> {
  const { quoted } = file;
  let folded: FoldedRecord | undefined;
  let first: WatchState | undefined;
  let firstRun: unknown;
  const events: WatchEvent[] = [];
  for await (const item of file.items()) {
    if (item.kind === "problem") throw new UsageError(`${quoted} ${item.problem}`);
    if (item.kind === "end") break;
    folded = foldLine(folded, item.line);
    if (item.line.kind === "run" && first === undefined) firstRun ??= item.line.run;
    if (item.line.kind !== "round") continue;
    first ??= folded?.state;
    events.push(...item.line.events);
  }
  if (folded === undefined) throw new UsageError(`${quoted} is a record without a whole line`);
  const { header, end } = folded;
  return { header, events, first, firstRun, summary: summaryOf(folded, end?.load) };
}

function summaryOf(
  { state, header, end }: FoldedRecord & { readonly header: RecordHeader },
  load: LoadReport | undefined,
): WatchSummary | undefined {
  return summarize(state, header.cluster, end?.end ?? "record-ends", load);
}

async function textOf(
  { header, events, first = NOTHING_SEEN, firstRun, summary }: ReplayedStory,
  choice: TextChoice,
): Promise<string> {
  const { theme, verbose, quiet, forLog } = choice;
  const [{ renderStart }, { renderEvent }, { renderSummary }, { withoutCommands }] =
    await Promise.all([
      import("../../report/watch/start.ts"),
      import("../../report/watch/event.ts"),
      import("../../report/watch/summary.ts"),
      import("../../report/github/command.ts"),
    ]);
  const { map, mapped } = await mapOf(firstRun, choice);
  let previousAt = first.at;
  const told = events.map((event) => {
    const text = renderEvent(event, theme, { verbose, previousAt });
    previousAt = event.at;
    return text;
  });
  const end = summary === undefined ? "" : renderSummary(summary, theme);
  const text = quiet
    ? end
    : [
        map,
        `${renderStart(header, first, theme, mapped)}\n`,
        ...told,
        told.length > 0 ? "\n" : "",
        end,
      ].join("");
  return forLog ? withoutCommands(text) : text;
}

interface ReplayedMap {
  readonly map: string;
  /** Address ids that stand in it. */
  readonly mapped: ReadonlySet<string>;
}

/** What the watch showed before its first round; nothing where the record lacks it. */
async function mapOf(run: unknown, { theme, wide }: TextChoice): Promise<ReplayedMap> {
  const [{ readDocument }, { renderText }] = await Promise.all([
    import("../../report/json/read.ts"),
    import("../../report/text/report.ts"),
  ]);
  const read = readDocument(run);
  if (read.kind === "bad") return { map: "", mapped: new Set() };
  const { report } = read.value;
  return {
    map: `${renderText(report, { wide, verbose: false, quiet: false }, theme)}\n`,
    mapped: new Set(report.snapshot.addresses.map(({ id }) => id)),
  };
}

async function ndjsonOf({ header, events, first, summary }: ReplayedStory): Promise<string> {
  const { startLine, eventLine, summaryLine } = await import("../../report/watch/ndjson.ts");
  return [
    startLine(header, first ?? NOTHING_SEEN),
    ...events.map((event) => eventLine(event, header.cluster)),
    ...(summary === undefined ? [] : [summaryLine(summary)]),
  ].join("");
}
