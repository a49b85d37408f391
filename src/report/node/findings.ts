import { isTrouble } from "../../model/finding.ts";
import type { NodeFinding } from "../../model/node/report.ts";
import { NODE_CHECKS } from "../../node/checks/table.ts";
import { say } from "../lines.ts";
import { type DrawnFinding, drawFinding, drawHint, FINDING_INDENT } from "../text/finding-lines.ts";
import type { Theme } from "../theme.ts";
import { wrap } from "../words.ts";

/** What the checks say: trouble with its evidence; the others by name, and with -v as long. */
export function drawNodeFindings(
  findings: readonly NodeFinding[],
  verbose: boolean,
  theme: Theme,
): readonly string[] {
  const all = findings
    .toSorted((a, b) => (a.code < b.code ? -1 : 1))
    .map((finding) => asDrawn(finding, theme));
  const shown = all.filter((finding) => verbose || isTrouble(finding));
  const options = { all, withCode: true, withDetails: verbose, withSide: false };
  return [
    ...shown.flatMap((finding) => drawFinding(finding, theme, options)),
    ...(verbose ? [] : [...drawNames("ok", all, theme), ...drawNames("skip", all, theme)]),
    ...drawHint(all, theme),
  ];
}

/** What a finding says was read on a machine that others run programs on. */
function asDrawn(finding: NodeFinding, theme: Theme): DrawnFinding {
  const { code, topic, summary, details, next } = finding;
  return {
    ...finding,
    topic: say(topic, theme),
    summary: say(summary, theme),
    details: details.map((line) => say(line, theme)),
    next: next === undefined ? undefined : say(next, theme),
    optional: NODE_CHECKS[code].optional === true,
    causedBy: [],
    ignored: undefined,
  };
}

/** `targets W01, rules W02`: those of which there is no more to say. */
function drawNames(
  status: "ok" | "skip",
  all: readonly DrawnFinding[],
  theme: Theme,
): readonly string[] {
  const own = all.filter((finding) => finding.status === status);
  if (own.length === 0) return [];
  const names = own.map(({ code, topic }) => `${topic} ${code}`).join(", ");
  const lines = wrap(names, theme.width - FINDING_INDENT.length - 1, ", ");
  return lines.map((line, index) => {
    const text = theme.dim(index < lines.length - 1 ? `${line},` : line);
    if (index > 0) return FINDING_INDENT + text;
    return status === "ok"
      ? `  ${theme.good("✓")} ok       ${text}`
      : theme.dim("  · skipped  ") + text;
  });
}
