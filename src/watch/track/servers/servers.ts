import { isSameHost } from "../../../map/coverage.ts";
import type { EventDraft } from "../../../model/watch/event.ts";
import {
  LEASE_STALE_MS,
  MEMBERS_KEPT,
  SERVER_BACK_MS,
  SERVER_GONE_AFTER,
  SERVERS_KEPT,
} from "../../constants.ts";
import { own, withoutOwn } from "../own.ts";
import type { AddressesState } from "../paths/addresses.ts";
import { addressName, elapsedMs, hostName, latest } from "../paths/path-words.ts";
import { draft, type Round, type Step } from "../step.ts";
import { departureOf } from "./departures.ts";
import { holdReturn, type Incarnation, trackIncarnation, UNMET } from "./incarnations.ts";
import { isLive, type LeaseRead, leaseOf, readLeases, trackLease } from "./leases.ts";
import { NOT_ASKED, type Readiness, trackReadiness } from "./readiness.ts";
import { type Sighting, type Sightings, sightingsOf } from "./sightings.ts";
import { trackVersion, type VersionState } from "./versions.ts";

/** What is known of one API server, by its host. */
export interface ServerState {
  /** ISO 8601: first and last met on any path; of one that no path has met, by its live lease. */
  readonly firstMetAt: string;
  readonly lastMetAt: string;
  /** ISO 8601: last met on a path. */
  readonly metAt: string | undefined;
  /** ISO 8601: the round that first knew of it; what one round meets came at the same time. */
  readonly knownSince: string;
  /** It was there in the first round. */
  readonly baseline: boolean;
  /** Through which it was met, latest first. */
  readonly addresses: readonly string[];
  /** Rounds in a row in which others answered and it was not met, and the first of them. */
  readonly missed: number;
  readonly missedSince: string | undefined;
  readonly incarnation: Incarnation;
  readonly readiness: Readiness;
  readonly version: VersionState | undefined;
}

export interface ServersState {
  readonly byHost: Readonly<Record<string, ServerState>>;
  /** Leases that were renewed of late; undefined until they could be read. */
  readonly liveLeases: number | undefined;
  /** ISO 8601: the last round in which they could. */
  readonly leasesReadAt: string | undefined;
  /** Servers that are gone, the latest last: one may come back. */
  readonly gone: readonly {
    readonly host: string;
    readonly at: string;
    readonly state: ServerState;
  }[];
}

export const NO_SERVERS: ServersState = {
  byHost: {},
  liveLeases: undefined,
  leasesReadAt: undefined,
  gone: [],
};

/** All that the round says of servers. */
interface View {
  readonly round: Round;
  readonly addresses: AddressesState;
  readonly sightings: Sightings;
  readonly read: readonly LeaseRead[] | undefined;
  /** The leases were read in this round or lately: what they say counts. */
  readonly readable: boolean;
  readonly before: ServersState;
}

/** API servers that appear, restart, are replaced or gone; their certificates, versions, readiness. */
export function trackServers(
  state: ServersState,
  round: Round,
  addresses: AddressesState,
): Step<ServersState> {
  const { at } = round.sample;
  const read = readLeases(round.sample.lists);
  const leasesReadAt = read === undefined ? state.leasesReadAt : at;
  const sightings = sightingsOf(round, addresses);
  const before = { ...state, byHost: renamed(state.byHost, [...sightings.met.keys()]) };
  const readable = leasesReadAt !== undefined && elapsedMs(leasesReadAt, at) <= LEASE_STALE_MS;
  const view: View = { round, addresses, sightings, read, readable, before };
  const steps = hostsOf(view).map((host) => ({ host, ...trackServer(host, view) }));
  const present = Object.fromEntries(steps.map(({ host, state: next }) => [host, next]));
  const departed = departures(present, view);
  const hosts = departed.map(({ host }) => host);
  const gone = [
    ...before.gone.filter(({ host }) => own(present, host) === undefined),
    ...departed.map(({ host, server }) => ({ host, at, state: server })),
  ];
  return {
    state: {
      byHost: bounded(withoutOwn(present, hosts)),
      liveLeases: read === undefined ? state.liveLeases : read.filter(isLive).length,
      leasesReadAt,
      gone: gone.slice(-MEMBERS_KEPT),
    },
    events: [...steps.flatMap(({ events }) => events), ...departed.flatMap(departureEvents)],
  };
}

