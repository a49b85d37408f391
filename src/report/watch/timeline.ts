import { parseTimeMs } from "../../model/time.ts";
import type { Drain, DrainSide, Outage } from "../../model/watch/event.ts";
import { say } from "../lines.ts";
import type { Theme } from "../theme.ts";
import { formatSpan, timeOf } from "../times.ts";
import { counted } from "../words.ts";

/** One step of a timeline; without a time where none was kept, or where it is about the whole. */
interface Moment {
  readonly at: string | undefined;
  readonly what: string;
}

/** A step as text, safe; `time` is empty where there is none, and as wide as the others. */
export interface TimelineLine {
  readonly time: string;
  readonly text: string;
}

/** How a path was out; times of another day than `day` say so. */
export function outageLines(
  outage: Outage,
  day: string | undefined,
  theme: Pick<Theme, "unicode">,
): readonly TimelineLine[] {
  const { startedAt, endedAt, durationMs, attempts, firstError, lastError } = outage;
  const failed = `${counted(attempts, "attempt")} failed`;
  return draw(
    [
      { at: startedAt, what: `first error: ${firstError}` },
      ...(lastError === firstError ? [] : [{ at: undefined, what: `last error: ${lastError}` }]),
      endedAt === undefined
        ? { at: undefined, what: `${failed} so far` }
        : { at: endedAt, what: `answers again, after ${formatSpan(durationMs ?? 0)}; ${failed}` },
    ],
    day,
    theme,
  );
}

/** How an address ended that was dropped, in the order of the times. */
export function drainLines(
  drain: Drain,
  day: string | undefined,
  theme: Pick<Theme, "unicode">,
): readonly TimelineLine[] {
  const { droppedFromDnsAt, droppedFromEc2At, fresh, kept, deadAt } = drain;
  const moments: readonly Moment[] = [
    { at: droppedFromDnsAt, what: "dropped from DNS" },
    { at: droppedFromEc2At, what: "its ENI gone from EC2" },
    ...sideMoments(fresh, "fresh connections"),
    ...sideMoments(kept, "the kept connection"),
    { at: deadAt, what: "dead: nothing answers any more" },
  ];
  return draw([...inOrder(moments), { at: undefined, what: drainEnd(drain) }], day, theme);
}

function sideMoments(side: DrainSide, over: string): readonly Moment[] {
  return [
    { at: side.last200At, what: `last 200 over ${over}` },
    { at: side.first401At, what: `first 401 over ${over}` },
    { at: side.firstResetAt, what: `first reset over ${over}` },
    { at: side.firstTimeoutAt, what: `first without an answer over ${over}` },
  ];
}

/** Those that were seen. */
function inOrder(moments: readonly Moment[]): readonly Moment[] {
  return moments
    .flatMap((moment) =>
      moment.at === undefined ? [] : [{ moment, wallMs: parseTimeMs(moment.at) ?? 0 }],
    )
    .toSorted((a, b) => a.wallMs - b.wallMs)
    .map(({ moment }) => moment);
}

/** What a drain came to, in words. */
export function drainEnd({ answeredForMs, deadAt }: Drain): string {
  const answered =
    answeredForMs > 0
      ? `answered for ${formatSpan(answeredForMs)} after it was dropped`
      : "no 200 after it was dropped";
  return deadAt === undefined ? `${answered}, and was followed no longer` : answered;
}

function draw(
  moments: readonly Moment[],
  day: string | undefined,
  theme: Pick<Theme, "unicode">,
): readonly TimelineLine[] {
  const times = moments.map(({ at }) => (at === undefined ? "" : timeOf(at, day)));
  const width = Math.max(...times.map(({ length }) => length));
  return moments.map(({ what }, index) => ({
    time: (times[index] ?? "").padEnd(width),
    text: say(what, theme),
  }));
}
