/** The lab's clock. */
export interface LabClock {
  /** Milliseconds since the epoch. */
  wallMs(): number;
}

export interface PlayOptions {
  /** When something changes, in seconds after the start, each time once and in order. */
  readonly times: readonly number[];
  readonly startedAtMs: number;
  readonly clock: LabClock;
  /** With a timer of the real time; otherwise whoever turns the clock calls `advance`. */
  readonly byItself: boolean;
  /** Makes the world what it is at that time. */
  apply(seconds: number): Promise<void>;
}

export interface Player {
  /**
   * Applies every time that has come and was not applied yet, in order, one after the other.
   * Resolves when the last one is done, by whichever call.
   */
  advance(): Promise<void>;
  /** Nothing is begun any more. Resolves when what is under way is done. */
  close(): Promise<void>;
}

/** What setTimeout can wait for at once. */
const MAX_WAIT_MS = 2 ** 31 - 1;

/** Brings the steps of a timeline about as the clock comes to them. */
export function playTimeline(options: PlayOptions): Player {
  const { times, startedAtMs, clock } = options;
  let next = 0;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> = Promise.resolve();

  async function applyDue(): Promise<void> {
    for (;;) {
      const seconds = times[next];
      if (closed || seconds === undefined || clock.wallMs() < startedAtMs + seconds * 1000) return;
      next += 1;
      // What comes first has to have happened before what comes next.
      // oxlint-disable-next-line eslint/no-await-in-loop
      await options.apply(seconds);
    }
  }

  function advance(): Promise<void> {
    working = working.then(applyDue);
    return working;
  }

  function schedule(): void {
    const seconds = times[next];
    if (closed || seconds === undefined) return;
    const waitMs = startedAtMs + seconds * 1000 - clock.wallMs();
    timer = setTimeout(
      () => void advance().then(schedule),
      Math.min(MAX_WAIT_MS, Math.max(0, waitMs)),
    );
    timer.unref();
  }

  if (options.byItself) schedule();
  return {
    advance,
    close: async () => {
      closed = true;
      clearTimeout(timer);
      // Whoever asked for it was told how it ended.
      await working.catch(() => undefined);
    },
  };
}
