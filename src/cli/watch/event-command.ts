import type { Clock } from "../../model/ports.ts";
import type { Environment } from "../options/read.ts";
import { UsageError, type ValueReader } from "../options/values.ts";
import { eventTroubles } from "./event-troubles.ts";
import { type FoundCommand, findProgram } from "./find-program.ts";
import { type Running, runCommand } from "./run-command.ts";
import { splitCommand } from "./split-command.ts";

/** Events that may wait; the oldest one is dropped for one more. */
const MAX_WAITING = 100;

/** At the end, for the event that is under way. */
const PATIENCE_MS = 5_000;

/** A command that is handed one event after the other. */
export interface EventCommand {
  /** One JSON line. Returns at once. */
  push(line: string): void;
  /** Waits 5 s at most for what is under way, ends that, and tells on stderr what failed in all. */
  close(): Promise<void>;
}

export interface EventCommandOptions {
  /** For each event. */
  readonly timeoutMs: number;
  /** The command's: ours. */
  readonly environment: Environment;
  /** A line for stderr, without its newline. */
  readonly report: (line: string) => void;
  readonly clock: Clock;
}

/** Reads the option: the words of the command, and the program looked up. A bad one is a usage error. */
export async function readEventCommand(
  values: ValueReader,
  key: string,
  environment: Environment,
): Promise<FoundCommand | undefined> {
  const words = values.one(key, splitCommand);
  if (words === undefined) return undefined;
  const found = await findProgram(words, environment);
  if (found.kind === "bad") throw new UsageError(`${values.nameOf(key)}: ${found.problem}`);
  return found.value;
}

/** Runs the command once for each event, in their order, one at a time. */
export function startEventCommand(
  command: FoundCommand,
  { timeoutMs, environment, report, clock }: EventCommandOptions,
): EventCommand {
  const waiting: string[] = [];
  const troubles = eventTroubles(report, clock);
  let running: Running | undefined;
  let working: Promise<void> = Promise.resolve();
  let isWorking = false;
  let isClosed = false;

  async function work(): Promise<void> {
    for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) {
      running = runCommand(command, line, {
        timeoutMs,
        environment,
        onLine: (text) => report(`on-event | ${text}`),
      });
      // oxlint-disable-next-line eslint/no-await-in-loop -- one at a time is the point
      troubles.note(await running.ended);
      running = undefined;
    }
    isWorking = false;
  }

  return {
    push: (line) => {
      if (isClosed) return;
      waiting.push(line);
      if (waiting.length > MAX_WAITING) {
        waiting.shift();
        troubles.noteDropped(MAX_WAITING);
      }
      if (isWorking) return;
      isWorking = true;
      working = work();
    },
    close: async () => {
      isClosed = true;
      const over = new AbortController();
      const inTime = await Promise.race([
        working.then(() => true),
        clock.wait(PATIENCE_MS, over.signal).then(() => false),
      ]);
      over.abort();
      if (!inTime) {
        troubles.noteLeft(waiting.splice(0).length);
        running?.stop("ended with the watch");
        await working;
      }
      troubles.conclude();
    },
  };
}
