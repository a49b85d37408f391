import { setMaxListeners } from "node:events";
import type { Clock } from "../model/ports.ts";

export type StopCause = "interrupted" | "deadline";

/** The one limit of a job: the caller's signal or its own time, whichever comes first. */
export interface Deadline {
  /** Aborts at the first of the two. Lives as long as the job, so listeners on it cannot pile up. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Which of the two it was; undefined while neither. */
  cause(): StopCause | undefined;
  leftMs(): number;
  /** Stops the job as the caller's signal would. */
  interrupt(): void;
  /** Ends the timer and takes the listener off the caller's signal. Nothing aborts afterwards. */
  release(): void;
}

/** Resolves with the cause once the deadline stops the job; never, when the job ends first. */
export function whenStopped(deadline: Deadline): Promise<StopCause> {
  return new Promise((resolve) => {
    const onStop = (): void => resolve(deadline.cause() ?? "interrupted");
    deadline.signal.addEventListener("abort", onStop, { once: true });
    if (deadline.signal.aborted) onStop();
  });
}

/** Starts the time at once. The caller must `release` it, also when it threw. */
export function startDeadline(clock: Clock, timeoutMs: number, outer: AbortSignal): Deadline {
  const startedMs = clock.monotonicMs();
  const stopped = new AbortController();
  const timer = new AbortController();
  let cause: StopCause | undefined;
  let released = false;
  const stop = (why: StopCause): void => {
    if (released || cause !== undefined) return;
    cause = why;
    stopped.abort(why);
  };
  const onAbort = (): void => stop("interrupted");
  // One listener for each job under way is meant, and taken off by `release`: no leak to warn of.
  setMaxListeners(0, outer);
  outer.addEventListener("abort", onAbort, { once: true });
  if (outer.aborted) onAbort();
  void clock.wait(timeoutMs, timer.signal).then(() => stop("deadline"));
  return {
    signal: stopped.signal,
    timeoutMs,
    cause: () => cause,
    leftMs: () => Math.max(0, timeoutMs - (clock.monotonicMs() - startedMs)),
    interrupt: onAbort,
    release: () => {
      released = true;
      outer.removeEventListener("abort", onAbort);
      // A reason of its own: the default one is a DOMException with a stack, made for each probe.
      timer.abort("released");
    },
  };
}
