import { compareIps } from "../../model/ip.ts";
import type { NodeFlow } from "../../model/node/flow.ts";
import type { NodeReport } from "../../model/node/report.ts";
import type { Theme } from "../theme.ts";
import { ageCell, letterCell, queueCell, times } from "./cells.ts";
import { layFlows } from "./flow-table.ts";
import { drawLeft, drawNote, drawTitle, pickRows, whyNone } from "./picked.ts";
import { type FlowRow, rowsOf } from "./rows.ts";
import type { WrappedColumn } from "./table.ts";
import type { WayContext } from "./ways.ts";
import { ownerWords } from "./words.ts";

const COLUMNS: readonly WrappedColumn[] = [
  { title: "FROM", whole: true },
  { title: "INTERFACE", whole: true, expendable: 2 },
  { title: "TO", whole: true },
  { title: "API" },
  { title: "AGE", right: true, expendable: 1 },
];

/** Who comes in to kubelet: the ENIs; everybody, where it is not known which those are. */
export function drawInbound(
  report: NodeReport,
  context: WayContext,
  verbose: boolean,
  theme: Theme,
): readonly string[] {
  const flows = report.flows.filter(({ direction }) => direction === "from-control-plane");
  const isOther = ({ address }: NodeFlow): boolean =>
    report.controlPlane.enis.kind === "known" && address?.kind === "unknown";
  const all = rowsOf(
    flows.filter((flow) => !isOther(flow)),
    report.snapshot,
    context,
  );
  const { shown, left } = pickRows(all, verbose);
  return [
    drawTitle("control plane → worker", all, theme),
    ...(shown.length === 0
      ? drawNote(
          whyNone(report.snapshot) ?? "none is open now: it opens one for logs, exec and the like",
          theme,
        )
      : drawRows(shown, theme)),
    ...drawLeft(left, theme),
    ...drawOthers(flows.filter(isOther), verbose, theme),
  ];
}

function drawRows(rows: readonly FlowRow[], theme: Theme): readonly string[] {
  const flows = rows.map((row) => ({
    lines: row.ways.map((way) => [
      { text: times(`${way.end} ${row.peer}`, row.count) },
      { text: row.eniId ?? "", paint: theme.dim },
      { text: ownEnd(row) },
      letterCell(way, theme),
      ageCell(row, theme),
    ]),
    queue: queueCell(row, theme),
  }));
  const { header, rows: lines } = layFlows(COLUMNS, flows, theme, "  ");
  return [header, ...lines.flat()];
}

/** `:10250 kubelet`; of a pod that listens there, which one. */
function ownEnd({ process, localPort }: FlowRow): string {
  if (process === undefined) return `:${localPort} not seen`;
  const owner = process.owner.kind === "unit" ? "" : ` ${ownerWords(process)}`;
  return `:${localPort} ${process.name}${owner}`;
}

/** More of them nobody looks through. */
const MAX_OTHERS = 6;

/** Metrics are collected from kubelet, too. */
function drawOthers(flows: readonly NodeFlow[], verbose: boolean, theme: Theme): readonly string[] {
  const byIp = new Map<string, number>();
  for (const { seen } of flows) byIp.set(seen.ip, (byIp.get(seen.ip) ?? 0) + 1);
  if (byIp.size === 0) return [];
  const all = [...byIp].toSorted(([a], [b]) => compareIps(a, b));
  const shown = verbose ? all : all.slice(0, MAX_OTHERS);
  const more = all.length - shown.length;
  const list = shown.map(([ip, count]) => times(ip, count)).join(", ");
  const rest = more > 0 ? `, and ${more} more` : "";
  const ports = [...new Set(flows.map(({ socket }) => socket.local.port))].toSorted(
    (a, b) => a - b,
  );
  return drawNote(
    `others at :${ports.join(", :")}, which are no ENIs (who scrapes metrics, for one): ${list}${rest}`,
    theme,
  );
}
