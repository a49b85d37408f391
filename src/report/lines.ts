import { sanitizeText } from "../model/text.ts";
import { toAscii } from "./ascii.ts";
import type { Theme } from "./theme.ts";

/** Of one text: evidence may be long, and still has an end. */
const MAX_TEXT = 600;

/**
 * Text of others as one line that this terminal can show. ASCII is made here and not of the whole:
 * some characters get wider by it, and lines are wrapped by their width.
 */
export function say(text: string, theme: Pick<Theme, "unicode">): string {
  return forTerminal(sanitizeText(text, MAX_TEXT), theme);
}

/** Our own text as this terminal can show it. */
export function forTerminal(text: string, { unicode }: Pick<Theme, "unicode">): string {
  return unicode ? text : toAscii(text);
}

/**
 * Breaks at blanks so that the first line has at most `first` columns and every other one `rest`; a
 * word that is longer than a line is broken, too: what others send need not have blanks.
 */
export function flow(text: string, first: number, rest: number = first): readonly string[] {
  const lines: string[] = [];
  let line = "";
  const room = (): number => Math.max(1, lines.length === 0 ? first : rest);
  for (const word of text.split(" ")) {
    let left = word;
    while (line !== "" && line.length + 1 + left.length > room()) {
      lines.push(line);
      line = "";
    }
    if (line !== "") {
      line += ` ${left}`;
      continue;
    }
    // A first line that is too narrow for a word that fits the next one stays empty.
    if (lines.length === 0 && left.length > first && left.length <= rest) lines.push("");
    while (left.length > room()) {
      // A line of one column takes a pair whole.
      const cut = cutAt(left, room()) || 2;
      lines.push(left.slice(0, cut));
      left = left.slice(cut);
    }
    line = left;
  }
  return [...lines, line].map((each) => each.trimEnd());
}

/** Where to cut so that no surrogate pair is halved: there, or one before. */
export function cutAt(text: string, at: number): number {
  return at > 0 && /[\uD800-\uDBFF]/.test(text.charAt(at - 1)) ? at - 1 : Math.max(0, at);
}

/** Lines under an indent, within the theme's width; `hang` is how much further the second begins. */
export function indented(text: string, indent: number, theme: Theme, hang = 2): readonly string[] {
  const [head = "", ...rest] = flow(text, theme.width - indent, theme.width - indent - hang);
  return [" ".repeat(indent) + head, ...rest.map((line) => " ".repeat(indent + hang) + line)];
}
