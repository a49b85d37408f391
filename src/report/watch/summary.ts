import { EVENT_KINDS } from "../../model/watch/event.ts";
import type { PathSummary, WatchSummary } from "../../model/watch/summary.ts";
import { indented, say } from "../lines.ts";
import type { Cell } from "../text/columns.ts";
import type { Theme } from "../theme.ts";
import { dayOf, formatSpan, spanBetween, stampOf, timeOf } from "../times.ts";
import { counted, formatMs, formatShare, shortenHosts } from "../words.ts";
import { loadLines } from "./load.ts";
import { blindFacts } from "./start.ts";
import { drawFact, drawTable } from "./table.ts";
import { drainEnd } from "./timeline.ts";

const END_WORDS = {
  time: "its time was over",
  signal: "stopped by a signal",
  "record-ends": "the record ends here",
} as const satisfies Record<WatchSummary["end"], string>;

/** What a watch came to: availability, what was out, what changed from start to end. */
export function renderSummary(summary: WatchSummary, theme: Theme): string {
  const blocks = [
    [
      ...headline(summary, theme),
      ...drawFact("events", eventCounts(summary), theme),
      ...changesOf(summary).flatMap(([name, value]) => drawFact(name, value, theme)),
    ],
    pathTable(summary.paths, theme),
    outageTable(summary, theme),
    drainTable(summary, theme),
    omittedLine(summary, theme),
    loadBlock(summary, theme),
    blindFacts(summary.blind, theme),
  ].filter((block) => block.length > 0);
  return `${blocks.map((block) => block.join("\n")).join("\n\n")}\n`;
}

/** `watched gonz-eks-pub for 2h · 720 rounds · …`, the same in every format. */
export function summaryHeadline(summary: WatchSummary): string {
  const { cluster, from, until, samples, end } = summary;
  return [
    `watched ${cluster} for ${formatSpan(spanBetween(from, until))}`,
    counted(samples, "round"),
    `${stampOf(from)} to ${dayOf(from) === dayOf(until) ? timeOf(until, undefined) : stampOf(until)}`,
    END_WORDS[end],
  ].join(" · ");
}

/** `2 path-down, 1 eni-created`, in the order of the kinds; `none`. */
export function eventCounts({ events }: WatchSummary): string {
  const counts = EVENT_KINDS.flatMap((kind) => {
    const n = events[kind] ?? 0;
    return n === 0 ? [] : [`${n} ${kind}`];
  });
  return counts.length === 0 ? "none" : counts.join(", ");
}

function headline(summary: WatchSummary, theme: Theme): readonly string[] {
  const [first = "", ...rest] = indented(say(summaryHeadline(summary), theme), 0, theme);
  return [theme.bold(first), ...rest];
}

/** The state of a path in words that need no colour. */
export function stateWords(state: PathSummary["state"]): string {
  return { up: "up", down: "DOWN", "never-up": "never up", dead: "dead" }[state];
}

function pathTable(paths: readonly PathSummary[], theme: Theme): readonly string[] {
  const short = shortenHosts([...new Set(paths.flatMap(({ server }) => server ?? []))]);
  const paints = { up: theme.good, down: theme.bad, "never-up": theme.warn, dead: theme.dim };
  return drawTable(
    [
      { title: "PATH" },
      { title: "STATE" },
      { title: "ANSWERED", right: true },
      { title: "AVAILABLE", right: true },
      { title: "API SERVER", expendable: 1 },
    ],
    paths.map(({ address, state, attempts, answered, server }) => [
      address,
      { text: stateWords(state), paint: paints[state] },
      `${answered}/${attempts}`,
      formatShare(answered, attempts),
      server === undefined ? "?" : (short.get(server) ?? server),
    ]),
    theme,
  );
}

/** How an outage stands that has no end: one of an address that is gone does not last. */
export function openOutageWords({ paths }: WatchSummary, address: string): string {
  const path = paths.find((one) => one.address === address);
  return path?.state === "dead" ? "dead" : "lasts";
}

