import { formatTime } from "../../model/time.ts";
import { escapeMarkdown, table } from "../markdown/escape.ts";
import { clustersNote, countWords, type RunDiff, simulatedNote } from "./run-diff.ts";

/** The same for a comment or a summary. */
export function renderDiffMarkdown(diff: RunDiff): string {
  const { a, b, changes, notComparable } = diff;
  const notes = [clustersNote(diff), simulatedNote(diff)].filter((note) => note !== undefined);
  const [nameA, nameB] = [escapeMarkdown(a.name), escapeMarkdown(b.name)];
  const blocks: readonly (readonly string[])[] = [
    [`## eks-probe diff: ${escapeMarkdown(b.cluster)}`],
    [`**${escapeMarkdown(countWords(diff))}**`],
    notes.map((note) => `*${escapeMarkdown(note)}*`),
    [a, b].map(
      ({ name, cluster, startedAt }) =>
        `- ${escapeMarkdown(name)}: ${escapeMarkdown(cluster)}, ${escapeMarkdown(formatTime(startedAt))}`,
    ),
    changes.length === 0
      ? []
      : table(
          ["Change", "What", nameA, nameB],
          changes.map(({ kind, what, before, after }) => [kind, what, before ?? "–", after ?? "–"]),
        ),
    notComparable.length === 0
      ? []
      : ["### Not comparable", "", ...notComparable.map((gap) => `- ${escapeMarkdown(gap)}`)],
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n"))
    .join("\n\n")}\n`;
}
