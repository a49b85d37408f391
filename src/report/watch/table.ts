import { cutAt, forTerminal, indented, say } from "../lines.ts";
import { type Cell, type Column, layOut } from "../text/columns.ts";
import type { Theme } from "../theme.ts";

export interface TableColumn {
  readonly title: string;
  /** For numbers. */
  readonly right?: boolean;
  /** The more, the sooner a narrow terminal drops it. */
  readonly expendable?: number;
  /** The last one may take what room is left; too little of it, and the column is dropped. */
  readonly fill?: boolean;
}

/** Below this the end of a text helps nobody. */
const MIN_FILL = 20;

/** A table below an indent of two, its cells made safe. */
export function drawTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly (string | Cell)[])[],
  theme: Theme,
): readonly string[] {
  if (rows.length === 0) return [];
  const cells = rows.map((row) => row.map((cell) => safeCell(cell, theme)));
  const { kept, room } = roomFor(columns, cells, theme);
  const laid = kept.map(
    ({ title, right = false, expendable = 0 }): Column => ({
      title,
      align: right ? "right" : "left",
      expendable,
    }),
  );
  const fitting = cells.map((row) =>
    row.slice(0, kept.length).map(({ text, paint }, index) => ({
      text: clip(text, kept[index]?.fill === true ? room : MAX_CELL, theme),
      paint,
    })),
  );
  return layOut(laid, fitting, theme.width, INDENT, theme.dim);
}

const INDENT = "  ";

function safeCell(cell: string | Cell, theme: Theme): Cell {
  const { text, paint } = typeof cell === "string" ? { text: cell, paint: undefined } : cell;
  return { text: say(text, theme), paint };
}

function roomFor(
  columns: readonly TableColumn[],
  cells: readonly (readonly Cell[])[],
  theme: Theme,
): { readonly kept: readonly TableColumn[]; readonly room: number } {
  if (columns.at(-1)?.fill !== true) return { kept: columns, room: 0 };
  const others = columns.slice(0, -1);
  const widths = others.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((row) => Math.min(MAX_CELL, row[index]?.text.length ?? 0))),
  );
  const room = theme.width - INDENT.length - widths.reduce((sum, width) => sum + width + 2, 0);
  return room >= MIN_FILL ? { kept: columns, room } : { kept: others, room: 0 };
}

/** Of one cell: what others send must not make a table of any width. */
const MAX_CELL = 50;

function clip(text: string, width: number, theme: Theme): string {
  if (text.length <= width) return text;
  const end = forTerminal("…", theme);
  return text.slice(0, cutAt(text, width - end.length)) + end;
}

/** Columns of the name in `name    value`. */
const NAME_WIDTH = 9;

/** `  name       value`, wrapped below the value. */
export function drawFact(name: string, value: string, theme: Theme): readonly string[] {
  const indent = 2 + NAME_WIDTH + 2;
  const [head = "", ...rest] = indented(say(value, theme), indent, theme);
  return [`  ${theme.dim(name.padEnd(NAME_WIDTH))}  ${head.slice(indent)}`, ...rest];
}
