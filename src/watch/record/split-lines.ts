import { MAX_LINE_BYTES } from "./encode.ts";

/** One line of a file, without its end. */
export interface RawLine {
  /** 1-based. */
  readonly number: number;
  /** What may stand before it was cut off: of a line that is too long, its start. */
  readonly bytes: Uint8Array;
  readonly tooLong: boolean;
  /** A machine that loses its power leaves zeros where it had not yet written. */
  readonly hasNul: boolean;
  /** Whether its `\n` is there. */
  readonly ended: boolean;
  /** Offset in the file after its end. */
  readonly endsAt: number;
}

export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

const NEWLINE = 0x0a;
const NUL = 0x00;

/** Cuts a file of any size into lines, holding one of them at a time. */
export async function* splitLines(chunks: Chunks): AsyncGenerator<RawLine> {
  let parts: Uint8Array[] = [];
  let [length, kept, number, offset] = [0, 0, 1, 0];
  let hasNul = false;
  const add = (part: Uint8Array): void => {
    length += part.length;
    hasNul ||= part.includes(NUL);
    const room = part.subarray(0, MAX_LINE_BYTES - kept);
    kept += room.length;
    // Copied (a Buffer's own slice does not): whoever reads may fill the same memory again.
    if (room.length > 0) parts.push(new Uint8Array(room));
  };
  const line = (ended: boolean): RawLine => ({
    number,
    bytes: joined(parts, kept),
    tooLong: length > MAX_LINE_BYTES,
    hasNul,
    ended,
    endsAt: offset + length + (ended ? 1 : 0),
  });
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, at));
      yield line(true);
      offset += length + 1;
      number += 1;
      [parts, length, kept, hasNul] = [[], 0, 0, false];
      from = at + 1;
    }
    add(chunk.subarray(from));
  }
  if (length > 0) yield line(false);
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
