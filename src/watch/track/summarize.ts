import { compareIps } from "../../model/ip.ts";
import type { LoadReport } from "../../model/watch/load.ts";
import type { PathSummary, WatchSummary } from "../../model/watch/summary.ts";
import { blindLines } from "./sources/sources.ts";
import { eniIds, serverHosts, type TallyView } from "./tally.ts";
import type { WatchState } from "./track.ts";

/** Of what a watch knows, what its summary is made from. */
export type SummaryView = Pick<WatchState, "at" | "tally" | "sources"> &
  Pick<TallyView, "enis" | "servers">;

/** What a watch came to; undefined before its first round. */
export function summarize(
  state: SummaryView,
  cluster: string,
  end: WatchSummary["end"],
  load?: LoadReport,
): WatchSummary | undefined {
  const { tally, at } = state;
  if (tally.from === undefined || at === undefined) return undefined;
  const { folded, omitted, start } = tally;
  const paths = Object.entries(tally.paths)
    .map(([address, { attempts, answered, state: path, server }]): PathSummary => {
      return { address, attempts, answered, state: path, server };
    })
    .toSorted(({ address: a }, { address: b }) => compareAddresses(a, b));
  return {
    cluster,
    from: tally.from,
    until: at,
    samples: tally.samples,
    end,
    events: tally.events,
    paths,
    ...(folded.paths === 0 ? {} : { morePaths: folded }),
    outages: tally.outages,
    drains: tally.drains,
    omitted: omitted.outages + omitted.drains,
    blind: blindLines(state.sources),
    serversAtStart: start.servers,
    serversAtEnd: serverHosts(state.servers),
    enisAtStart: start.enis,
    enisAtEnd: eniIds(state.enis),
    liveLeasesAtStart: start.liveLeases,
    liveLeasesAtEnd: state.servers.liveLeases,
    load,
  };
}

/** By IP, then by port, each as a number. */
function compareAddresses(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  return compareIps(left.ip, right.ip) || left.port - right.port;
}

function parts(id: string): { readonly ip: string; readonly port: number } {
  const colon = id.lastIndexOf(":");
  const ip = id.slice(0, colon).replace(/^\[|\]$/g, "");
  return { ip, port: Number(id.slice(colon + 1)) };
}
