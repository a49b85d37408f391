import type { Paint } from "../theme.ts";
import { wrap } from "../words.ts";

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
  /** Dropped first where the terminal is narrow: 0 stays for good. */
  readonly expendable: number;
}

export interface Cell {
  readonly text: string;
  readonly paint?: Paint | undefined;
}

const GAP = "  ";

/** Below this a broken line helps nobody. */
const MIN_RUN_ON = 20;

/**
 * Lines of a table within `width` columns: the most expendable columns go first. A row may be
 * shorter than the header: its last cell then runs on over the columns that follow, and over
 * further lines where it is longer than they are wide.
 */
export function layOut(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number,
  indent: string,
  paintHeader: Paint,
): readonly string[] {
  const widths = columns.map((column, index) =>
    Math.max(
      column.title.length,
      ...rows.map((row) => (isRunOn(row, index, columns) ? 0 : (row[index]?.text.length ?? 0))),
    ),
  );
  const kept = fit(columns, widths, width - indent.length);
  const line = (cells: readonly Cell[]): readonly string[] => {
    const parts = kept.flatMap((index) => {
      const cell = cells[index];
      if (cell === undefined || isRunOn(cells, index, columns)) return [];
      return [pad(cell, widths[index] ?? 0, columns[index]?.align ?? "left")];
    });
    const last = cells.at(-1);
    if (last === undefined || cells.length === columns.length)
      return [(indent + parts.join(GAP)).trimEnd()];
    const before = kept.filter((index) => index < cells.length - 1);
    const start = before.reduce((sum, index) => sum + (widths[index] ?? 0) + GAP.length, 0);
    const room = Math.max(MIN_RUN_ON, width - indent.length - start);
    return wrap(last.text, room).map((text, index) => {
      const painted = last.paint ? last.paint(text) : text;
      const head = index === 0 ? parts.join(GAP) + GAP : " ".repeat(start);
      return (indent + head + painted).trimEnd();
    });
  };
  const [header = ""] = line(columns.map(({ title }) => ({ text: title })));
  return [paintHeader(header), ...rows.flatMap(line)];
}

function isRunOn(row: readonly Cell[], index: number, columns: readonly Column[]): boolean {
  return index === row.length - 1 && row.length < columns.length;
}

/** Indexes of the columns that fit. */
function fit(
  columns: readonly Column[],
  widths: readonly number[],
  width: number,
): readonly number[] {
  let kept = columns.map((_, index) => index);
  const total = (): number =>
    kept.reduce((sum, index) => sum + (widths[index] ?? 0), 0) + GAP.length * (kept.length - 1);
  while (total() > width) {
    const worst = Math.max(...kept.map((index) => columns[index]?.expendable ?? 0));
    if (worst === 0) break;
    kept = kept.filter((index) => columns[index]?.expendable !== worst);
  }
  return kept;
}

function pad({ text, paint }: Cell, width: number, align: Column["align"]): string {
  const space = " ".repeat(Math.max(0, width - text.length));
  const painted = paint && text !== "" ? paint(text) : text;
  return align === "left" ? painted + space : space + painted;
}
