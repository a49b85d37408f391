import { formatTime } from "../../../model/time.ts";
import type { EventDraft } from "../../../model/watch/event.ts";
import { GAP_AFTER_INTERVALS, LONGEST_ROUND_MS } from "../../constants.ts";
import { draft, type Round } from "../step.ts";
import { durationWords, msBetween } from "../times.ts";
import { shown } from "../words.ts";

/**
 * A round that comes much later than it was due: this machine slept, or the watch was stopped and
 * resumed. One that is earlier than the round before: the clock was set back.
 *
 * @param durationMs of the round before
 */
export function gapEvents(round: Round, durationMs: number): readonly EventDraft[] {
  const { previousAt, intervalMs, sample } = round;
  if (previousAt === undefined) return [];
  const sinceMs = msBetween(previousAt, sample.at);
  if (sinceMs === undefined) return [];
  const clocks = { was: shown(formatTime(previousAt)), is: shown(formatTime(sample.at)) };
  if (sinceMs < 0) {
    const what = `clock of this machine was set back by ${durationWords(-sinceMs)}`;
    const evidence = [`round ${sample.n} is earlier than the one before it`];
    return [draft(round, "watch-gap", "warn", {}, what, { after: undefined, ...clocks, evidence })];
  }
  const roundMs = Math.min(durationMs, LONGEST_ROUND_MS);
  if (sinceMs <= GAP_AFTER_INTERVALS * intervalMs + roundMs) return [];
  const what = `watch stood still: nothing was seen for ${durationWords(sinceMs)}`;
  const evidence = [
    `a round is due every ${durationWords(intervalMs)}; this machine slept, or the watch was stopped`,
  ];
  return [draft(round, "watch-gap", "warn", {}, what, { ...clocks, evidence })];
}
