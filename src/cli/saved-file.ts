import { readSavedContent } from "../history/saved-content.ts";
import { kindOfSaved, START_BYTES } from "../history/saved-file.ts";
import { readTextFile } from "../local/files.ts";
import { readRecordFile, sniffSaved } from "../local/record-file.ts";
import { quoteInput } from "../target/parsed.ts";
import { type RecordItem, readRecord } from "../watch/record/read.ts";
import type { Io } from "./io.ts";
import { UsageError } from "./options/values.ts";

/** A run over a thousand addresses takes some 4 MB; a text of twice this size could not be held. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Stands for stdin. */
const STDIN = "-";

/** A saved run or a record, as it was found. */
export interface SavedFile {
  /** As the user gave it. */
  readonly path: string;
  /** As it is called in a message. */
  readonly quoted: string;
  readonly kind: "run" | "record";
  /** The run, or the latest whole one of the record; undefined where that has none. */
  readonly document: unknown;
  /** Of a record, from its start, each time anew; of a run nothing. */
  items(): AsyncIterable<RecordItem>;
}

/** Reads it; whatever cannot be one is a usage error of one line that begins with the file's name. */
export async function readSavedFile(path: string, io: Io): Promise<SavedFile> {
  const quoted = path === STDIN ? "stdin" : quoteInput(path);
  if (path === STDIN) {
    const bytes = await readStdin(io);
    const start = bytes.toString("utf8", 0, START_BYTES);
    if (kindOfSaved(start).kind === "record")
      return recordOf(path, quoted, () => readRecord(inParts(bytes)), io);
    return runOf(path, quoted, bytes.toString("utf8"));
  }
  // A record may be larger than any text: it is read line by line.
  if ((await sniffSaved(path)).kind === "record")
    return recordOf(path, quoted, () => readRecordFile(path), io);
  return runOf(path, quoted, await readFileAt(path, quoted));
}

function runOf(path: string, quoted: string, content: string): SavedFile {
  const saved = readSavedContent(content);
  if (saved.kind === "bad") throw new UsageError(`${quoted} ${whyNot(content) ?? saved.problem}`);
  return { path, quoted, kind: "run", document: saved.document, items: nothing };
}

/** Where the start of an object tells what else it is. */
function whyNot(content: string): string | undefined {
  const start = kindOfSaved(content.slice(0, START_BYTES));
  return start.kind === "bad" && content.trimStart().startsWith("{") ? start.problem : undefined;
}

async function recordOf(
  path: string,
  quoted: string,
  items: () => AsyncIterable<RecordItem>,
  { stderr }: Io,
): Promise<SavedFile> {
  let document: unknown;
  for await (const item of items()) {
    if (item.kind === "problem") throw new UsageError(`${quoted} ${item.problem}`);
    if (item.kind === "line" && item.line.kind === "run") document = item.line.run;
    if (item.kind === "end" && item.tornBytes > 0) {
      const left = `ends within a line: its last ${item.tornBytes} bytes are left out`;
      stderr.write(`eks-probe: warning: ${quoted} ${left}\n`);
    }
  }
  return { path, quoted, kind: "record", document, items };
}

async function* nothing(): AsyncGenerator<RecordItem> {
  // A run has no lines.
}

async function* inParts(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function readFileAt(path: string, quoted: string): Promise<string> {
  const file = await readTextFile(path, MAX_BYTES);
  switch (file.kind) {
    case "text":
      return file.text;
    case "absent":
      throw new UsageError(`${quoted} is not there; save a run with -o json=FILE first`);
    case "failed":
      throw new UsageError(`${file.failure.message}; name a saved run, or - for stdin`);
  }
}

async function readStdin({ stdin, signal }: Io): Promise<Buffer> {
  if (stdin === undefined) throw new UsageError("stdin cannot be read; name a file");
  const parts: Uint8Array[] = [];
  let size = 0;
  const read = async (): Promise<void> => {
    for await (const part of stdin) {
      size += part.length;
      if (size > MAX_BYTES) throw new UsageError(`stdin has more than ${MAX_BYTES} bytes`);
      parts.push(part);
    }
  };
  // Who holds the other end may never let go.
  await Promise.race([read(), aborted(signal)]);
  return Buffer.concat(parts);
}

/** Rejects when the user has waited long enough. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(new Interrupted());
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/** Raised where a command was interrupted before it had anything to say. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}
