import type { NodeReport } from "../../model/node/report.ts";
import { inOrder } from "../../node/join/flow-order.ts";
import { toAscii } from "../ascii.ts";
import { indented, say } from "../lines.ts";
import { verdictLine } from "../text/header.ts";
import type { Theme } from "../theme.ts";
import { drawNodeFindings } from "./findings.ts";
import { drawHeader } from "./header.ts";
import { drawInbound } from "./inbound.ts";
import { drawOutbound } from "./outbound.ts";
import { drawServers } from "./server-list.ts";
import { serversOf } from "./servers.ts";
import { wayContext } from "./ways.ts";
import { wrapParts } from "./words.ts";

/** How much is shown. */
export interface NodeTextOptions {
  /** The verdict only, in one line. */
  readonly quiet: boolean;
  /** Every connection, every check with its evidence, and all that was not seen. */
  readonly verbose: boolean;
}

/** A worker for a terminal: its connections, what is amiss with them, and what was not seen. */
export function renderNodeText(
  report: NodeReport,
  { quiet, verbose }: NodeTextOptions,
  theme: Theme,
): string {
  const lines = quiet
    ? [verdictLine({ verdict: safeVerdict(report, theme) }, theme)]
    : drawAll({ ...report, flows: inOrder(report.flows) }, verbose, theme);
  const text = `${lines.join("\n")}\n`;
  return theme.unicode ? text : toAscii(text);
}

function drawAll(report: NodeReport, verbose: boolean, theme: Theme): readonly string[] {
  const servers = serversOf(report);
  const context = wayContext(report.controlPlane, servers);
  return [
    drawHeader(report, verbose, theme),
    drawOutbound(report, context, verbose, theme),
    drawInbound(report, context, verbose, theme),
    drawServers(report, servers, theme),
    drawNodeFindings(report.findings, verbose, theme),
    drawBlind(report, verbose, theme),
    drawVerdict(report, theme),
  ]
    .filter((block) => block.length > 0)
    .flatMap((block, index) => (index === 0 ? block : ["", ...block]));
}

/** More of them would push the findings off the screen. */
const MAX_BLIND = 6;

function drawBlind({ snapshot }: NodeReport, verbose: boolean, theme: Theme): readonly string[] {
  const { blind } = snapshot;
  if (blind.length === 0) return [];
  const shown = verbose || blind.length <= MAX_BLIND ? blind : blind.slice(0, MAX_BLIND - 1);
  const left = blind.length - shown.length;
  return [
    theme.bold("not seen"),
    ...[...shown, ...(left > 0 ? [`and ${left} more, which -v shows`] : [])].flatMap((line) =>
      indented(say(line, theme), 2, theme).map((part) => theme.dim(part)),
    ),
  ];
}

/** Its separators stay as they are until it is painted. */
function safeVerdict({ verdict }: NodeReport, theme: Theme): NodeReport["verdict"] {
  const parts = verdict.summary.split(" · ").map((part) => say(part, theme));
  return { ...verdict, summary: parts.join(" · ") };
}

/** In one line where there is room for it. */
function drawVerdict(report: NodeReport, theme: Theme): readonly string[] {
  const verdict = safeVerdict(report, theme);
  const { summary } = verdict;
  const [first = "", ...rest] =
    summary.length <= theme.width ? [summary] : wrapParts(summary, theme.width - 2);
  return [
    verdictLine({ verdict: { ...verdict, summary: first } }, theme),
    ...rest.map((line) => `  ${line}`),
  ];
}
