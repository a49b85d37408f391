/** No load has more requests under way than this, whatever its rate. */
const MOST_UNDER_WAY = 64;

/** Over every window of this length or a longer one the rate is kept, and not only on the whole. */
const WINDOW_MS = 1_000;

/** Of an interval: what two ways of adding up the same times may differ by. */
const ROUNDING = 1e-6;

/**
 * An open loop: one request is due in every interval, however long the ones before it take. What was
 * not sent in its interval is not made up for.
 *
 * A timer that fires late would put two requests closer together than the rate has them. So the
 * schedule moves back, second by second, by the latest that a request has been: then none is early
 * measured by one that was sent a second or more before it.
 */
export interface Pace {
  readonly startedMs: number;
  readonly endsMs: number;
  readonly intervalMs: number;
  /** Intervals in all. */
  readonly slots: number;
  /** The first interval that was neither taken nor missed. */
  readonly next: number;
  /** By how much the schedule has moved back; less than an interval. */
  readonly behindMs: number;
  /** The latest that a request has been, behind the schedule as it was at the start. */
  readonly latestMs: number;
  /** Whole windows since the start. */
  readonly window: number;
  /** The clock's last word: one that goes back is not believed. */
  readonly nowMs: number;
}

export interface Turn {
  readonly pace: Pace;
  /** Intervals that went by since the last turn, and in which nothing can be sent any more. */
  readonly missed: number;
  /** A request is to be sent now, or to be counted as held. */
  readonly isDue: boolean;
  readonly isOver: boolean;
}

/** `rps` above 0. At most `rps * forMs / 1000 + 1` requests will be due. */
export function startPace(rps: number, forMs: number, nowMs: number): Pace {
  const intervalMs = 1_000 / rps;
  return {
    startedMs: nowMs,
    endsMs: nowMs + forMs,
    intervalMs,
    slots: Math.ceil((rps * forMs) / 1_000),
    next: 0,
    behindMs: 0,
    latestMs: 0,
    window: 0,
    nowMs,
  };
}

/** What is due at this time. */
export function takeTurn(before: Pace, clockMs: number): Turn {
  const nowMs = Math.max(clockMs, before.nowMs);
  if (nowMs >= before.endsMs) {
    const pace = { ...before, nowMs, next: before.slots };
    return { pace, missed: before.slots - before.next, isDue: false, isOver: true };
  }
  const pace = moveBack(before, nowMs);
  const slipped = pace.next - before.next;
  const sinceMs = nowMs - pace.startedMs - pace.behindMs;
  const slot = Math.min(Math.floor(sinceMs / pace.intervalMs + ROUNDING), pace.slots - 1);
  if (slot < pace.next) return { pace, missed: slipped, isDue: false, isOver: false };
  const lateMs = nowMs - pace.startedMs - slot * pace.intervalMs;
  return {
    pace: { ...pace, next: slot + 1, latestMs: Math.max(pace.latestMs, lateMs) },
    missed: slipped + slot - pace.next,
    isDue: true,
    isOver: false,
  };
}

/** When to take the next turn, on the clock of the start. */
export function nextTurnMs(pace: Pace): number {
  if (pace.next >= pace.slots) return pace.endsMs;
  return Math.min(pace.startedMs + pace.next * pace.intervalMs + pace.behindMs, pace.endsMs);
}

/** Requests that may be under way at once: as many as fall due before the first of them must end. */
export function underWayLimit(rps: number, timeoutMs: number): number {
  return Math.max(1, Math.min(MOST_UNDER_WAY, Math.ceil((rps * timeoutMs) / 1_000)));
}

/** Once in a window. A schedule that is a whole interval behind has missed one. */
function moveBack(pace: Pace, nowMs: number): Pace {
  const window = Math.floor((nowMs - pace.startedMs) / WINDOW_MS);
  if (window <= pace.window) return { ...pace, nowMs };
  const lost = Math.min(
    Math.floor(pace.latestMs / pace.intervalMs),
    // None is lost that is not there.
    pace.slots - pace.next,
  );
  const behindMs = pace.latestMs - lost * pace.intervalMs;
  return { ...pace, nowMs, window, next: pace.next + lost, behindMs, latestMs: behindMs };
}
