import type { DriftChange } from "../../model/drift.ts";
import { formatTime } from "../../model/time.ts";
import { toAscii } from "../ascii.ts";
import { oneLine } from "../one-line.ts";
import type { Paint, Theme } from "../theme.ts";
import { wrap } from "../words.ts";
import {
  clustersNote,
  countWords,
  type DiffSide,
  type RunDiff,
  simulatedNote,
} from "./run-diff.ts";

export interface DiffTextOptions {
  /** The last line only. */
  readonly quiet: boolean;
}

const KINDS = ["added", "removed", "changed"] as const;

const GLYPH = { added: "+", removed: "-", changed: "~" } as const satisfies Record<
  DriftChange["kind"],
  string
>;

/** Below the glyph and its word. */
const INDENT = " ".repeat(13);

/** What changed from one run to the other, by kind, and what could not be compared. */
export function renderDiffText(diff: RunDiff, { quiet }: DiffTextOptions, theme: Theme): string {
  const last = theme.bold(oneLine(countWords(diff)));
  const blocks = quiet
    ? [[last]]
    : [drawHeader(diff, theme), drawChanges(diff, theme), drawGaps(diff, theme), [last]];
  const lines = blocks
    .filter((block) => block.length > 0)
    .flatMap((block, index) => (index === 0 ? block : ["", ...block]));
  const text = `${lines.join("\n")}\n`;
  return theme.unicode ? text : toAscii(text);
}

function drawHeader(diff: RunDiff, theme: Theme): readonly string[] {
  const { a, b } = diff;
  const width = Math.max(a.name.length, b.name.length);
  const side = ({ name, cluster, startedAt }: DiffSide): string =>
    oneLine(`${name.padEnd(width)}  ${cluster} · ${formatTime(startedAt)}`);
  const notes = [clustersNote(diff), simulatedNote(diff)].filter((note) => note !== undefined);
  return [
    theme.bold(side(a)),
    theme.bold(side(b)),
    ...notes.flatMap((note) => wrap(oneLine(note), theme.width)).map((line) => theme.warn(line)),
  ];
}

function drawChanges({ changes }: RunDiff, theme: Theme): readonly string[] {
  return KINDS.flatMap((kind) =>
    changes
      .filter((change) => change.kind === kind)
      .flatMap((change) => {
        const [first = "", ...rest] = wrap(wordsOf(change), theme.width - INDENT.length);
        const head = `  ${GLYPH[kind]} ${kind.padEnd(7)}`;
        return [
          `${paintFor(kind, theme)(head)}  ${first}`,
          ...rest.map((line) => `${INDENT}${line}`),
        ];
      }),
  );
}

function wordsOf({ kind, what, before, after }: DriftChange): string {
  const told =
    kind === "changed" ? `${before ?? "unknown"} → ${after ?? "unknown"}` : (before ?? after);
  return oneLine(told === undefined ? what : `${what}: ${told}`);
}

function paintFor(kind: DriftChange["kind"], theme: Theme): Paint {
  return { added: theme.good, removed: theme.bad, changed: theme.warn }[kind];
}

function drawGaps({ notComparable }: RunDiff, theme: Theme): readonly string[] {
  if (notComparable.length === 0) return [];
  const lines = notComparable.flatMap((gap) => {
    const [first = "", ...rest] = wrap(oneLine(gap), theme.width - 4);
    return [`  ? ${first}`, ...rest.map((line) => `    ${line}`)];
  });
  return [theme.bold("not comparable"), ...lines.map((line) => theme.dim(line))];
}
