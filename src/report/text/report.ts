import { valueOf } from "../../model/fact.ts";
import { toAscii } from "../ascii.ts";
import type { ReportInput } from "../input.ts";
import type { Theme } from "../theme.ts";
import { drawDetails } from "./details.ts";
import { drawMap } from "./drawing.ts";
import { drawFindings } from "./findings.ts";
import { drawHeader, verdictLine } from "./header.ts";
import { drawPaths } from "./path-table.ts";

export interface TextOptions {
  readonly wide: boolean;
  readonly verbose: boolean;
  /** The last line only. */
  readonly quiet: boolean;
}

/** The report for a terminal: map first, then numbers, findings and one line of verdict. */
export function renderText(input: ReportInput, options: TextOptions, theme: Theme): string {
  const lines = options.quiet ? [verdictLine(input, theme)] : wholeReport(input, options, theme);
  const text = `${lines.join("\n")}\n`;
  return theme.unicode ? text : toAscii(text);
}

function wholeReport(input: ReportInput, options: TextOptions, theme: Theme): readonly string[] {
  const { snapshot, map, findings } = input;
  const blocks = [
    drawHeader(snapshot, map, theme),
    drawMap(snapshot, map, theme, options.wide),
    drawPaths(snapshot, map, theme),
    drawFindings(findings, theme, {
      verbose: options.verbose,
      deep: snapshot.request.deep || snapshot.request.untilSure !== undefined,
      given: (valueOf(snapshot.cluster)?.source ?? "eks") !== "eks",
    }),
  ].filter((block) => block.length > 0);
  return [
    ...blocks.flatMap((block, index) => (index === 0 ? block : ["", ...block])),
    ...(options.wide ? [...drawDetails(snapshot, map, theme), ""] : []),
    verdictLine(input, theme),
  ];
}
