import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { sanitizeText } from "../../model/text.ts";
import type { Environment } from "../options/read.ts";
import type { FoundCommand } from "./find-program.ts";

/** Of the output of one run: what is beyond is read and dropped. */
const MAX_LINES = 100;
const MAX_LINE = 500;

/**
 * A run that writes without end is read no faster than this, or reading it would be all we do. Much
 * slower would hold up one that writes many short lines: a socket takes a few hundred at a time.
 */
const DRAIN_EVERY_MS = 5;

/** From SIGTERM to SIGKILL. */
const GRACE_MS = 2_000;

/** A child of the command may hold its pipes for ever: what is in them is read for so long. */
const LINGER_MS = 200;

export type RunEnd =
  | { readonly kind: "ok" }
  /** `exit code 3`, `ended by SIGSEGV`, `not done within 30 s`, `could not be started (EACCES)`. */
  | { readonly kind: "failed"; readonly why: string };

export interface Running {
  readonly ended: Promise<RunEnd>;
  /** SIGTERM to the command and all that it started, SIGKILL 2 s later; `why` is how it then ended. */
  stop(why: string): void;
}

export interface RunOptions {
  readonly timeoutMs: number;
  readonly environment: Environment;
  /** A line that the command wrote, safe to show. */
  readonly onLine: (line: string) => void;
}

/**
 * Runs the command once, without a shell, with `input` on its stdin. It leads a process group of its
 * own, so that Ctrl-C at the terminal does not reach it and a signal from here reaches all of it.
 */
export function runCommand(command: FoundCommand, input: string, options: RunOptions): Running {
  let child: ChildProcessByStdio<Writable, Readable, Readable>;
  try {
    child = spawn(command.program, command.args, {
      argv0: command.name,
      detached: true,
      env: options.environment,
      stdio: ["pipe", "pipe", "pipe"],
    });
  } catch (error) {
    return { ended: Promise.resolve(notStarted(error)), stop: () => undefined };
  }
  let stopped: string | undefined;
  let killTimer: NodeJS.Timeout | undefined;
  const stop = (why: string): void => {
    if (stopped !== undefined) return;
    stopped = why;
    signalGroup(child.pid, "SIGTERM");
    killTimer = setTimeout(() => signalGroup(child.pid, "SIGKILL"), GRACE_MS);
  };
  const limit = setTimeout(
    () => stop(`not done within ${options.timeoutMs / 1_000} s`),
    options.timeoutMs,
  );
  const lines = lineLimit(options.onLine);
  for (const stream of [child.stdout, child.stderr]) forward(stream, lines);
  // One that does not read its stdin breaks the pipe, and may.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const ended = new Promise<RunEnd>((resolve) => {
    const finish = (end: RunEnd): void => {
      clearTimeout(limit);
      clearTimeout(killTimer);
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      resolve(end);
    };
    child.once("error", (error) => {
      if (child.pid === undefined) finish(notStarted(error));
    });
    child.once("exit", (code, signal) => {
      clearTimeout(limit);
      clearTimeout(killTimer);
      // What it started and left behind was told to end as well.
      if (stopped !== undefined) signalGroup(child.pid, "SIGKILL");
      const end = endOf(stopped, code, signal);
      const linger = setTimeout(() => finish(end), LINGER_MS);
      child.once("close", () => {
        clearTimeout(linger);
        finish(end);
      });
    });
  });
  return { ended, stop };
}

function endOf(
  stopped: string | undefined,
  code: number | null,
  signal: NodeJS.Signals | null,
): RunEnd {
  if (stopped !== undefined) return { kind: "failed", why: stopped };
  if (code === 0) return { kind: "ok" };
  return { kind: "failed", why: signal === null ? `exit code ${code}` : `ended by ${signal}` };
}

function notStarted(error: unknown): RunEnd {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  return { kind: "failed", why: `could not be started (${code})` };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It is gone already.
  }
}

/** Says how many lines may still come, for both streams together. */
interface LineLimit {
  take(line: string): void;
  isFull(): boolean;
}

function lineLimit(onLine: (line: string) => void): LineLimit {
  let taken = 0;
  return {
    take: (line) => {
      taken += 1;
      if (taken <= MAX_LINES) onLine(sanitizeText(line, MAX_LINE));
      else if (taken === MAX_LINES + 1)
        onLine(`(what it wrote after ${MAX_LINES} lines is dropped)`);
    },
    isFull: () => taken > MAX_LINES,
  };
}

function forward(stream: Readable, limit: LineLimit): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  stream.on("data", (bytes: Buffer) => {
    if (limit.isFull()) {
      stream.pause();
      setTimeout(() => stream.resume(), DRAIN_EVERY_MS).unref();
      return;
    }
    const lines = (rest + decoder.write(bytes)).split("\n");
    // A line without an end is told as far as lines go, and what follows is its rest.
    rest = (lines.pop() ?? "").slice(0, MAX_LINE + 1);
    for (const line of lines) limit.take(line.replace(/\r$/, ""));
  });
  stream.once("end", () => {
    if (rest !== "") limit.take(rest);
  });
  stream.on("error", () => undefined);
}
