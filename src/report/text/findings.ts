import type { Finding, FindingCode, FindingStatus } from "../../model/finding.ts";
import type { Paint, Theme } from "../theme.ts";
import { wrap } from "../words.ts";

const GLYPH = { ok: "✓", warn: "!", fail: "✗", skip: "·", unknown: "?" } as const satisfies Record<
  FindingStatus,
  string
>;

/** What a healthy run says in any case; the other checks speak when they have something to say. */
const ALWAYS: readonly FindingCode[] = ["D01", "T01", "P01", "P03"];

/**
 * With --deep these have a line each. The topology then says what the map's line says, which is left
 * out unless it has evidence to show: the whole is to fit one screen.
 */
const DEEP: readonly FindingCode[] = [
  "D01",
  "T01",
  "P03",
  "A04",
  "P05",
  "P06",
  "P07",
  "K01",
  "K02",
];

/** Of these the evidence is part of the message, also when all is well. */
const WITH_EVIDENCE: ReadonlySet<FindingCode> = new Set(["P01", "P03", "D01"]);

const TOPIC_WIDTH = 8;

/** A line a finding; what is not ok also gets its evidence and the next step. */
export function drawFindings(
  findings: readonly Finding[],
  theme: Theme,
  { verbose, deep }: { readonly verbose: boolean; readonly deep: boolean },
): readonly string[] {
  const spoken = new Set(deep ? DEEP : ALWAYS);
  const isWorthALine = ({ status, code, details }: Finding): boolean =>
    status !== "ok" || spoken.has(code) || (code === "P01" && details.length > 0);
  return findings
    .filter((finding) => verbose || (finding.status !== "skip" && isWorthALine(finding)))
    .flatMap((finding) => drawFinding(finding, theme, verbose));
}

function drawFinding(finding: Finding, theme: Theme, verbose: boolean): readonly string[] {
  const indent = " ".repeat(4 + TOPIC_WIDTH + 1);
  const room = Math.max(40, theme.width - indent.length);
  const troubled = finding.status !== "ok" && finding.status !== "skip";
  const code = troubled || verbose ? `  ${finding.code}` : "";
  const [head = "", ...rest] = wrap(STATUS_WORD[finding.status] + finding.summary + code, room);
  const glyph = paintFor(finding.status, theme)(GLYPH[finding.status]);
  const details = troubled || verbose || WITH_EVIDENCE.has(finding.code) ? finding.details : [];
  return [
    `  ${glyph} ${finding.topic.padEnd(TOPIC_WIDTH)} ${head}`,
    ...rest.map((line) => indent + line),
    ...details
      .flatMap((detail) => wrap(detail, room - 2))
      .map((line) => theme.dim(`${indent}${line}`)),
    ...drawNext(finding.next, indent, room, theme),
  ];
}

/** A command stays whole, to be copied, however long; what it is for goes below it. */
function drawNext(
  next: string | undefined,
  indent: string,
  room: number,
  theme: Theme,
): readonly string[] {
  if (next === undefined) return [];
  const [command = "", why] = next.split("   # ");
  const comment = why === undefined ? [] : wrap(`# ${why}`, room - 2);
  return [
    `${indent}${theme.accent("→")} ${command}`,
    ...comment.map((line) => theme.dim(`${indent}  ${line}`)),
  ];
}

/** The word beside the glyph, so that neither colour nor glyph carries the meaning alone. */
const STATUS_WORD = {
  ok: "",
  warn: "warning: ",
  fail: "failed: ",
  skip: "skipped: ",
  unknown: "unknown: ",
} as const satisfies Record<FindingStatus, string>;

function paintFor(status: FindingStatus, theme: Theme): Paint {
  const paints = {
    ok: theme.good,
    warn: theme.warn,
    fail: theme.bad,
    skip: theme.dim,
    unknown: theme.warn,
  };
  return paints[status];
}
