import { valueOf } from "../../model/fact.ts";
import type { ControlPlaneMap } from "../../model/map.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { toAscii } from "../ascii.ts";
import type { ReportInput } from "../input.ts";
import type { Theme } from "../theme.ts";
import { formatMs, wrap } from "../words.ts";
import { drawDetails } from "./details.ts";
import { drawMap } from "./drawing.ts";
import { drawFindings } from "./findings.ts";
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
    }),
  ].filter((block) => block.length > 0);
  return [
    ...blocks.flatMap((block, index) => (index === 0 ? block : ["", ...block])),
    ...(options.wide ? [...drawDetails(snapshot, map, theme), ""] : []),
    verdictLine(input, theme),
  ];
}

function drawHeader(snapshot: Snapshot, map: ControlPlaneMap, theme: Theme): readonly string[] {
  const cluster = valueOf(snapshot.cluster);
  const parts = [
    cluster?.name ?? snapshot.request.cluster,
    ...(cluster ? [cluster.region] : []),
    ...(cluster
      ? [map.mode === "unknown" ? "endpoint access unknown" : `${map.mode} endpoint`]
      : []),
    vantageWords(snapshot),
    formatMs(snapshot.durationMs),
  ];
  const [first = "", ...rest] = wrap(parts.join(" · "), theme.width, " · ").flatMap((line) =>
    line.length > theme.width ? wrap(line, theme.width) : [line],
  );
  return [
    theme.bold(first),
    ...rest,
    ...(cluster?.endpoint ? [theme.dim(hostAsGiven(cluster.endpoint.url))] : []),
    ...(snapshot.request.simulated ? [theme.warn("simulated: made in the lab, not on AWS")] : []),
  ];
}

/** The host as EKS spells it, upper case and all, so that it can be compared and copied. */
function hostAsGiven(url: string): string {
  return url.replace(/^https:\/\//, "").replace(/[/:].*$/, "");
}

function vantageWords({ vantage }: Snapshot): string {
  const from = vantage.sourceIps.length > 0 ? vantage.sourceIps : vantage.localIps;
  const where = from.slice(0, 2).join(", ") || vantage.hostname;
  const place = {
    yes: "inside the cluster VPC",
    no: "outside the cluster VPC",
    unknown: "inside the VPC or not: unknown",
  };
  return `from ${where} (${place[vantage.insideVpc]})`;
}

function verdictLine({ verdict }: ReportInput, theme: Theme): string {
  const paint = {
    healthy: theme.good,
    warning: theme.warn,
    failed: theme.bad,
    unknown: theme.warn,
    interrupted: theme.warn,
  }[verdict.status];
  const [word = "", ...numbers] = verdict.summary.split(" · ");
  return [theme.bold(paint(word)), ...numbers].join(" · ");
}
