import { cutAt, say } from "../lines.ts";
import { type Cell, type Column, layOut } from "../text/columns.ts";
import type { Theme } from "../theme.ts";
import { shorten } from "./words.ts";

/** A column whose cells may be broken over lines. */
export interface WrappedColumn {
  readonly title: string;
  /** For numbers. */
  readonly right?: boolean;
  /** The more, the sooner a narrow terminal drops it; 0 stays for good. */
  readonly expendable?: number;
  /** Others are dropped before its cells are broken over lines. */
  readonly whole?: boolean;
}

/** A table that is laid out: lines, a group for each row. */
export interface WrappedTable {
  readonly header: string;
  readonly rows: readonly (readonly string[])[];
  /** It fits with all of its columns, and with those whole that are to be. */
  readonly fits: boolean;
}

const GAP = 2;

/** A longer word is broken, after a hyphen where it has some. */
const MAX_WORD = 30;

interface Laid {
  readonly column: WrappedColumn;
  readonly index: number;
  /** Columns of its longest cell, of its longest word, and those that it is to have. */
  readonly natural: number;
  readonly word: number;
  readonly least: number;
}

function leastOf({ least }: Laid): number {
  return least;
}

function withoutWish(laid: Laid): Laid {
  return { ...laid, least: laid.word };
}

/**
 * A table whose cells are made safe, and broken over lines after blanks and slashes where there is no
 * room for them; where that is not enough the more expendable columns go. Only words that are longer
 * than the room there is make a line too wide.
 */
export function layWrapped(
  columns: readonly WrappedColumn[],
  rows: readonly (readonly Cell[])[],
  theme: Theme,
  indent: string,
): WrappedTable {
  const safe = rows.map((row) =>
    row.map(({ text, paint }) => ({ text: say(shorten(text), theme), paint })),
  );
  const room = theme.width - indent.length;
  const kept = fit(columns, safe, room);
  const isRoomy = total(kept, leastOf) <= room;
  const widths = shareOut(isRoomy ? kept : kept.map(withoutWish), room);
  const broken = safe.map((row) => breakRow(row, kept, widths));
  const laid = kept.map(
    ({ column: { title, right = false } }): Column => ({
      title,
      align: right ? "right" : "left",
      expendable: 0,
    }),
  );
  const [header = "", ...lines] = layOut(
    laid,
    broken.flat(),
    Number.POSITIVE_INFINITY,
    indent,
    theme.dim,
  );
  let at = 0;
  const groups = broken.map(({ length }) => {
    at += length;
    return lines.slice(at - length, at);
  });
  return { header, rows: groups, fits: isRoomy && kept.length === columns.length };
}

function fit(
  columns: readonly WrappedColumn[],
  rows: readonly (readonly Cell[])[],
  room: number,
): readonly Laid[] {
  let laid = columns.map((column, index) => {
    const texts = rows.map((row) => row[index]?.text ?? "");
    const natural = widest([column.title, ...texts]);
    const word = widest([column.title, ...texts.flatMap(wordsOf)]);
    return { column, index, natural, word, least: column.whole === true ? natural : word };
  });
  while (total(laid, leastOf) > room) {
    const worst = Math.max(...laid.map(({ column }) => column.expendable ?? 0));
    if (worst === 0) break;
    laid = laid.filter(({ column }) => column.expendable !== worst);
  }
  return laid;
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, { length }) => Math.max(most, length), 0);
}

function total(laid: readonly Laid[], widthOf: (one: Laid) => number): number {
  return laid.reduce((sum, one) => sum + widthOf(one) + GAP, -GAP);
}

/** Every column has its least; the first that want more get what is left. */
function shareOut(laid: readonly Laid[], room: number): readonly number[] {
  let left = Math.max(0, room - total(laid, leastOf));
  return laid.map(({ natural, least }) => {
    const more = Math.min(left, Math.max(0, natural - least));
    left -= more;
    return least + more;
  });
}

/** One row as lines of full length. */
function breakRow(
  row: readonly Cell[],
  laid: readonly Laid[],
  widths: readonly number[],
): readonly (readonly Cell[])[] {
  const cells = laid.map(({ index }, at) => {
    const { text, paint } = row[index] ?? { text: "" };
    return { paint, lines: breakText(text, widths[at] ?? 1) };
  });
  const height = Math.max(...cells.map(({ lines }) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    cells.map(({ paint, lines }) => ({ text: lines[line] ?? "", paint })),
  );
}

/** The parts that a text may be broken between, each without its blank. */
function wordsOf(text: string): readonly string[] {
  return partsOf(text).map((part) => part.trimEnd());
}

function partsOf(text: string): readonly string[] {
  return text
    .split(/(?<=[/ ])/)
    .flatMap((part) => (part.length > MAX_WORD ? part.split(/(?<=-)/) : [part]))
    .flatMap((part) => (isAddress(part) ? [part] : chunksOf(part)));
}

/** To be copied, so it stays whole. */
function isAddress(part: string): boolean {
  return /^[\da-f.:[\]]*\s*$/i.test(part);
}

function chunksOf(part: string): readonly string[] {
  const chunks: string[] = [];
  let left = part;
  while (left.trimEnd().length > MAX_WORD) {
    const cut = cutAt(left, MAX_WORD);
    chunks.push(left.slice(0, cut));
    left = left.slice(cut);
  }
  return [...chunks, left];
}

/** Between its phrases where they fit, else between words. */
function breakText(text: string, width: number): readonly string[] {
  const parts = text
    .split(/(?<=, )/)
    .flatMap((phrase) => (phrase.trimEnd().length > width ? partsOf(phrase) : [phrase]));
  const lines: string[] = [];
  let line = "";
  for (const part of parts) {
    if (line !== "" && (line + part).trimEnd().length > width) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += part;
  }
  return [...lines, line.trimEnd()];
}
