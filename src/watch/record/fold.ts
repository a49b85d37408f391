import type { LoadReport } from "../../model/watch/load.ts";
import type { RecordHeader, RecordLine, RecordRound } from "../../model/watch/record.ts";
import { tally } from "../track/tally.ts";
import { NOTHING_SEEN, track, type WatchState } from "../track/track.ts";
import type { RecordItem } from "./read.ts";

/** What a record comes to. As large after a year as after an hour. */
export interface FoldedRecord {
  readonly header: RecordHeader;
  /** What the watch knew after the last round. */
  readonly state: WatchState;
  /** Of the part that was written last. */
  readonly intervalMs: number;
  /** The latest whole run, as it was saved. */
  readonly lastRun: { readonly at: string; readonly run: unknown } | undefined;
  readonly rounds: number;
  /** Its orderly end; undefined when it was cut short, or goes on. */
  readonly end:
    | {
        readonly at: string;
        readonly end: "time" | "signal";
        readonly load: LoadReport | undefined;
      }
    | undefined;
}

export type FoldResult =
  | {
      readonly kind: "ok";
      readonly value: FoldedRecord;
      /** As `readRecord` has them. */
      readonly wholeBytes: number;
      readonly tornBytes: number;
    }
  /** Not one whole line. */
  | { readonly kind: "empty"; readonly tornBytes: number }
  | { readonly kind: "bad"; readonly problem: string };

/** Reads a record to its end. */
export async function foldRecord(items: AsyncIterable<RecordItem>): Promise<FoldResult> {
  let value: FoldedRecord | undefined;
  for await (const item of items) {
    switch (item.kind) {
      case "line":
        value = foldLine(value, item.line);
        break;
      case "problem":
        return { kind: "bad", problem: item.problem };
      case "end": {
        const { wholeBytes, tornBytes } = item;
        return value === undefined
          ? { kind: "empty", tornBytes }
          : { kind: "ok", value, wholeBytes, tornBytes };
      }
    }
  }
  return { kind: "empty", tornBytes: 0 };
}

/** Goes on by one line, of those that `readRecord` gives; undefined before the header. */
export function foldLine(
  before: FoldedRecord | undefined,
  line: RecordLine,
): FoldedRecord | undefined {
  if (line.kind === "header") {
    const { intervalMs } = line;
    return {
      header: line,
      state: NOTHING_SEEN,
      intervalMs,
      lastRun: undefined,
      rounds: 0,
      end: undefined,
    };
  }
  if (before === undefined) return undefined;
  switch (line.kind) {
    case "run":
      return { ...before, lastRun: { at: line.at, run: line.run } };
    case "round": {
      const state = afterRound(before.state, line, before.intervalMs);
      return { ...before, state, rounds: before.rounds + 1, end: undefined };
    }
    case "resumed":
      return { ...before, intervalMs: line.intervalMs, end: undefined };
    case "end":
      return { ...before, end: { at: line.at, end: line.end, load: line.load } };
  }
}

/**
 * What was told counts, and not what this version would tell of the same round; nor does a number
 * come twice when a round was lost on a full disk.
 */
function afterRound(
  before: WatchState,
  { sample, events }: RecordRound,
  intervalMs: number,
): WatchState {
  const { state } = track(before, sample, intervalMs);
  return {
    ...state,
    seq: Math.max(before.seq, events.at(-1)?.seq ?? 0),
    tally: tally(before.tally, sample, events, state),
  };
}
