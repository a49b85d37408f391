import type { Io, Output } from "../../src/cli/io.ts";
import type { Environment } from "../../src/cli/options/read.ts";

export interface MemoryIo extends Io {
  readonly out: () => string;
  readonly err: () => string;
}

/** The program's ends in memory: a pipe, unless a terminal of so many columns is asked for. */
export function memoryIo(environment: Environment = {}, columns?: number): MemoryIo {
  const [stdout, stderr] = [collect(columns), collect(columns)];
  return {
    environment,
    stdout: stdout.output,
    stderr: stderr.output,
    signal: new AbortController().signal,
    out: stdout.text,
    err: stderr.text,
  };
}

function collect(columns: number | undefined): {
  readonly output: Output;
  readonly text: () => string;
} {
  let text = "";
  const output: Output = {
    write: (more) => {
      text += more;
    },
    isTerminal: columns !== undefined,
    columns,
  };
  return { output, text: () => text };
}
