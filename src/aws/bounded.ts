import { setMaxListeners } from "node:events";
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
  // Not AbortSignal.any: of each signal that it makes the sources keep something for good.
  const onAbort = (): void => stop.abort();
  // One listener for each call under way is meant, and taken off below: no leak to warn of.
  setMaxListeners(0, signal);
  signal.addEventListener("abort", onAbort, { once: true });
  const timer = clock.wait(timeoutMs, stop.signal).then((): Ended<T> => ({ kind: "timeout" }));
  const ended = work(stop.signal).then(
    (value): Ended<T> => ({ kind: "done", value }),
    (error: unknown): Ended<T> => ({ kind: "threw", error }),
  );
  const first = await Promise.race([ended, timer]);
  signal.removeEventListener("abort", onAbort);
  stop.abort();
  return first.kind !== "done" && signal.aborted ? { kind: "interrupted" } : first;
}
