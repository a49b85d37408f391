import type { Clock } from "../model/ports.ts";

/** How a piece of work ended. */
export type Ended<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "threw"; readonly error: unknown }
  | { readonly kind: "timeout" }
  | { readonly kind: "interrupted" };

/**
 * Runs work until it ends, timeoutMs have passed, or the signal aborts, whichever is first; it never
 * rejects. Work that is still under way is told by its own signal and then no longer waited for,
 * since not every credential provider listens to one.
 */
export async function runBounded<T>(
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Ended<T>> {
  if (signal.aborted) return { kind: "interrupted" };
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  const timer = clock.wait(timeoutMs, stopped).then((): Ended<T> => ({ kind: "timeout" }));
  const ended = work(stopped).then(
    (value): Ended<T> => ({ kind: "done", value }),
    (error: unknown): Ended<T> => ({ kind: "threw", error }),
  );
  const first = await Promise.race([ended, timer]);
  stop.abort();
  return first.kind !== "done" && signal.aborted ? { kind: "interrupted" } : first;
}
