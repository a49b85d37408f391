import * as v from "valibot";
import { sanitizeText } from "../../model/text.ts";
import { RECORD_VERSION, type RecordLine } from "../../model/watch/record.ts";
import { MAX_LINE_BYTES } from "./encode.ts";
import { HEADER, LINES } from "./line-schema.ts";
import { type Chunks, type RawLine, splitLines } from "./split-lines.ts";

/** What a record gives, in its order; `end` or `problem` is the last. */
export type RecordItem =
  | {
      readonly kind: "line";
      readonly line: RecordLine;
      /** 1-based, in the file. */
      readonly number: number;
    }
  | {
      readonly kind: "end";
      /** Up to the end of the last whole line: what follows is torn. */
      readonly wholeBytes: number;
      readonly tornBytes: number;
    }
  /** `problem` follows the file's name: `is damaged in line 7, which is not JSON`. */
  | { readonly kind: "problem"; readonly problem: string };

/** How a record begins, whichever version wrote it. */
const START = '{"kind":"header"';

/**
 * Reads a record, a line at a time. What a kill or a power cut may leave behind the last whole line
 * is left out and counted: a line without its end, one that is cut, zeros. Anything else that is
 * wrong ends it as a problem. A kind of line that only a later version knows is passed over.
 * Never throws, unless `chunks` does.
 */
export async function* readRecord(chunks: Chunks): AsyncGenerator<RecordItem> {
  let reader: Reader = { hasHeader: false, round: 0 };
  let [wholeBytes, allBytes] = [0, 0];
  let cut: { readonly problem: string } | undefined;
  for await (const raw of splitLines(chunks)) {
    allBytes = raw.endsAt;
    if (cut !== undefined) {
      if (raw.hasNul) continue;
      yield { kind: "problem", problem: cut.problem };
      return;
    }
    const read = readRaw(raw, reader);
    if (read.kind === "problem") {
      yield read;
      return;
    }
    if (read.kind === "torn") {
      cut = read;
      continue;
    }
    wholeBytes = raw.endsAt;
    reader = read.reader;
    if (read.line !== undefined) yield { kind: "line", line: read.line, number: raw.number };
  }
  yield { kind: "end", wholeBytes, tornBytes: allBytes - wholeBytes };
}

/** What later lines are held against. */
interface Reader {
  readonly hasHeader: boolean;
  /** Number of the last round. */
  readonly round: number;
}

type Read =
  | { readonly kind: "read"; readonly line: RecordLine | undefined; readonly reader: Reader }
  /** Torn if nothing whole follows, else a problem. */
  | { readonly kind: "torn"; readonly problem: string }
  | { readonly kind: "problem"; readonly problem: string };

function readRaw(raw: RawLine, reader: Reader): Read {
  const content = textOf(raw);
  if (content?.trim() === "" && raw.ended && !raw.tooLong)
    return { kind: "read", line: undefined, reader };
  const start = content ?? "";
  // Some other tool may have written a header with its fields in another order.
  if (!reader.hasHeader && !looksBegun(raw) && !(raw.ended && parsed(start) !== undefined))
    return headless();
  if (!raw.ended) return { kind: "torn", problem: damaged(raw, "is cut") };
  if (raw.tooLong) return torn(raw, start, `has more than ${MAX_LINE_BYTES / 1024 / 1024} MiB`);
  if (content === undefined) return torn(raw, start, "is not UTF-8");
  const json = parsed(content);
  if (json === undefined) return torn(raw, start, "is not JSON");
  return readJson(raw, json.value, reader);
}

/** Whether it may be a header, whole or cut, and not a file of another kind that would be cut. */
function looksBegun({ bytes, ended, tooLong }: RawLine): boolean {
  const nul = bytes.indexOf(0);
  if (nul === 0) return !ended && !tooLong && bytes.every((byte) => byte === 0);
  const start = bytes.subarray(0, nul === -1 ? START.length : Math.min(nul, START.length));
  const text = new TextDecoder().decode(start);
  return ended ? text === START : START.startsWith(text);
}

function torn(raw: RawLine, content: string, what: string): Read {
  const isCut = raw.hasNul || content.startsWith("{");
  return { kind: isCut ? "torn" : "problem", problem: damaged(raw, what) };
}

function readJson(raw: RawLine, json: unknown, reader: Reader): Read {
  const kinded = v.safeParse(v.object({ kind: v.string() }), json);
  if (!reader.hasHeader) return readHeader(raw, json, kinded.success && kinded.output.kind);
  if (!kinded.success) return problem(raw, "is no line of a record");
  const { kind } = kinded.output;
  if (kind === "header") return problem(raw, "is a second header: a file holds one record");
  if (!isKnown(kind)) return { kind: "read", line: undefined, reader };
  const line = v.safeParse<v.GenericSchema<unknown, RecordLine>>(LINES[kind], json, {
    abortEarly: true,
  });
  if (!line.success) return problem(raw, `cannot be understood (see ${placeOf(line.issues[0])})`);
  if (line.output.kind !== "round") return { kind: "read", line: line.output, reader };
  const { n } = line.output.sample;
  if (n <= reader.round) return problem(raw, `has round ${n} after round ${reader.round}`);
  return { kind: "read", line: line.output, reader: { ...reader, round: n } };
}

function readHeader(raw: RawLine, json: unknown, kind: string | false): Read {
  if (kind !== "header") return headless();
  const version = v.safeParse(v.object({ recordVersion: v.number() }), json);
  if (version.success && version.output.recordVersion !== RECORD_VERSION) {
    return {
      kind: "problem",
      problem: `has recordVersion ${version.output.recordVersion}, and only ${RECORD_VERSION} is known here; read it with the version that wrote it`,
    };
  }
  const header = v.safeParse(HEADER, json, { abortEarly: true });
  return header.success
    ? { kind: "read", line: header.output, reader: { hasHeader: true, round: 0 } }
    : problem(raw, `cannot be understood (see ${placeOf(header.issues[0])})`);
}

function headless(): Read {
  return {
    kind: "problem",
    problem: "is not a record, which starts with a header; make one with watch --record",
  };
}

function problem(raw: RawLine, what: string): Read {
  return { kind: "problem", problem: damaged(raw, what) };
}

function damaged({ number }: RawLine, what: string): string {
  return `is damaged: line ${number} ${what}`;
}

/** The names of the fields are the schema's own, except in a map. */
function placeOf(issue: v.BaseIssue<unknown>): string {
  return sanitizeText(v.getDotPath(issue) ?? "all of it", 80);
}

function isKnown(kind: string): kind is RecordLine["kind"] {
  return Object.hasOwn(LINES, kind);
}

/** Undefined for what is not UTF-8. Of a line that is too long or cut, its start. */
function textOf({ bytes, tooLong, ended }: RawLine): string | undefined {
  if (tooLong || !ended) return new TextDecoder().decode(bytes.subarray(0, START.length));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function parsed(content: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(content) };
  } catch {
    return undefined;
  }
}