/** The known ones, those that were met, and those that only their leases show. */
function hostsOf({ before, sightings, read }: View): readonly string[] {
  const hosts = [...new Set([...Object.keys(before.byHost), ...sightings.met.keys()])];
  for (const { host, behindMs } of read ?? []) {
    if (host === undefined || !isLive({ behindMs })) continue;
    if (hosts.some((known) => isSameHost(known, host))) continue;
    hosts.push(before.gone.find((each) => isSameHost(each.host, host))?.host ?? host);
  }
  return hosts;
}

/** A lease may have the short name of a host of which a path shows the whole. */
function renamed(byHost: ServersState["byHost"], met: readonly string[]): ServersState["byHost"] {
  return Object.fromEntries(
    Object.entries(byHost).map(([host, server]) => {
      if (server.metAt !== undefined || met.includes(host)) return [host, server];
      const whole = met.find((name) => isSameHost(name, host));
      return [whole === undefined || own(byHost, whole) ? host : whole, server];
    }),
  );
}

interface ServerStep {
  readonly state: ServerState;
  readonly events: readonly EventDraft[];
}

function trackServer(host: string, view: View): ServerStep {
  const { round, sightings, read, readable } = view;
  const sighting = sightings.met.get(host);
  const known = own(view.before.byHost, host);
  const { state: start, event: arrival } =
    known === undefined ? arriving(host, sighting, view) : { state: known, event: undefined };
  const incarnation = trackIncarnation(start.incarnation, {
    round,
    host,
    sighting,
    broken: sightings.broken.has(host),
    metAt: start.metAt,
    read: leaseOf(read, host),
    lease: trackLease(start.incarnation.lease, read, host, round.sample.at),
    readable,
  });
  const kept = sighting?.kept ?? [];
  const readiness = trackReadiness(start.readiness, round, host, kept, start.baseline);
  const version = trackVersion(start.version, round, host, kept);
  const state: ServerState = {
    ...start,
    ...(sighting === undefined ? unmet(start, host, view) : meeting(start, sighting)),
    incarnation: incarnation.state,
    readiness: readiness.state,
    version: version.state,
  };
  const told = [arrival, incarnation.event, readiness.event, version.event];
  return { state, events: told.filter((event) => event !== undefined) };
}

function meeting(start: ServerState, { lastAt, addresses }: Sighting): Partial<ServerState> {
  const all = [...new Set([...addresses, ...start.addresses])];
  return {
    lastMetAt: latest([start.lastMetAt, lastAt]) ?? lastAt,
    metAt: lastAt,
    addresses: all.slice(0, MEMBERS_KEPT),
    missed: 0,
    missedSince: undefined,
  };
}

/** A round without any answer says nothing of a single server. */
function unmet(start: ServerState, host: string, view: View): Partial<ServerState> {
  const { round, sightings, read } = view;
  const { at } = round.sample;
  const lease = start.metAt === undefined ? leaseOf(read, host) : undefined;
  const lastMetAt = lease !== undefined && isLive(lease) ? at : start.lastMetAt;
  if (!sightings.anyAnswer) return { lastMetAt };
  const missed = Math.min(start.missed + 1, SERVER_GONE_AFTER);
  return { lastMetAt, missed, missedSince: start.missedSince ?? at };
}

interface Arrival {
  readonly state: ServerState;
  readonly event: EventDraft | undefined;
}

