import type { Finding, FindingCode, FindingStatus } from "../../model/finding.ts";
import type { Paint, Theme } from "../theme.ts";
import { wrap } from "../words.ts";

const GLYPH = { ok: "✓", warn: "!", fail: "✗", skip: "·", unknown: "?" } as const satisfies Record<
  FindingStatus,
  string
>;

/** What a healthy run says in any case; the other checks speak when they have something to say. */
const ALWAYS: ReadonlySet<FindingCode> = new Set(["D01", "T01", "P01", "P03"]);

const TOPIC_WIDTH = 8;

/** A line a finding; what is not ok also gets its evidence and the next step. */
export function drawFindings(
  findings: readonly Finding[],
  theme: Theme,
  verbose: boolean,
): readonly string[] {
  return findings
    .filter((finding) => verbose || isWorthALine(finding))
    .flatMap((finding) => drawFinding(finding, theme, verbose));
}

function isWorthALine({ status, code }: Finding): boolean {
  if (status === "skip") return false;
  return status !== "ok" || ALWAYS.has(code);
}

function drawFinding(finding: Finding, theme: Theme, verbose: boolean): readonly string[] {
  const indent = " ".repeat(4 + TOPIC_WIDTH + 1);
  const room = Math.max(40, theme.width - indent.length);
  const troubled = finding.status !== "ok" && finding.status !== "skip";
  const code = troubled || verbose ? `  ${finding.code}` : "";
  const [head = "", ...rest] = wrap(STATUS_WORD[finding.status] + finding.summary + code, room);
  const glyph = paintFor(finding.status, theme)(GLYPH[finding.status]);
  return [
    `  ${glyph} ${finding.topic.padEnd(TOPIC_WIDTH)} ${head}`,
    ...rest.map((line) => indent + line),
    ...finding.details
      .flatMap((detail) => wrap(detail, room - 2))
      .map((line) => theme.dim(`${indent}${line}`)),
    ...(finding.next === undefined ? [] : [`${indent}${theme.accent("→")} ${finding.next}`]),
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
