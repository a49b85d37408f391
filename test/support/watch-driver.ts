import { setImmediate as turn } from "node:timers/promises";
import type { Deps } from "../../src/model/ports.ts";
import type { WatchEvent } from "../../src/model/watch/event.ts";
import {
  type WatchEnd,
  type WatchedRound,
  type WatchOptions,
  watchCluster,
} from "../../src/watch/watch.ts";
import type { FakeClock } from "./fake-deps.ts";

/** A watch whose time a test turns. */
export interface DrivenWatch {
  readonly rounds: readonly WatchedRound[];
  readonly events: readonly WatchEvent[];
  /** Lets so much time pass, round after round; `beforeRound` runs before each of them. */
  run(ms: number, beforeRound?: () => Promise<void> | void): Promise<void>;
  /** Ends it as a signal would. */
  stop(): Promise<WatchEnd>;
}

/** Starts a watch on a clock that stands still: the first round is made at once. */
export async function driveWatch(
  options: Omit<WatchOptions, "onRound" | "forMs"> & { readonly forMs?: number },
  deps: Deps,
  clock: FakeClock,
): Promise<DrivenWatch> {
  const rounds: WatchedRound[] = [];
  const abort = new AbortController();
  const progress = { over: false };
  const ended = watchCluster(
    { forMs: undefined, ...options, onRound: (round) => rounds.push(round) },
    { ...deps, clock },
    abort.signal,
  ).finally(() => {
    progress.over = true;
  });
  /** Until the loop has made its round and waits for the next one, or has ended. */
  const settled = async (): Promise<void> => {
    const before = rounds.length;
    while (!progress.over && (rounds.length === before || clock.waiting() === 0)) await turn();
  };
  await settled();
  return {
    rounds,
    get events() {
      return rounds.flatMap(({ events }) => events);
    },
    run: async (ms, beforeRound = () => undefined) => {
      const untilMs = clock.monotonicMs() + ms;
      while (!progress.over) {
        const nextInMs = rounds.at(-1)?.nextInMs ?? 0;
        if (clock.monotonicMs() + nextInMs > untilMs) break;
        clock.pass(nextInMs);
        await beforeRound();
        const settling = settled();
        clock.advance(0);
        await settling;
      }
    },
    stop: async () => {
      abort.abort("SIGTERM");
      return ended;
    },
  };
}
