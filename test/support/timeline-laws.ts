import type { WatchEvent } from "../../src/model/watch/event.ts";
import type { Expected, RandomTimeline } from "./random-timeline.ts";
import type { Told } from "./timeline.ts";

/**
 * What a watch told wrongly of a timeline, one line each: an event about something to which nothing
 * of the kind happened, or at another time; something that was not told, or late, or twice.
 */
export function brokenLaws(
  { expected, subjects }: Pick<RandomTimeline, "expected" | "subjects">,
  { events, seconds }: Told,
): readonly string[] {
  const open = new Set(expected);
  const invented = events.flatMap((event) => {
    const of = subjectOf(event, subjects);
    const [after, at] = [seconds(event.after), seconds(event.at) ?? 0];
    const found = [...open].find(
      (one) =>
        one.kind === event.kind &&
        one.of === of &&
        one.from <= at &&
        (after === undefined || after < one.from),
    );
    if (found === undefined) return [`invented: ${event.kind} ${of}, ${after}..${at}`];
    open.delete(found);
    const told = seconds(event.reportedAt) ?? 0;
    return found.seenBy !== undefined && told > found.seenBy
      ? [`late: ${event.kind} ${of} of ${found.from} was told at ${told}, due by ${found.seenBy}`]
      : [];
  });
  const missed = [...open].filter(({ seenBy }) => seenBy !== undefined).map(wordsOf);
  return [...invented, ...missed];
}

function wordsOf({ kind, of, from }: Expected): string {
  return `missed: ${kind} ${of} of ${from}`;
}

function subjectOf(
  { subject, kind }: WatchEvent,
  subjects: ReadonlyMap<string, string>,
): string | undefined {
  const ip = subject.address?.replace(/:443$/, "") ?? "";
  const host = kind === "path-moved" ? ip : (subject.server ?? ip);
  return subjects.get(host) ?? `${host} ${subject.source ?? ""}`;
}