/** A server that was not known, or not any more. */
function arriving(host: string, sighting: Sighting | undefined, view: View): Arrival {
  const { round, before } = view;
  const { at } = round.sample;
  const first = sighting?.firstAt ?? at;
  const { baseline } = round;
  const gone = before.gone.find((each) => isSameHost(each.host, host));
  if (gone !== undefined && elapsedMs(gone.at, at) <= SERVER_BACK_MS) {
    const { state } = gone;
    const held = holdReturn(state.incarnation, first, state.lastMetAt, at);
    const anew = { missed: 0, missedSince: undefined };
    const incarnation = { ...state.incarnation, held };
    return { state: { ...state, ...anew, incarnation }, event: undefined };
  }
  const state: ServerState = {
    firstMetAt: first,
    lastMetAt: first,
    metAt: undefined,
    knownSince: at,
    baseline,
    addresses: [],
    missed: 0,
    missedSince: undefined,
    incarnation: UNMET,
    readiness: NOT_ASKED,
    version: undefined,
  };
  // The first list of leases shows what was there before, out of sight.
  const isNews = sighting !== undefined || before.leasesReadAt !== undefined;
  return { state, event: baseline || !isNews ? undefined : appeared(host, sighting, view) };
}

function appeared(host: string, sighting: Sighting | undefined, view: View): EventDraft {
  const { round, before } = view;
  const what = `API server ${hostName(host)} appeared`;
  if (sighting === undefined) {
    return draft(round, "server-appeared", "info", { server: host }, what, {
      after: before.leasesReadAt,
      is: host,
      evidence: ["its lease is renewed; no connection from here has met it yet"],
    });
  }
  const { firstAt, lastAt, addresses } = sighting;
  const isDoubtful = mayHaveBeenThere(host, addresses, view);
  const met = `API server ${hostName(host)} was met for the first time`;
  return draft(round, "server-appeared", "info", { server: host }, isDoubtful ? met : what, {
    at: firstAt,
    // Behind an address that nobody asked before it may have been for as long as nobody looked.
    after: addresses.some((id) => wasAsked(id, view)) ? round.previousAt : before.leasesReadAt,
    reportedAt: latest([round.sample.at, lastAt]) ?? lastAt,
    is: host,
    evidence: [
      `met through ${addresses.map(addressName).join(", ")}`,
      ...(isDoubtful ? [MAY_HAVE_BEEN] : []),
    ],
  });
}

/** Before this round. */
function wasAsked(id: string, { addresses, round }: View): boolean {
  const spells = own(addresses.byId, id)?.life.fresh ?? [];
  return spells.some(({ firstAt }) => firstAt < round.sample.at);
}

const MAY_HAVE_BEEN =
  "only behind a balanced address, and leases cannot be read: it may have been there before";

/** Behind an address that was balanced already, and not listed by any lease. */
function mayHaveBeenThere(host: string, ids: readonly string[], view: View): boolean {
  if (view.readable) return false;
  return ids.every((id) => {
    const others = own(view.addresses.byId, id)?.leadsTo.filter((other) => other !== host) ?? [];
    return others.length > 1;
  });
}

interface Departure {
  readonly host: string;
  readonly server: ServerState;
  readonly event: EventDraft;
}

function departures(
  present: Readonly<Record<string, ServerState>>,
  view: View,
): readonly Departure[] {
  const { round, addresses, read, readable } = view;
  return Object.entries(present).flatMap(([host, server]): Departure | readonly [] => {
    const event = departureOf(
      round,
      {
        ...server,
        host,
        lease: server.incarnation.lease,
        isRead: read !== undefined,
        readable,
      },
      addresses,
      (other) => own(present, other)?.knownSince,
    );
    return event === undefined ? [] : { host, server, event };
  });
}

/** That it is gone was told before, and its return was not. */
function departureEvents({ server, event }: Departure): readonly EventDraft[] {
  return server.incarnation.held?.kind === "return" ? [] : [event];
}

/** Far beyond what a control plane has; those that were not met for longest go first. */
function bounded(byHost: ServersState["byHost"]): ServersState["byHost"] {
  const entries = Object.entries(byHost);
  if (entries.length <= SERVERS_KEPT) return byHost;
  const latestFirst = entries.toSorted(([, a], [, b]) => elapsedMs(a.lastMetAt, b.lastMetAt));
  return Object.fromEntries(latestFirst.slice(0, SERVERS_KEPT));
}
