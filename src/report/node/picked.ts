import { reasonOf } from "../../model/fact.ts";
import type { NodeSnapshot } from "../../model/node/snapshot.ts";
import { indented, say } from "../lines.ts";
import type { Theme } from "../theme.ts";
import { counted } from "../words.ts";
import { type FlowRow, isTroubled } from "./rows.ts";

/** More rows than a screen has lines hide what is below them. */
const MAX_ROWS = 30;

/** Rows that are shown, and those for which there is no room. */
export interface Picked {
  readonly shown: readonly FlowRow[];
  readonly left: readonly FlowRow[];
}

/** The first of many rows: those in trouble are in front. */
export function pickRows(rows: readonly FlowRow[], verbose: boolean): Picked {
  // One line that says that there is one more is no shorter than that one.
  if (verbose || rows.length <= MAX_ROWS + 1) return { shown: rows, left: [] };
  return { shown: rows.slice(0, MAX_ROWS), left: rows.slice(MAX_ROWS) };
}

/** What was left out of a table. */
export function drawLeft(left: readonly FlowRow[], theme: Theme): readonly string[] {
  if (left.length === 0) return [];
  const troubled = left.filter(isTroubled).length;
  const many = `and ${counted(left.length, "row")} more (${counted(countOf(left), "connection")})`;
  const bad = troubled === 0 ? "none of them in trouble" : `${troubled} of them in trouble`;
  return drawNote(`${many}, ${bad}; -v shows them`, theme);
}

/** A line below a table, which is no row of it. */
export function drawNote(text: string, theme: Theme): readonly string[] {
  return indented(say(text, theme), 2, theme).map((line) => theme.dim(line));
}

/** Connections of these rows. */
function countOf(rows: readonly FlowRow[]): number {
  return rows.reduce((sum, { count }) => sum + count, 0);
}

/** A group's first line: which way, how many connections, and how many rows need a look. */
export function drawTitle(title: string, rows: readonly FlowRow[], theme: Theme): string {
  const troubled = countOf(rows.filter(isTroubled));
  const numbers = rows.length === 0 ? [] : [counted(countOf(rows), "connection")];
  const head = theme.bold(say(title, theme)) + theme.dim(say(["", ...numbers].join(" · "), theme));
  if (troubled === 0) return head;
  return `${head}${theme.dim(say(" · ", theme))}${theme.bad(`${troubled} in trouble`)}`;
}

/** Why no connection may have been seen; undefined where the worker's sockets were read. */
export function whyNone({ namespaces }: NodeSnapshot): string | undefined {
  const sockets = namespaces[0]?.sockets;
  const reason = sockets === undefined ? "no sockets were read" : reasonOf(sockets);
  return reason === undefined ? undefined : `not seen: ${reason}`;
}
