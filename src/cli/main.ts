import { redact } from "../model/redact.ts";
import { VERSION } from "../version.ts";
import { EXIT } from "./exit-codes.ts";
import type { Io, Output } from "./io.ts";
import { runProgram } from "./program.ts";

/** How long leftovers (a getaddrinfo that cannot be stopped) may keep a finished program alive. */
const LINGER_MS = 300;

/** The program: process in, exit code out. */
export async function main(): Promise<void> {
  const stop = new AbortController();
  stopOnSignal(stop);
  const { lost, gone } = watchStdout();
  process.stderr.on("error", () => undefined);
  const io: Io = {
    environment: process.env,
    // Made when somebody reads it: until then it would only keep the process up.
    get stdin() {
      return process.stdin;
    },
    stdout: outputOf(process.stdout, gone),
    stderr: outputOf(process.stderr),
    signal: stop.signal,
  };
  const code = await runSafely(io);
  await everythingRead(stop.signal);
  process.exitCode = code === EXIT.ok && lost() ? EXIT.usage : code;
  setTimeout(() => {
    // oxlint-disable-next-line unicorn/no-process-exit -- everything is written; see LINGER_MS
    process.exit();
  }, LINGER_MS).unref();
}

/**
 * How long a second signal counts as the first: from a terminal Ctrl-C reaches the whole process
 * group, and whoever started the program there (npx, the lab) hands it on once more.
 */
const SAME_SIGNAL_MS = 500;

/** Only the first signal is ours: a later one ends the process as signals do. */
function stopOnSignal(stop: AbortController): void {
  let firstMs = 0;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    const onSignal = (): void => {
      if (!stop.signal.aborted) {
        firstMs = performance.now();
        stop.abort(name);
      } else if (performance.now() - firstMs > SAME_SIGNAL_MS) {
        process.off(name, onSignal);
        process.kill(process.pid, name);
      }
    };
    process.on(name, onSignal);
  }
}

async function runSafely(io: Io): Promise<number> {
  try {
    return await runProgram(process.argv.slice(2), VERSION, io);
  } catch (error) {
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    io.stderr.write(`eks-probe: internal error: ${redact(what)}\n`);
    return EXIT.unknown;
  }
}

/** How long a program that was told to end waits for the reader of its stdout. */
const PATIENCE_MS = 1_000;

/** Until the reader of stdout has taken all of it, or has gone: it may well be slower than we are. */
async function everythingRead(signal: AbortSignal): Promise<void> {
  if (process.stdout.writableLength === 0) return;
  await new Promise<void>((resolve) => {
    const end = (): void => void setTimeout(resolve, PATIENCE_MS).unref();
    process.stdout.write("", () => resolve());
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}

function outputOf(stream: NodeJS.WriteStream, gone?: AbortSignal): Output {
  return {
    write: (text) => {
      stream.write(text);
    },
    isTerminal: stream.isTTY,
    ...(gone && { gone }),
    // Asked each time: a terminal may be given another width.
    get columns() {
      return stream.isTTY ? stream.columns : undefined;
    },
  };
}

interface WatchedStdout {
  /** Whether it failed to take what was written: a full disk. */
  readonly lost: () => boolean;
  /** Aborts when its reader has gone. `eks-probe … | head` is no failure: its reader has enough. */
  readonly gone: AbortSignal;
}

function watchStdout(): WatchedStdout {
  let lost = false;
  const gone = new AbortController();
  process.stdout.on("error", ({ code = "unknown error" }: NodeJS.ErrnoException) => {
    if (code === "EPIPE") gone.abort();
    if (code === "EPIPE" || lost) return;
    lost = true;
    process.stderr.write(`eks-probe: stdout could not be written (${code})\n`);
    // It may be told only after everything else has ended.
    process.exitCode ||= EXIT.usage;
  });
  return { lost: () => lost, gone: gone.signal };
}
