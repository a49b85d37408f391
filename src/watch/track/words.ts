import { sanitizeText } from "../../model/text.ts";

/** Longest name of one thing that is repeated in an event: a host name is no longer. */
const MAX_NAME = 253;

/** Longest list or message in an event. */
const MAX_LINE = 500;

/** A name from the outside, safe to show. A record may have been written to by anyone. */
export function shown(text: string): string {
  return sanitizeText(text, MAX_NAME);
}

/** A line from the outside, safe to show. */
export function shownLine(text: string): string {
  return sanitizeText(text, MAX_LINE);
}

/** `a, b, c`; undefined for nothing. */
export function shownList(items: readonly string[]): string | undefined {
  return items.length === 0 ? undefined : shownLine(items.join(", "));
}

/** `its IP, its zone and its status` */
export function inWords(items: readonly string[]): string {
  const last = items.at(-1) ?? "";
  return items.length < 2 ? last : `${items.slice(0, -1).join(", ")} and ${last}`;
}
