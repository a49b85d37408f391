import type { NodeFlow } from "../../model/node/flow.ts";
import type { ServiceNat } from "../../model/node/nat.ts";
import type { NodeReport } from "../../model/node/report.ts";
import { kubernetesNat } from "../../node/checks/kubernetes-nat.ts";
import { shortEndpoint } from "../../node/words.ts";
import { indented, say } from "../lines.ts";
import type { Cell } from "../text/columns.ts";
import type { Theme } from "../theme.ts";
import { ageCell, letterCell, queueCell, times } from "./cells.ts";
import { type FlowLines, layFlows } from "./flow-table.ts";
import { drawLeft, drawNote, drawTitle, pickRows, whyNone } from "./picked.ts";
import { type FlowRow, rowsOf } from "./rows.ts";
import type { WrappedColumn } from "./table.ts";
import type { WayContext } from "./ways.ts";
import { ownerWords, shareWord, shorten } from "./words.ts";

const WHO: readonly WrappedColumn[] = [{ title: "PROCESS" }, { title: "POD OR UNIT" }];

const WHERE: readonly WrappedColumn[] = [
  { title: "TO", whole: true },
  { title: "VIA", whole: true },
  { title: "ADDRESS", whole: true },
  { title: "API" },
  { title: "AGE", right: true, expendable: 1 },
];

/** Which process goes where, by which way, and to which API server. */
export function drawOutbound(
  report: NodeReport,
  context: WayContext,
  verbose: boolean,
  theme: Theme,
): readonly string[] {
  const flows = report.flows.filter(({ direction }) => direction === "to-control-plane");
  const all = rowsOf(flows, report.snapshot, context);
  const { shown, left } = pickRows(all, verbose);
  return [
    drawTitle("worker → control plane", all, theme),
    ...(shown.length === 0
      ? drawNote(whyNone(report.snapshot) ?? noConnection(report), theme)
      : drawRows(shown, theme)),
    ...drawLeft(left, theme),
    ...drawServices(report, flows, verbose, theme),
    ...drawNotKnown(flows, theme),
  ];
}

/** Nobody can tell its connections where nothing tells its addresses. */
function noConnection({ controlPlane, snapshot }: NodeReport): string {
  const { vips, enis, others, service } = controlPlane;
  const isLost = [vips, enis, service].every(({ kind }) => kind !== "known") && others.length === 0;
  if (!isLost) return "no connection to it is open";
  const { kubelet } = snapshot;
  const why = kubelet.kind === "skipped" ? ` (${kubelet.reason})` : "";
  return `none can be told: nothing here says where the API servers are${why}`;
}

/**
 * In one line for each way, where no more than the names of pods have to be broken for that; else
 * each process in a line of its own, above where it goes.
 */
function drawRows(rows: readonly FlowRow[], theme: Theme): readonly string[] {
  const beside = rows.map(({ process, uid, ...row }): FlowLines => {
    const who = whoCells({ process, uid }, theme);
    return {
      lines: whereLines(row, theme).map((cells, index) => [
        ...who.map((cell) => (index === 0 ? cell : { text: "" })),
        ...cells,
      ]),
      queue: queueCell(row, theme),
    };
  });
  const inLine = layFlows([...WHO, ...WHERE], beside, theme, "  ");
  if (inLine.fits) return [inLine.header, ...inLine.rows.flat()];
  const alone = rows.map((row) => ({
    lines: whereLines(row, theme),
    queue: queueCell(row, theme),
  }));
  const below = layFlows(WHERE, alone, theme, "    ");
  const names = rows.map((row) => drawWho(row, theme));
  return [
    theme.dim(`  ${WHO.map(({ title }) => title).join("  ")}`),
    below.header,
    ...below.rows.flatMap((own, index) => {
      const [name = [], before = []] = [names[index], names[index - 1]];
      return name.join("\n") === before.join("\n") ? own : [...name, ...own];
    }),
  ];
}

type Owner = Pick<FlowRow, "process" | "uid">;

function whoCells(owner: Owner, theme: Theme): readonly Cell[] {
  const paint = owner.process === undefined ? theme.dim : undefined;
  return whoWords(owner).map((text) => ({ text, paint }));
}

function whoWords({ process, uid }: Owner): readonly [string, string] {
  return process === undefined
    ? ["not seen", uid === 0 ? "user root" : `user ${uid}`]
    : [process.name, ownerWords(process)];
}

function drawWho(owner: Owner, theme: Theme): readonly string[] {
  const text = whoWords(owner)
    .map((part) => shorten(part))
    .join("  ");
  return indented(say(text, theme), 2, theme);
}

type Way = Omit<FlowRow, "process" | "uid">;

/** Where it goes by each way; what is the same for all of them in the first line. */
function whereLines(row: Way, theme: Theme): readonly (readonly Cell[])[] {
  return row.ways.map((way, index) => [
    { text: index === 0 ? times(row.peer, row.count) : "" },
    { text: way.via },
    { text: way.end, paint: way.isGone ? theme.bad : undefined },
    letterCell(way, theme),
    index === 0 ? ageCell(row, theme) : { text: "" },
  ]);
}

/** One cluster has one service, and it may be in the rules of two back ends and of two families. */
const MAX_SERVICES = 4;
const MAX_TARGETS = 6;

/** Where the rules lead new connections, which the kernel's record of one does not tell. */
function drawServices(
  report: NodeReport,
  flows: readonly NodeFlow[],
  verbose: boolean,
  theme: Theme,
): readonly string[] {
  const shown = new Set(
    flows.flatMap(({ translation, seen }) =>
      translation.kind === "by-rules" ? [shortEndpoint(seen)] : [],
    ),
  );
  return kubernetesNat(report)
    .filter(({ service, targets }) => targets.length > 0 && !shown.has(shortEndpoint(service)))
    .slice(0, MAX_SERVICES)
    .flatMap((nat) => drawNote(serviceWords(nat, verbose), theme));
}

function serviceWords({ service, targets, chain, backend }: ServiceNat, verbose: boolean): string {
  const list = targets
    .slice(0, MAX_TARGETS)
    .map(({ to, probability }) =>
      probability === undefined
        ? shortEndpoint(to)
        : `${shortEndpoint(to)} (${shareWord(probability)})`,
    );
  const more = targets.length - list.length;
  const rest = more > 0 ? `, and ${more} more` : "";
  const by = verbose && chain !== undefined ? `${backend}, ${chain}` : backend;
  return `new connections to ${shortEndpoint(service)} go to ${list.join(", ")}${rest} by ${by}`;
}

/** Reasons are long, and the same for all. */
const MAX_REASONS = 2;

function drawNotKnown(flows: readonly NodeFlow[], theme: Theme): readonly string[] {
  const reasons = flows.flatMap(({ translation, seen }) =>
    translation.kind === "unknown"
      ? [`where ${shortEndpoint(seen)} leads is not known: ${translation.reason}`]
      : [],
  );
  return [...new Set(reasons)]
    .toSorted()
    .slice(0, MAX_REASONS)
    .flatMap((reason) => drawNote(reason, theme));
}
