import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, appendFile, open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { quoteInput } from "../target/parsed.ts";
import type { OutputTarget } from "./detect-output.ts";
import { UsageError } from "./options/values.ts";
import { writeToPipe } from "./pipe-file.ts";

/** Raises a usage error for a file that cannot be written, before a run is made in vain. */
export async function checkOutputFiles(outputs: readonly OutputTarget<string>[]): Promise<void> {
  for (const { file } of outputs) {
    if (file === undefined) continue;
    // One after the other, so that the first that is wrong is the one that is told.
    // oxlint-disable-next-line eslint/no-await-in-loop
    const problem = await writeProblem(file);
    if (problem !== undefined) throw new UsageError(`--output: ${problem}`);
  }
}

async function writeProblem(file: string): Promise<string | undefined> {
  const target = await stat(file).catch(() => undefined);
  if (target?.isDirectory()) return `${quoteInput(file)} is a directory; name a file in it`;
  const what = target === undefined || target.isFile() ? dirname(file) : file;
  const where = await stat(what).catch(() => undefined);
  if (what !== file && where !== undefined && !where.isDirectory())
    return `${quoteInput(file)} cannot be written: ${quoteInput(what)} is not a directory`;
  try {
    await access(what, constants.W_OK);
    return undefined;
  } catch (error) {
    return `${quoteInput(file)} cannot be written (${codeOf(error)}): ${quoteInput(what)} ${codeOf(error) === "ENOENT" ? "is not there" : "may not be written to"}`;
  }
}

/**
 * Writes the whole text or leaves the file as it was: a reader never sees half a report. What is no
 * regular file (a pipe, a terminal) is written to as it is. What went wrong comes back as a line.
 */
export async function writeOutputFile(
  file: string,
  text: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  // A link stays one: what it leads to is replaced.
  const real = await realpath(file).catch(() => file);
  const target = await stat(real).catch(() => undefined);
  try {
    if (target?.isFIFO() === true) await writeToPipe(real, text, signal);
    // A descriptor of this process may be a file that others write to as well: it stays that file.
    else if ((target !== undefined && !target.isFile()) || /^\/(?:dev|proc)\//.test(file))
      await appendFile(real, text);
    else await replaceFile(real, text, target?.mode);
    return undefined;
  } catch (error) {
    return notWritten(quoteInput(file), error);
  }
}

async function replaceFile(path: string, text: string, mode = 0o666): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const handle = await open(temporary, "wx", mode);
    try {
      await handle.writeFile(text);
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Adds to a file that others add to as well. */
export async function appendSummary(
  file: string,
  text: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const target = await stat(file).catch(() => undefined);
    await (target?.isFIFO() === true ? writeToPipe(file, text, signal) : appendFile(file, text));
    return undefined;
  } catch (error) {
    return notWritten(`the step summary ${quoteInput(file)}`, error);
  }
}

function notWritten(what: string, error: unknown): string {
  // That is how the system calls a pipe without a reader.
  const why = codeOf(error) === "ENXIO" ? "nobody reads it" : codeOf(error);
  return `${what} could not be written (${why})`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
