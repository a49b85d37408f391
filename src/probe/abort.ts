import type { Clock } from "../model/ports.ts";

/**
 * The promise's value, or `fallback` as soon as the signal aborts: an interrupted run must not wait
 * for a peer that does not listen. Leaves no listener behind.
 */
export function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  fallback: () => T,
): Promise<T> {
  if (signal.aborted) return Promise.resolve(fallback());
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => resolve(fallback());
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** How long work that was told to stop may take to hand over what it has. */
const GRACE_MS = 250;

/** Waits for the work, but after an abort only for as long as it takes to put down what it holds. */
export async function settle(
  work: Promise<void>,
  signal: AbortSignal,
  clock: Clock,
): Promise<void> {
  const neverAborts = new AbortController().signal;
  const stopped = untilAborted(work, signal, () => undefined);
  await stopped;
  if (signal.aborted) await Promise.race([work, clock.wait(GRACE_MS, neverAborts)]);
}
