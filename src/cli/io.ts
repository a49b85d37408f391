import type { Environment } from "./options/read.ts";
import type { ValueReader } from "./options/values.ts";

/** The program's ends: what a command may read and write. Tests hand in their own. */
export interface Io {
  readonly environment: Environment;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborts on the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Columns of the terminal; undefined elsewhere. */
  readonly columns: number | undefined;
}

/** What every command of the table is. */
export type RunCommand = (values: ValueReader, rest: readonly string[], io: Io) => Promise<number>;
