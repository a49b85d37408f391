import type { WatchEvent } from "../../model/watch/event.ts";
import type { WatchSample } from "../../model/watch/sample.ts";
import { type ClusterState, NO_CLUSTER, trackCluster } from "./discovery/cluster.ts";
import { type DnsState, isMissed, NO_DNS, trackDns } from "./discovery/dns.ts";
import { type EniState, NO_ENIS, trackEnis } from "./discovery/enis.ts";
import { type ListsState, NO_LISTS, trackLists } from "./discovery/lists.ts";
import { NO_UPDATES, trackUpdates, type UpdateState, updateDuring } from "./discovery/updates.ts";
import { type AddressesState, NO_ADDRESSES, trackAddresses } from "./paths/addresses.ts";
import { type Naming, type Namings } from "./paths/naming.ts";
import { NO_SERVERS, type ServersState, trackServers } from "./servers/servers.ts";
import { NO_SOURCES, type SourcesState, trackSources } from "./sources/sources.ts";
import type { Round } from "./step.ts";
import { NO_TALLY, type Tally, tally } from "./tally.ts";

/** All that a watch knows. Plain data, and no larger after a year than after an hour. */
export interface WatchState {
  /** Rounds so far, and the time of the last one. */
  readonly n: number;
  readonly at: string | undefined;
  /** Events so far. */
  readonly seq: number;
  /** Whether any address has answered so far. */
  readonly answered: boolean;
  readonly dns: DnsState;
  readonly enis: EniState;
  readonly cluster: ClusterState;
  readonly updates: UpdateState;
  readonly lists: ListsState;
  readonly addresses: AddressesState;
  readonly servers: ServersState;
  readonly sources: SourcesState;
  readonly tally: Tally;
}

export const NOTHING_SEEN: WatchState = {
  n: 0,
  at: undefined,
  seq: 0,
  answered: false,
  dns: NO_DNS,
  enis: NO_ENIS,
  cluster: NO_CLUSTER,
  updates: NO_UPDATES,
  lists: NO_LISTS,
  addresses: NO_ADDRESSES,
  servers: NO_SERVERS,
  sources: NO_SOURCES,
  tally: NO_TALLY,
};

export interface Tracked {
  readonly state: WatchState;
  readonly events: readonly WatchEvent[];
}

/**
 * What a round changes in what is known, and what of it is worth telling. Pure: the same rounds give
 * the same events, live, from a record and after a resume. What the first round sees is how things
 * are, and no event.
 */
export function track(state: WatchState, sample: WatchSample, intervalMs: number): Tracked {
  const round: Round = {
    sample,
    previousAt: state.at,
    baseline: !state.answered,
    intervalMs,
  };
  const cluster = trackCluster(state.cluster, round);
  const updates = trackUpdates(state.updates, round);
  const dns = trackDns(state.dns, round);
  const enis = trackEnis(state.enis, round);
  const lists = trackLists(state.lists, round);
  const namings = namingsOf(dns.state, enis.state);
  const addresses = trackAddresses(state.addresses, round, namings);
  const servers = trackServers(state.servers, round, addresses.state);
  const sources = trackSources(state.sources, round);
  const drafts = [sources, updates, cluster, dns, enis, lists, addresses, servers].flatMap(
    ({ events }) => events,
  );
  const events = drafts.map((draft, index): WatchEvent => {
    const during = updateDuring(updates.state, draft);
    const seq = state.seq + index + 1;
    // A round takes time: what it saw may be later than its start.
    const reportedAt = draft.at > draft.reportedAt ? draft.at : draft.reportedAt;
    return { seq, ...draft, reportedAt, ...(during === undefined ? {} : { during }) };
  });
  const next: WatchState = {
    n: sample.n,
    at: sample.at,
    seq: state.seq + events.length,
    answered: state.answered || sample.probes.some(({ status }) => status !== undefined),
    dns: { ...dns.state, left: without(dns.state.left, addresses.forget) },
    enis: { ...enis.state, left: without(enis.state.left, addresses.forget) },
    cluster: cluster.state,
    updates: updates.state,
    lists: lists.state,
    addresses: addresses.state,
    servers: servers.state,
    sources: sources.state,
    tally: state.tally,
  };
  return { state: { ...next, tally: tally(state.tally, sample, events, next) }, events };
}

function namingsOf(dns: DnsState, enis: EniState): Namings {
  const owners = new Map(
    Object.values(enis.listed ?? {}).map(({ id, privateIp }) => [privateIp, id]),
  );
  const ips = new Set([
    ...Object.keys(dns.named),
    ...owners.keys(),
    ...Object.keys(dns.left),
    ...Object.keys(enis.left),
  ]);
  return new Map(
    [...ips].map((ip): [string, Naming] => [
      ip,
      {
        dns: dns.named[ip]?.resolvers ?? [],
        eniId: owners.get(ip),
        leftDnsAt: dns.left[ip],
        leftEc2At: enis.left[ip],
        missedBy: {
          dns: isMissed(dns.named[ip]),
          ec2: Object.hasOwn(enis.missing, owners.get(ip) ?? ""),
        },
      },
    ]),
  );
}

function without<T>(
  record: Readonly<Record<string, T>>,
  keys: readonly string[],
): Readonly<Record<string, T>> {
  return keys.length === 0
    ? record
    : Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
}
