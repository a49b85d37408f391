import type { Clock } from "../../model/ports.ts";
import type { RunEnd } from "./run-command.ts";

/** The same failure is told no more often. */
const REPEAT_MS = 60_000;

/** What goes wrong with the command for events. */
export interface EventTroubles {
  note(end: RunEnd): void;
  /** The oldest of `waiting` events was, for one more. */
  noteDropped(waiting: number): void;
  /** So many still waited at the end. */
  noteLeft(count: number): void;
  /** All of it in one line; nothing where nothing went wrong. */
  conclude(): void;
}

/** Tells failures as they come, each kind at most once a minute, and all of them at the end. */
export function eventTroubles(
  report: (line: string) => void,
  clock: Pick<Clock, "monotonicMs">,
): EventTroubles {
  const told = new Map<string, { atMs: number; untold: number }>();
  const counts = new Map<string, number>();
  let runs = 0;
  let dropped = 0;
  let left = 0;
  const tell = (what: string): void => {
    const before = told.get(what);
    const nowMs = clock.monotonicMs();
    if (before !== undefined && nowMs - before.atMs < REPEAT_MS) {
      before.untold += 1;
      return;
    }
    const more =
      before === undefined || before.untold === 0
        ? ""
        : ` (${before.untold} more since it was last told)`;
    told.set(what, { atMs: nowMs, untold: 0 });
    report(`eks-probe: --on-event: ${what}${more}`);
  };
  return {
    note: (end) => {
      runs += 1;
      if (end.kind === "ok") return;
      counts.set(end.why, (counts.get(end.why) ?? 0) + 1);
      tell(end.why);
    },
    noteDropped: (waiting) => {
      dropped += 1;
      tell(`${waiting} events wait already; the oldest was dropped`);
    },
    noteLeft: (count) => {
      left = count;
    },
    conclude: () => {
      const parts = [
        ...[...counts].map(([why, n]) => `${why}: ${n}`),
        ...(dropped > 0 ? [`dropped: ${dropped}`] : []),
        ...(left > 0 ? [`never handed over: ${left}`] : []),
      ];
      if (parts.length > 0)
        report(
          `eks-probe: --on-event: ${runs} ${runs === 1 ? "event" : "events"} handed over; ${parts.join(", ")}`,
        );
    },
  };
}
