import { constants } from "node:fs";
import { type FileHandle, open, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { chunksOf } from "../../local/chunks.ts";
import type { Clock } from "../../model/ports.ts";
import { isoTime } from "../../model/time.ts";
import type { RecordHeader, RecordLine } from "../../model/watch/record.ts";
import { quoteInput } from "../../target/parsed.ts";
import { type FoldedRecord, foldRecord } from "../../watch/record/fold.ts";
import { readRecord } from "../../watch/record/read.ts";
import { UsageError } from "../options/values.ts";
import { lockRecord, type RecordLock } from "./record-lock.ts";
import { RecordWriter } from "./record-writer.ts";

const { O_APPEND, O_CREAT, O_EXCL, O_RDWR } = constants;

/** It has addresses and names of the network. */
const MODE = 0o600;

export interface RecordRequest {
  /** Go on with what is there. */
  readonly resume: boolean;
  /** Of a new record; the cluster of an old one has to be the same. */
  readonly header: RecordHeader;
  readonly clock: Clock;
  /** Gets one line for each thing that goes wrong on the way, and one when it is right again. */
  readonly tell: (line: string) => void;
  /** Ends the reading of what is there, which may be long. */
  readonly signal: AbortSignal;
}

export interface OpenRecord {
  /** What an earlier watch left; undefined for a new record. */
  readonly before: FoldedRecord | undefined;
  /** Cut off its end: the line that was being written when it was killed. */
  readonly tornBytes: number;
  /**
   * Writes a line with one call, after those before it. When it resolves, the line outlives a kill
   * of the process; a power cut may cost those of the last minute. What cannot be written is told,
   * kept for a while and tried again with the next line. Never rejects.
   */
  append(line: RecordLine): Promise<void>;
  /** Never rejects. */
  close(): Promise<void>;
}

/**
 * Opens the file of `--record`. What is there is kept, or gone on with; a file that is no record of
 * the same cluster, or that another watch writes, is a usage error and stays as it is. Undefined: the signal aborted before
 * it was read, and it stays as it is.
 */
export async function openRecord(
  path: string,
  request: RecordRequest,
): Promise<OpenRecord | undefined> {
  const refuse = (problem: string): never => {
    throw new UsageError(`--record: ${quoteInput(path)} ${problem}`);
  };
  const real = await realPath(path, refuse);
  const { header, clock } = request;
  const locked = await lockRecord(real, header.intervalMs, clock);
  if (locked.kind === "refused") return refuse(locked.problem);
  const { lock } = locked;
  try {
    const opened = await openLocked(path, real, lock, request, refuse);
    if (opened === undefined) await lock.release().catch(() => undefined);
    return opened;
  } catch (error) {
    await lock.release().catch(() => undefined);
    if (!(error instanceof Error && "code" in error)) throw error;
    return refuse(`cannot be written (${codeOf(error)})`);
  }
}

/** Two names of a file are one record. */
async function realPath(path: string, refuse: (problem: string) => never): Promise<string> {
  // What these lead to is a file only by the shell's grace, and has other output in it.
  if (/^\/(?:proc|dev\/(?:std|fd))/.test(path)) refuse("is not a regular file");
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) refuse("is a directory; name a file in it");
  if (found !== undefined && !found.isFile()) refuse("is not a regular file");
  try {
    if (found !== undefined) return await realpath(path);
    return join(await realpath(dirname(path)), basename(path));
  } catch (error) {
    return refuse(`cannot be written (${codeOf(error)})`);
  }
}

async function openLocked(
  path: string,
  real: string,
  lock: RecordLock,
  request: RecordRequest,
  refuse: (problem: string) => never,
): Promise<OpenRecord | undefined> {
  const { resume, clock, signal } = request;
  const { file, isNew } = await openFile(real);
  try {
    const { size } = await file.stat();
    if (size > 0 && !resume)
      refuse("is there already; go on with it by --resume, or name another file");
    const found = size === 0 ? undefined : await readBack(file, request, refuse);
    if (signal.aborted) {
      await file.close();
      if (isNew) await rm(real, { force: true });
      return undefined;
    }
    const wholeBytes = found?.wholeBytes ?? 0;
    if (wholeBytes < size) await file.truncate(wholeBytes);
    const before = found?.before;
    const header = before?.header ?? request.header;
    const tell = (what: string): void => request.tell(`the record ${quoteInput(path)} ${what}`);
    const writer = new RecordWriter(file, { lock, clock, tell, header, size: wholeBytes });
    const { intervalMs } = request.header;
    const at = isoTime(clock.wallMs());
    await writer.begin(before === undefined ? header : { kind: "resumed", at, intervalMs });
    return {
      before,
      tornBytes: size - wholeBytes,
      append: (line) => writer.append(line),
      close: () => writer.close(),
    };
  } catch (error) {
    await file.close();
    if (isNew) await rm(real, { force: true });
    throw error;
  }
}

async function openFile(
  path: string,
): Promise<{ readonly file: FileHandle; readonly isNew: boolean }> {
  try {
    return { file: await open(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL, MODE), isNew: true };
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    return { file: await open(path, O_RDWR | O_APPEND), isNew: false };
  }
}

async function readBack(
  file: FileHandle,
  { header, signal }: RecordRequest,
  refuse: (problem: string) => never,
): Promise<{ readonly before: FoldedRecord | undefined; readonly wholeBytes: number } | undefined> {
  const folded = await foldRecord(readRecord(until(signal, chunksOf(file))));
  if (signal.aborted) return undefined;
  switch (folded.kind) {
    case "bad":
      return refuse(folded.problem);
    case "empty":
      return { before: undefined, wholeBytes: 0 };
    case "ok": {
      const before = folded.value;
      const other = otherCluster(before.header, header);
      if (other !== undefined) refuse(other);
      return { before, wholeBytes: folded.wholeBytes };
    }
  }
}

async function* until(
  signal: AbortSignal,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    if (signal.aborted) return;
    yield chunk;
  }
}

function otherCluster(before: RecordHeader, now: RecordHeader): string | undefined {
  if (before.cluster !== now.cluster)
    return `is a record of ${quoteInput(before.cluster)}; name one of ${quoteInput(now.cluster)}`;
  const { region } = before;
  if (region !== undefined && now.region !== undefined && region !== now.region)
    return `is a record of a cluster in ${quoteInput(region)}; name one in ${quoteInput(now.region)}`;
  if (before.simulated !== now.simulated)
    return before.simulated ? "was made in a lab" : "was not made in a lab";
  return undefined;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
