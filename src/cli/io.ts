import type { Environment } from "./options/read.ts";
import type { ValueReader } from "./options/values.ts";

/** The program's ends: what a command may read and write. Tests hand in their own. */
export interface Io {
  readonly environment: Environment;
  /** What is piped in; undefined where nothing can be. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborts on the first Ctrl-C or SIGTERM; see `signalName`. */
  readonly signal: AbortSignal;
}

/** Which signal it was that stopped the program: the reason of the abort. */
export function signalName({ reason }: AbortSignal): "SIGINT" | "SIGTERM" {
  return reason === "SIGTERM" ? "SIGTERM" : "SIGINT";
}

export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Columns of the terminal; undefined elsewhere. */
  readonly columns: number | undefined;
  /** Aborts when its reader has gone, which shows when something is written. */
  readonly gone?: AbortSignal;
}

/** What every command of the table is. */
export type RunCommand = (values: ValueReader, rest: readonly string[], io: Io) => Promise<number>;
