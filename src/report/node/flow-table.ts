import { indented, say } from "../lines.ts";
import type { Cell } from "../text/columns.ts";
import type { Theme } from "../theme.ts";
import { layWrapped, type WrappedColumn } from "./table.ts";

/** A row of connections: a line for each of its ways, and what waits in its sockets. */
export interface FlowLines {
  readonly lines: readonly (readonly Cell[])[];
  /** Empty where nothing waits. */
  readonly queue: Cell;
}

/** Connections laid out as lines. */
export interface FlowTable {
  readonly header: string;
  /** Lines of each row. */
  readonly rows: readonly (readonly string[])[];
  /** It fits with all of its columns, what waits beside or below. */
  readonly fits: boolean;
}

const QUEUE: WrappedColumn = { title: "QUEUE", whole: true };

/**
 * A table whose last column is what waits, where something does in any row; in a terminal that is too
 * narrow for it that stands below the row.
 */
export function layFlows(
  columns: readonly WrappedColumn[],
  flows: readonly FlowLines[],
  theme: Theme,
  indent: string,
): FlowTable {
  const used = columns.map((_, index) =>
    flows.some(({ lines }) => lines.some((line) => (line[index]?.text ?? "") !== "")),
  );
  const kept = columns.filter((_, index) => used[index]);
  const rows = flows.map(({ lines }) =>
    lines.map((line) => line.filter((_, index) => used[index])),
  );
  const lay = (own: readonly WrappedColumn[], cells: readonly (readonly (readonly Cell[])[])[]) =>
    grouped(layWrapped(own, cells.flat(), theme, indent), cells);
  if (flows.every(({ queue }) => queue.text === "")) return lay(kept, rows);
  const whole = lay(
    [...kept, QUEUE],
    rows.map((lines, at) =>
      lines.map((line, way) => [...line, queueAt(flows[at], way) ?? { text: "" }]),
    ),
  );
  if (whole.fits) return whole;
  const { header, rows: drawn, fits } = lay(kept, rows);
  const withNotes = drawn.map((lines, at) => [
    ...lines,
    ...drawQueue(flows[at]?.queue, indent.length + 2, theme),
  ]);
  return { header, rows: withNotes, fits };
}

function queueAt(flow: FlowLines | undefined, way: number): Cell | undefined {
  return way === 0 ? flow?.queue : undefined;
}

function drawQueue(queue: Cell | undefined, indent: number, theme: Theme): readonly string[] {
  if (queue === undefined || queue.text === "") return [];
  return indented(say(queue.text, theme), indent, theme).map(queue.paint ?? String);
}

/** The lines of a table by its rows again. */
function grouped(
  { header, rows, fits }: ReturnType<typeof layWrapped>,
  cells: readonly (readonly (readonly Cell[])[])[],
): FlowTable {
  let at = 0;
  const groups = cells.map(({ length }) => {
    at += length;
    return rows.slice(at - length, at).flat();
  });
  return { header, rows: groups, fits };
}
