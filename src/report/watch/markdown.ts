import type { WatchEvent } from "../../model/watch/event.ts";
import type { WatchSummary } from "../../model/watch/summary.ts";
import { escapeMarkdown, table } from "../markdown/escape.ts";
import { dayOf, formatSpan, stampOf } from "../times.ts";
import { formatShare } from "../words.ts";
import type { WatchStory } from "./document.ts";
import { duringWords } from "./event.ts";
import { loadLines } from "./load.ts";
import {
  changesOf,
  eventCounts,
  omittedWords,
  openOutageWords,
  stateWords,
  summaryHeadline,
} from "./summary.ts";
import { drainLines, outageLines } from "./timeline.ts";

/** A post-mortem of a watch: what happened and when, outages and drains, and what it came to. */
export function renderWatchMarkdown({ header, events, summary }: WatchStory): string {
  const where =
    header.region === undefined ? header.cluster : `${header.cluster} (${header.region})`;
  const blocks: readonly (readonly string[])[] = [
    [`## eks-probe watch: ${escapeMarkdown(where)}`],
    [
      escapeMarkdown(
        summary === undefined
          ? `watched from ${header.from} since ${stampOf(header.startedAt)} · no round was made`
          : `${summaryHeadline(summary)} · from ${header.from}`,
      ),
    ],
    header.simulated ? ["*simulated: made in the lab, not on AWS*"] : [],
    ...eventBlocks(events),
    ...(summary === undefined ? [] : summaryBlocks(summary)),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n"))
    .join("\n\n")}\n`;
}

function eventBlocks(events: readonly WatchEvent[]): readonly (readonly string[])[] {
  const rows = events.map((event) => [
    stampOf(event.at),
    event.severity,
    event.kind,
    event.during === undefined ? event.what : `${event.what} (${duringWords(event.during)})`,
    event.was ?? "–",
    event.is ?? "–",
  ]);
  return [
    ["### Events"],
    rows.length === 0
      ? ["Nothing changed."]
      : table(["When (UTC)", "Severity", "Kind", "What", "Was", "Is"], rows),
    ...events.flatMap(timelineBlocks),
  ];
}

const UNICODE = { unicode: true };

/** The times of an outage or a drain, one by one, below the table that has only their end. */
function timelineBlocks({
  at,
  kind,
  outage,
  drain,
  subject,
}: WatchEvent): readonly (readonly string[])[] {
  const lines = [
    // An outage is told whole when it is over.
    ...(outage === undefined || kind !== "path-up" ? [] : outageLines(outage, dayOf(at), UNICODE)),
    ...(drain === undefined ? [] : drainLines(drain, dayOf(at), UNICODE)),
  ];
  if (lines.length === 0) return [];
  const what = drain === undefined ? "Outage" : "Drain";
  return [
    [`#### ${what} of ${escapeMarkdown(subject.address ?? "unknown")}, ${stampOf(at)}`],
    lines.map(({ time, text }) => `- ${escapeMarkdown(`${time.trim()} ${text}`)}`),
  ];
}

function summaryBlocks(summary: WatchSummary): readonly (readonly string[])[] {
  const { paths, outages, drains, omitted, blind, load } = summary;
  return [
    ["### Summary"],
    [
      `- events: ${escapeMarkdown(eventCounts(summary))}`,
      ...changesOf(summary).map(([name, value]) => `- ${name}: ${escapeMarkdown(value)}`),
      `- drains: ${drains.length}`,
      ...(omitted === 0 ? [] : [`- ${escapeMarkdown(omittedWords(omitted))}`]),
      ...blind.map((line) => `- not seen: ${escapeMarkdown(line)}`),
    ],
    paths.length === 0
      ? []
      : table(
          ["Path", "State", "Answered", "Available", "API server"],
          paths.map(({ address, state, attempts, answered, server }) => [
            address,
            stateWords(state),
            `${answered}/${attempts}`,
            formatShare(answered, attempts),
            server ?? "?",
          ]),
        ),
    ...(outages.length === 0 ? [] : [["### Outages"], outageTable(summary)]),
    ...(load === undefined
      ? []
      : [["### Load"], loadLines(load).map((line) => `- ${escapeMarkdown(line)}`)]),
  ];
}

function outageTable(summary: WatchSummary): readonly string[] {
  const { outages } = summary;
  return table(
    ["Path", "From (UTC)", "To (UTC)", "Lasted", "Failed", "First error", "Last error"],
    outages.map(({ address, startedAt, endedAt, durationMs, attempts, firstError, lastError }) => [
      address,
      stampOf(startedAt),
      endedAt === undefined ? openOutageWords(summary, address) : stampOf(endedAt),
      durationMs === undefined ? "–" : formatSpan(durationMs),
      String(attempts),
      firstError,
      lastError,
    ]),
  );
}
