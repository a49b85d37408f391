import { formatTime } from "../../../model/time.ts";
import type { Drain, DrainSide, EventDraft } from "../../../model/watch/event.ts";
import { DEAD_AFTER } from "../../constants.ts";
import { draft, type Round } from "../step.ts";
import type { LifeState } from "./drain.ts";
import type { Naming } from "./naming.ts";
import { durationWords, earliest, elapsedMs, ipOf, latest } from "./path-words.ts";

/** How a dropped address ended; `deadAt` undefined: it still answers, and is given up. */
export function endOf(
  round: Round,
  address: string,
  life: LifeState,
  naming: Naming,
  deadAt: string | undefined,
): EventDraft {
  const drain = drainOf(life, naming, deadAt);
  const at = deadAt ?? round.sample.at;
  return draft(round, "address-dead", "info", { address }, whatOf(address, drain, life, at), {
    at,
    after: life.answeredAt,
    reportedAt: latest([at, round.sample.at]) ?? at,
    was: "dropped",
    is: deadAt === undefined ? "no longer followed" : "dead",
    evidence: timelineOf(drain, life),
    drain,
  });
}

function drainOf(life: LifeState, naming: Naming, deadAt: string | undefined): Drain {
  const { fresh, kept } = life.drain ?? { fresh: NONE, kept: NONE };
  const { leftDnsAt, leftEc2At } = naming;
  const first = earliest([leftDnsAt, leftEc2At]);
  const last = latest([fresh.last200At, kept.last200At]);
  return {
    droppedFromDnsAt: leftDnsAt,
    droppedFromEc2At: leftEc2At,
    fresh,
    kept,
    deadAt,
    answeredForMs:
      first === undefined || last === undefined ? 0 : Math.max(0, elapsedMs(first, last)),
  };
}

const NONE: DrainSide = {
  last200At: undefined,
  first401At: undefined,
  firstResetAt: undefined,
  firstTimeoutAt: undefined,
};

/** When nobody named it any more. */
export function droppedAt({ leftDnsAt, leftEc2At }: Naming): string | undefined {
  return latest([leftDnsAt, leftEc2At]);
}

function whatOf(address: string, drain: Drain, life: LifeState, at: string): string {
  const { droppedFromDnsAt, droppedFromEc2At, deadAt } = drain;
  const since = latest([droppedFromDnsAt, droppedFromEc2At]) ?? at;
  const who = since === droppedFromEc2At ? "EC2" : "DNS";
  const ip = ipOf(address);
  const ms = elapsedMs(since, at);
  if (deadAt === undefined) {
    const still =
      (life.silent?.count ?? 0) >= DEAD_AFTER
        ? "still answers on a connection of before"
        : "still answers";
    return `${ip} ${still}, ${durationWords(ms)} after ${who} dropped it; it is no longer followed`;
  }
  if (ms < 0) return `${ip} is dead, and had been for ${durationWords(-ms)} when ${who} dropped it`;
  return `${ip} is dead, ${durationWords(ms)} after ${who} dropped it`;
}

/** One line each, in order of time. */
function timelineOf(drain: Drain, life: LifeState): readonly string[] {
  const steps: readonly (readonly [string | undefined, string])[] = [
    [drain.droppedFromDnsAt, "DNS dropped it"],
    [drain.droppedFromEc2At, "EC2 dropped it"],
    [life.drain?.downSince, "down since then, as was told"],
    ...stepsOf(drain.fresh, "fresh connections"),
    ...stepsOf(drain.kept, "the kept connection"),
    [drain.deadAt, "nothing answers any more"],
  ];
  return steps
    .flatMap(([at, what]) => (at === undefined ? [] : [{ at, what }]))
    .toSorted((a, b) => elapsedMs(b.at, a.at))
    .map(({ at, what }) => `${formatTime(at)}  ${what}`);
}

function stepsOf(side: DrainSide, who: string): readonly (readonly [string | undefined, string])[] {
  return [
    [side.last200At, `${who}: last 200`],
    [side.first401At, `${who}: first 401`],
    [side.firstResetAt, `${who}: first reset`],
    [side.firstTimeoutAt, `${who}: first without an answer`],
  ];
}
