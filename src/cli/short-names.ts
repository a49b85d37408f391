import { basename } from "node:path";
import { sanitizeText } from "../model/text.ts";

const MAX_NAME = 40;

/** Two files as people call them: by their own names where those differ, else by more of the path. */
export function shortNames(a: string, b: string): readonly [string, string] {
  const [nameA, nameB] = [ownName(a), ownName(b)];
  return nameA === nameB && a !== b ? [tail(a), tail(b)] : [nameA, nameB];
}

function ownName(path: string): string {
  return path === "-" ? "stdin" : tail(basename(path));
}

/** The end tells more than the beginning. */
function tail(text: string): string {
  const clean = sanitizeText(text, 4_096);
  return clean.length <= MAX_NAME ? clean : `…${clean.slice(1 - MAX_NAME)}`;
}
