import type { Drift } from "../../model/drift.ts";
import type { Finding } from "../../model/finding.ts";
import { LAYERS, layerName, OTHER_LAYER } from "../../model/finding-code.ts";
import { toAscii } from "../ascii.ts";
import type { CheckReport } from "../check-report.ts";
import { changeWords, driftWords } from "../run-words.ts";
import type { Theme } from "../theme.ts";
import { wrap } from "../words.ts";
import { drawFinding, drawHint, FINDING_INDENT, isUrgent, standsAlone } from "./finding-lines.ts";
import { drawHeader, verdictLine } from "./header.ts";

export interface CheckTextOptions {
  /** Only what is not ok, and the verdict. */
  readonly short: boolean;
  /** The evidence of what passed, too. */
  readonly verbose: boolean;
  /** The last line only. */
  readonly quiet: boolean;
}

const LAYER_ORDER: readonly string[] = [...Object.values(LAYERS), OTHER_LAYER];

/** `check` for a terminal: what every check saw, layer by layer, and one line of verdict. */
export function renderCheckText(
  report: CheckReport,
  options: CheckTextOptions,
  theme: Theme,
): string {
  const text = `${linesOf(report, options, theme).join("\n")}\n`;
  return theme.unicode ? text : toAscii(text);
}

function linesOf(report: CheckReport, options: CheckTextOptions, theme: Theme): readonly string[] {
  const last = verdictLine(report, theme, driftNumber(report));
  if (options.quiet) return [last];
  const { short } = options;
  const blocks = [
    ...(short ? [] : [drawHeader(report.snapshot, report.map, theme)]),
    ...LAYER_ORDER.map((layer) => drawLayer(layer, report, options, theme)),
    drawDrift(report, options, theme),
    drawHint(report.findings, theme),
  ].filter((block) => block.length > 0);
  const spaced = blocks.flatMap((block) => (short ? block : [...block, ""]));
  return [...spaced, last];
}

function drawLayer(
  layer: string,
  { findings }: CheckReport,
  { short, verbose }: CheckTextOptions,
  theme: Theme,
): readonly string[] {
  const own = findings
    .filter(({ code }) => layerName(code) === layer)
    .filter((finding) => standsAlone(finding, findings))
    .filter((finding) => !short || isUrgent(finding));
  if (own.length === 0) return [];
  // What a failure of another check kept from being looked at is part of the story; the rest is not.
  const idle = verbose ? [] : own.filter(isIdle);
  const lines = { all: findings, withCode: true, withDetails: verbose, withSide: true };
  return [
    ...(short ? [] : [theme.bold(layer)]),
    ...own
      .filter((finding) => !idle.includes(finding))
      .flatMap((finding) => drawFinding(finding, theme, lines)),
    ...drawIdle(idle, theme),
  ];
}

function isIdle({ status, blockedBy }: Finding): boolean {
  return status === "skip" && blockedBy.length === 0;
}

/** What was not asked or does not apply, by name; why is told with -v. */
function drawIdle(idle: readonly Finding[], theme: Theme): readonly string[] {
  if (idle.length === 0) return [];
  const names = idle.map(({ code, topic }) => `${topic} ${code}`).join(", ");
  const [head = "", ...rest] = wrap(names, theme.width - FINDING_INDENT.length - 1, ", ");
  const lines = [`  · skipped  ${head}`, ...rest.map((line) => FINDING_INDENT + line)];
  return lines.map((line, index) => theme.dim(index < lines.length - 1 ? `${line},` : line));
}

function drawDrift(
  report: CheckReport,
  { short, verbose }: CheckTextOptions,
  theme: Theme,
): readonly string[] {
  const { drift } = report;
  const words = driftWords(report);
  if (words === undefined || drift === undefined) return [];
  const isSame = drift.changes.length === 0;
  if (short && isSame) return [];
  const room = theme.width - FINDING_INDENT.length;
  const [head = "", ...rest] = wrap(isSame ? words : `drifted: ${words}`, room);
  const glyph = isSame ? theme.good("✓") : theme.warn("!");
  return [
    ...(short ? [] : [theme.bold("baseline")]),
    `  ${glyph} drift    ${head}`,
    ...rest.map((line) => FINDING_INDENT + line),
    ...drift.changes.flatMap((change) => indented(changeWords(change), room)),
    ...(short ? [] : drawGaps(drift, verbose, room).map((line) => theme.dim(line))),
  ];
}

/** What could not be compared: how much of it in any case, each of it on request. */
function drawGaps({ notComparable }: Drift, verbose: boolean, room: number): readonly string[] {
  const n = notComparable.length;
  if (n === 0) return [];
  if (verbose || n === 1)
    return notComparable.flatMap((line) => indented(`not comparable: ${line}`, room));
  return indented(
    `${n} things are not comparable: each known in one run at most; -v lists them`,
    room,
  );
}

function indented(text: string, room: number): readonly string[] {
  return wrap(text, room - 2).map(
    (line, index) => FINDING_INDENT + (index === 0 ? "" : "  ") + line,
  );
}

/** `2 changes since the baseline`, for the verdict. */
function driftNumber({ drift }: CheckReport): string | undefined {
  const n = drift?.changes.length ?? 0;
  return n === 0 ? undefined : `${n} ${n === 1 ? "change" : "changes"} since the baseline`;
}