function outageTable(summary: WatchSummary, theme: Theme): readonly string[] {
  const { outages, from } = summary;
  const day = dayOf(from);
  const open = (address: string): Cell => {
    const words = openOutageWords(summary, address);
    return { text: words, paint: words === "lasts" ? theme.bad : theme.dim };
  };
  return drawTable(
    [
      { title: "OUTAGE" },
      { title: "FROM" },
      { title: "TO" },
      { title: "LASTED", right: true },
      { title: "FAILED", right: true, expendable: 1 },
      { title: "FIRST ERROR", fill: true },
    ],
    outages.map(({ address, startedAt, endedAt, durationMs, attempts, firstError }) => [
      address,
      timeOf(startedAt, day),
      endedAt === undefined ? open(address) : timeOf(endedAt, day),
      durationMs === undefined ? "–" : formatSpan(durationMs),
      String(attempts),
      firstError,
    ]),
    theme,
  );
}

function drainTable({ drains, from }: WatchSummary, theme: Theme): readonly string[] {
  const day = dayOf(from);
  return drawTable(
    [{ title: "DRAIN" }, { title: "DROPPED" }, { title: "DEAD" }, { title: "HOW", fill: true }],
    drains.map((drain) => {
      const dropped = [drain.droppedFromDnsAt, drain.droppedFromEc2At]
        .flatMap((at) => at ?? [])
        .toSorted()[0];
      return [
        drain.address,
        dropped === undefined ? "–" : timeOf(dropped, day),
        drain.deadAt === undefined ? "–" : timeOf(drain.deadAt, day),
        drainEnd(drain),
      ];
    }),
    theme,
  );
}

function omittedLine({ omitted }: WatchSummary, theme: Theme): readonly string[] {
  if (omitted === 0) return [];
  return indented(say(omittedWords(omitted), theme), 2, theme).map(theme.dim);
}

export function omittedWords(omitted: number): string {
  return `${counted(omitted, "earlier outage or drain")} not listed: the latest are`.replace(
    "outage or drains",
    "outages and drains",
  );
}

/** What there was at the start and at the end, by name, for every format. */
export function changesOf(summary: WatchSummary): readonly (readonly [string, string])[] {
  const { liveLeasesAtStart: before, liveLeasesAtEnd: after } = summary;
  const hosts = [...new Set([...summary.serversAtStart, ...summary.serversAtEnd])];
  const short = shortenHosts(hosts);
  const shown = (all: readonly string[]): readonly string[] =>
    all.map((host) => short.get(host) ?? host);
  return [
    ["servers", setChange(shown(summary.serversAtStart), shown(summary.serversAtEnd))],
    ...(summary.enisAtStart === undefined || summary.enisAtEnd === undefined
      ? []
      : [["ENIs", setChange(summary.enisAtStart, summary.enisAtEnd)] as const]),
    ...(before === undefined && after === undefined
      ? []
      : [["leases", leaseWords(before, after)] as const]),
  ];
}

function leaseWords(before: number | undefined, after: number | undefined): string {
  const [first, last] = [before, after].map((n) => (n === undefined ? "unknown" : `${n} live`));
  return first === last ? `${last}, as at the start` : `${first} → ${last}`;
}

/** `2, as at the start: a, b` or `2 → 3: new c; gone a`. */
function setChange(before: readonly string[], after: readonly string[]): string {
  const added = after.filter((one) => !before.includes(one));
  const removed = before.filter((one) => !after.includes(one));
  if (added.length === 0 && removed.length === 0) {
    const names = after.length === 0 ? "" : `: ${after.join(", ")}`;
    return `${after.length}, as at the start${names}`;
  }
  const parts = [
    ...(added.length === 0 ? [] : [`new ${added.join(", ")}`]),
    ...(removed.length === 0 ? [] : [`gone ${removed.join(", ")}`]),
  ];
  return `${before.length} → ${after.length}: ${parts.join("; ")}`;
}

function loadBlock({ load }: WatchSummary, theme: Theme): readonly string[] {
  if (load === undefined) return [];
  const [first = "", ...rest] = loadLines(load);
  return [
    ...drawFact("load", first, theme),
    ...rest.flatMap((line) => drawFact("", line, theme)),
    ...drawTable(
      [
        { title: "LOAD ON" },
        { title: "SENT", right: true },
        { title: "ANSWERED", right: true },
        { title: "P50", right: true },
        { title: "P90", right: true, expendable: 1 },
        { title: "P99", right: true },
        { title: "MAX", right: true, expendable: 1 },
      ],
      load.byAddress.map(({ address, sent, answered, latency }) => [
        address,
        String(sent),
        String(answered),
        formatMs(latency?.p50Ms),
        formatMs(latency?.p90Ms),
        formatMs(latency?.p99Ms),
        formatMs(latency?.maxMs),
      ]),
      theme,
    ),
  ];
}
