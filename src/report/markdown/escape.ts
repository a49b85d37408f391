import { oneLine } from "../one-line.ts";

/**
 * Text of others as Markdown text in one line or one table cell: nothing in it is markup, a tag, a
 * link or a mention. Characters that GitHub's Markdown gives a meaning are escaped, where it has no
 * escape by an entity; the rest stays readable in the source.
 */
export function escapeMarkdown(text: string): string {
  return (
    oneLine(text)
      .trim()
      .replaceAll(/[\\`*_{}[\]~|$]/g, String.raw`\$&`)
      // Tags, entities; and bare addresses become links, names mentions, numbers references.
      .replaceAll(/[&<>@#]|:(?=\/\/)|(?<=\bwww)\./gi, (special) => `&#${special.charCodeAt(0)};`)
      // Blocks: lists, rules, quotes, headings and numbered items begin with these.
      .replace(/^([-+=])/, String.raw`\$1`)
      .replace(/^(\d+)([.)])(?=\s|$)/, String.raw`$1\$2`)
  );
}

/** Shown as it is, in a block that the text itself cannot end. */
export function codeBlock(text: string): readonly string[] {
  const line = oneLine(text);
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(Math.max(3, longest + 1));
  return [`${fence}sh`, line, fence];
}

export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  return [
    drawRow(head),
    drawRow(head.map(() => "---")),
    ...rows.map((cells) => drawRow(cells.map(escapeMarkdown))),
  ];
}

function drawRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
