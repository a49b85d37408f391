/** Same width where it matters (tables and drawings), readable everywhere. */
const REPLACEMENTS: Readonly<Record<string, string>> = {
  "─": "-",
  "╌": ".",
  "▶": ">",
  "◀": "<",
  "✓": "+",
  "✗": "x",
  "·": "-",
  "–": "-",
  "→": ">",
  "≤": "<=",
  "±": "+-",
  "…": "...",
  "×": "x",
};

/** The text for a terminal that is not UTF-8; escape sequences for colour pass. */
export function toAscii(text: string): string {
  return text.replaceAll(/\P{ASCII}/gu, (character) => REPLACEMENTS[character] ?? "?");
}
