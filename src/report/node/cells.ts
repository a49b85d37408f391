import type { Cell } from "../text/columns.ts";
import type { Theme } from "../theme.ts";
import { type FlowRow, isTroubled } from "./rows.ts";
import type { FlowWay } from "./ways.ts";
import { ageWords, bytesWord } from "./words.ts";

/** `172.20.0.1`, `172.20.0.1 ×3` of three connections. */
export function times(text: string, count: number): string {
  return count > 1 ? `${text} ×${count}` : text;
}

/** The API server's letter; nobody's where it is not known. */
export function letterCell({ letter }: FlowWay, theme: Theme): Cell {
  return { text: letter ?? "?", paint: letter === undefined ? theme.dim : theme.accent };
}

/** How old the connections of a row are at most. */
export function ageCell({ ageMs }: Pick<FlowRow, "ageMs">, theme: Theme): Cell {
  return { text: ageWords(ageMs), paint: theme.dim };
}

/** What waits in the sockets of a row, and in which state they are where that is not `established`. */
export function queueCell(row: Omit<FlowRow, "process" | "uid">, theme: Theme): Cell {
  const { state, sendQueueBytes, receiveQueueBytes, retransmits, isWindowClosed } = row;
  const words = [
    ...(state === "established" ? [] : [state]),
    ...(sendQueueBytes > 0 ? [`${bytesWord(sendQueueBytes)} unacked`] : []),
    ...(retransmits > 0 ? [`${retransmits} resent`] : []),
    ...(isWindowClosed ? ["peer takes no more"] : []),
    ...(receiveQueueBytes > 0 ? [`${bytesWord(receiveQueueBytes)} unread`] : []),
  ];
  return { text: words.join(", "), paint: isTroubled(row) ? theme.bad : theme.warn };
}
