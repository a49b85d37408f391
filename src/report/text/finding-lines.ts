import type { FailureSide } from "../../model/failure.ts";
import { counts, type Finding, type FindingStatus, isTrouble } from "../../model/finding.ts";
import type { Paint, Theme } from "../theme.ts";
import { wrap } from "../words.ts";

/** How a finding is drawn: what is ignored is in trouble, but nobody is to be troubled by it. */
type Look = FindingStatus | "ignored";

const GLYPH = {
  ok: "✓",
  warn: "!",
  fail: "✗",
  skip: "·",
  unknown: "?",
  ignored: "·",
} as const satisfies Record<Look, string>;

/** The word beside the glyph, so that neither colour nor glyph carries the meaning alone. */
const LOOK_WORD = {
  ok: "",
  warn: "warning: ",
  fail: "failed: ",
  skip: "skipped: ",
  unknown: "unknown: ",
  ignored: "ignored: ",
} as const satisfies Record<Look, string>;

const SIDE_WORD = {
  local: "this host",
  resolver: "the DNS resolver",
  network: "the network in between",
  server: "the API server's side",
  aws: "AWS, or the cluster's settings there",
  user: "the caller",
} as const satisfies Record<FailureSide, string>;

const TOPIC_WIDTH = 8;

/** Everything below a finding's line begins here. */
export const FINDING_INDENT: string = " ".repeat(4 + TOPIC_WIDTH + 1);

/** A finding of whatever table of checks. */
export type DrawnFinding = Omit<Finding, "code" | "causedBy" | "blockedBy"> & {
  readonly code: string;
  readonly causedBy: readonly string[];
};

export interface FindingLines {
  /** All findings of the run: those folded under this one are drawn with it. */
  readonly all: readonly DrawnFinding[];
  readonly withCode: boolean;
  readonly withDetails: boolean;
  /** Who has to act. */
  readonly withSide: boolean;
}

/** One finding: its line, and under it evidence, symptoms, who is at fault and the next step. */
export function drawFinding(
  finding: DrawnFinding,
  theme: Theme,
  options: FindingLines,
): readonly string[] {
  const look = lookOf(finding);
  const inTrouble = isTrouble(finding);
  const isOpen = inTrouble && look !== "ignored";
  const code = options.withCode || inTrouble ? `  ${finding.code}` : "";
  const [head = "", ...rest] = lines(LOOK_WORD[look] + finding.summary + code, theme);
  const dimmed = (text: string): readonly string[] =>
    lines(text, theme, 2).map((line) => theme.dim(FINDING_INDENT + line));
  return [
    `  ${paintFor(look, theme)(GLYPH[look])} ${finding.topic.padEnd(TOPIC_WIDTH)} ${head}`,
    ...rest.map((line) => FINDING_INDENT + line),
    ...detailsOf(finding, options.withDetails, isOpen).flatMap(dimmed),
    ...symptomsOf(finding, options.all).flatMap((symptom) => drawSymptom(symptom, theme)),
    ...(look === "ignored" ? dimmed(`because: ${finding.ignored ?? ""}`) : []),
    ...(options.withSide && isOpen && finding.side !== undefined
      ? dimmed(`who: ${SIDE_WORD[finding.side]}`)
      : []),
    ...(look === "ignored" ? [] : drawNext(finding.next, theme)),
  ];
}

/** A screen has room for so many; one that repeats itself for a hundred addresses hides the rest. */
const MANY = 12;

/** All evidence where it is asked for, of an open finding what fits. */
function detailsOf(
  { details }: DrawnFinding,
  withDetails: boolean,
  isOpen: boolean,
): readonly string[] {
  if (withDetails) return details;
  if (!isOpen) return [];
  if (details.length <= MANY) return details;
  const shown = details.slice(0, MANY - 2);
  return [...shown, `and ${details.length - shown.length} lines more, which -v shows`];
}

function lookOf(finding: DrawnFinding): Look {
  return isTrouble(finding) && finding.ignored !== undefined ? "ignored" : finding.status;
}

/** Columns behind the indent. */
function roomIn(theme: Theme): number {
  return Math.max(40, theme.width - FINDING_INDENT.length);
}

function lines(text: string, theme: Theme, less = 0): readonly string[] {
  return wrap(text, roomIn(theme) - less);
}

/** A symptom is told in a line, `so: N01 …`: what to do about it stands at its cause. */
function drawSymptom({ code, topic, summary }: DrawnFinding, theme: Theme): readonly string[] {
  const [first = "", ...rest] = lines(`so: ${code} ${topic}: ${summary}`, theme, 4);
  return [first, ...rest.map((line) => `    ${line}`)].map((line) => FINDING_INDENT + line);
}

/** Those that this finding explains, be it through another symptom. */
function symptomsOf({ code }: DrawnFinding, all: readonly DrawnFinding[]): readonly DrawnFinding[] {
  return all.filter((finding) => finding.code !== code && rootOf(finding, all)?.code === code);
}

/** The first cause behind a finding, or itself; undefined where causes go round in a circle. */
function rootOf(finding: DrawnFinding, all: readonly DrawnFinding[]): DrawnFinding | undefined {
  const met = new Set<string>();
  let root: DrawnFinding | undefined = finding;
  while (root !== undefined && root.causedBy.length > 0) {
    if (met.has(root.code)) return undefined;
    met.add(root.code);
    const cause: string | undefined = root.causedBy[0];
    root = all.find(({ code }) => code === cause);
  }
  return root;
}

/** Whether it has an entry of its own: a symptom is drawn under its first cause. */
export function standsAlone(finding: DrawnFinding, all: readonly DrawnFinding[]): boolean {
  const root = rootOf(finding, all);
  return root === undefined || root.code === finding.code;
}

/** What somebody has to look at now. */
export function isUrgent(finding: DrawnFinding): boolean {
  const { status, optional, ignored } = finding;
  return isTrouble(finding) && ignored === undefined && !(status === "unknown" && optional);
}

/** Where to read on, in one line for all that is in trouble. */
export function drawHint(findings: readonly DrawnFinding[], theme: Theme): readonly string[] {
  const codes = findings
    .filter((finding) => isUrgent(finding) && counts(finding))
    .map(({ code }) => code);
  if (codes.length === 0) return [];
  const whole = `  eks-probe explain ${codes.join(" ")}   # what it means and how to mend it`;
  const drawn =
    whole.length <= theme.width
      ? [whole]
      : wrap(`  eks-probe explain ${codes.join(" ")}`, theme.width - 4);
  return drawn.map((line, index) => theme.dim(index === 0 ? line : `    ${line}`));
}

/** A command stays whole, to be copied, however long; what it is for goes below it. */
function drawNext(next: string | undefined, theme: Theme): readonly string[] {
  if (next === undefined) return [];
  const [command = "", why] = next.split("   # ");
  const comment = why === undefined ? [] : lines(`# ${why}`, theme, 2);
  return [
    `${FINDING_INDENT}${theme.accent("→")} ${command}`,
    ...comment.map((line) => theme.dim(`${FINDING_INDENT}  ${line}`)),
  ];
}

function paintFor(look: Look, theme: Theme): Paint {
  const paints = {
    ok: theme.good,
    warn: theme.warn,
    fail: theme.bad,
    skip: theme.dim,
    unknown: theme.warn,
    ignored: theme.dim,
  };
  return paints[look];
}
