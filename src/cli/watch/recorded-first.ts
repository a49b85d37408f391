import type { Clock } from "../../model/ports.ts";

/** A disk that hangs holds up what is told no longer than this. */
const PATIENCE_MS = 1_000;

/** Does things in the order of the calls, each one when what it says is on disk. */
export interface RecordedFirst {
  /** `written` is the writing of what `tell` tells; undefined where nothing is recorded. */
  add(written: Promise<void> | undefined, tell: () => void): void;
  /** Resolves when all that was to be told is. */
  done(): Promise<void>;
}

/**
 * What was told has to be in the record: a watch that is killed in between and then goes on with it
 * would tell it once more, with the same number.
 */
export function recordedFirst(clock: Clock): RecordedFirst {
  let telling: Promise<void> | undefined;
  return {
    add: (written, tell) => {
      if (written === undefined && telling === undefined) {
        tell();
        return;
      }
      // From now on, so that the patience with one does not add to that with the next.
      const ready = inTime(written, clock);
      telling = (telling ?? Promise.resolve()).then(() => ready).then(tell);
    },
    done: () => telling ?? Promise.resolve(),
  };
}

async function inTime(written: Promise<void> | undefined, clock: Clock): Promise<void> {
  const over = new AbortController();
  await Promise.race([written, clock.wait(PATIENCE_MS, over.signal)]);
  over.abort();
}
