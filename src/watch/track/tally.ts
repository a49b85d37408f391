import type { Drain, EventKind, Outage, WatchEvent } from "../../model/watch/event.ts";
import type { WatchSample } from "../../model/watch/sample.ts";
import type { PathSummary } from "../../model/watch/summary.ts";
import { KEPT_FOR_SUMMARY } from "../constants.ts";
import type { EniState } from "./discovery/enis.ts";
import type { AddressState } from "./paths/addresses.ts";

/** Paths that are told one by one; of more, those that ended first are told as one number. */
export const MAX_TALLIED_PATHS = 1_000;

/** What the summary needs to remember. */
export interface Tally {
  /** ISO 8601. */
  readonly from: string | undefined;
  readonly samples: number;
  readonly events: Readonly<Partial<Record<EventKind, number>>>;
  /** By Address.id, in the order in which they were first met. */
  readonly paths: Readonly<Record<string, TalliedPath>>;
  /** Paths that ended and are in `paths` no more. */
  readonly folded: {
    readonly paths: number;
    readonly attempts: number;
    readonly answered: number;
  };
  readonly outages: readonly (Outage & { readonly address: string })[];
  readonly drains: readonly (Drain & { readonly address: string })[];
  /** That the two lists have no more room for. */
  readonly omitted: { readonly outages: number; readonly drains: number };
  /** As they were when they were first seen. */
  readonly start: {
    /** Hosts; empty until one was met. */
    readonly servers: readonly string[];
    readonly enis: readonly string[] | undefined;
    readonly liveLeases: number | undefined;
  };
}

export interface TalliedPath {
  readonly attempts: number;
  readonly answered: number;
  readonly state: PathSummary["state"];
  /** Host of the API server it last led to. */
  readonly server: string | undefined;
  /** Whether it is still asked. */
  readonly followed: boolean;
  /** ISO 8601: the last round that asked it. */
  readonly lastAskedAt: string;
}

export const NO_TALLY: Tally = {
  from: undefined,
  samples: 0,
  events: {},
  paths: {},
  folded: { paths: 0, attempts: 0, answered: 0 },
  outages: [],
  drains: [],
  omitted: { outages: 0, drains: 0 },
  start: { servers: [], enis: undefined, liveLeases: undefined },
};

/** What is known after the round. */
export interface TallyView {
  readonly enis: Pick<EniState, "listed">;
  readonly addresses: { readonly byId: Readonly<Record<string, TalliedAddress>> };
  readonly servers: {
    readonly byHost: Readonly<Record<string, unknown>>;
    readonly liveLeases: number | undefined;
  };
}

type TalliedAddress = Pick<AddressState, "path" | "leadsTo"> & {
  readonly fresh?: Pick<AddressState["fresh"], "failing">;
};

/** Counts a round in. Bounded in size however long the watch is. */
export function tally(
  before: Tally,
  sample: WatchSample,
  events: readonly WatchEvent[],
  view: TallyView,
): Tally {
  const { start } = before;
  return {
    from: before.from ?? sample.at,
    samples: before.samples + 1,
    events: countKinds(before.events, events),
    ...foldEnded(countPaths(before.paths, sample, events, view.addresses), before.folded),
    ...withOpen(countTales(before, events), view.addresses),
    start: {
      servers: start.servers.length > 0 ? start.servers : serverHosts(view.servers),
      enis: start.enis ?? eniIds(view.enis),
      liveLeases: start.liveLeases ?? view.servers.liveLeases,
    },
  };
}

/** In order of name. */
export function serverHosts({ byHost }: TallyView["servers"]): readonly string[] {
  return Object.keys(byHost).toSorted();
}

/** In order of id; undefined while EC2 has not told. */
export function eniIds({ listed }: TallyView["enis"]): readonly string[] | undefined {
  return listed === undefined ? undefined : Object.keys(listed).toSorted();
}

function countKinds(before: Tally["events"], events: readonly WatchEvent[]): Tally["events"] {
  if (events.length === 0) return before;
  const counts = { ...before };
  for (const { kind } of events) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function countPaths(
  before: Tally["paths"],
  { at, probes }: WatchSample,
  events: readonly WatchEvent[],
  { byId }: TallyView["addresses"],
): Map<string, TalliedPath> {
  const paths = new Map(Object.entries(before));
  for (const { address, status, server } of probes) {
    const path = paths.get(address);
    paths.set(address, {
      attempts: (path?.attempts ?? 0) + 1,
      answered: (path?.answered ?? 0) + (isAnswer(status) ? 1 : 0),
      state: path?.state ?? "never-up",
      server: server ?? path?.server,
      followed: path?.followed ?? true,
      lastAskedAt: at,
    });
  }
  // An address that was given up while it still answered is not dead.
  const givenUp = new Set(
    events.flatMap(({ drain, subject: { address } }) =>
      drain === undefined || drain.deadAt !== undefined ? [] : [address],
    ),
  );
  for (const [id, path] of paths) {
    paths.set(id, standing(path, Object.hasOwn(byId, id) ? byId[id] : undefined, givenUp.has(id)));
  }
  return paths;
}

/** A refusal is one, too: with --anonymous there is no other. */
function isAnswer(status: number | undefined): boolean {
  return status !== undefined && status < 500;
}

function standing(
  path: TalliedPath,
  known: TalliedAddress | undefined,
  isGivenUp: boolean,
): TalliedPath {
  if (known !== undefined) {
    const server = known.leadsTo[0] ?? path.server;
    return { ...path, state: known.path, server, followed: true };
  }
  if (!path.followed) return path;
  return { ...path, state: isGivenUp ? path.state : "dead", followed: false };
}

/** Takes out the paths that ended longest ago, once there are too many. */
function foldEnded(
  paths: Map<string, TalliedPath>,
  before: Tally["folded"],
): Pick<Tally, "paths" | "folded"> {
  const excess = paths.size - MAX_TALLIED_PATHS;
  if (excess <= 0) return { paths: Object.fromEntries(paths), folded: before };
  const oldest = [...paths]
    .filter(([, { followed }]) => !followed)
    .toSorted(([, a], [, b]) => (a.lastAskedAt < b.lastAskedAt ? -1 : 1))
    .slice(0, excess);
  let folded = before;
  for (const [id, { attempts, answered }] of oldest) {
    paths.delete(id);
    folded = {
      paths: folded.paths + 1,
      attempts: folded.attempts + attempts,
      answered: folded.answered + answered,
    };
  }
  return { paths: Object.fromEntries(paths), folded };
}

function countTales(
  before: Tally,
  events: readonly WatchEvent[],
): Pick<Tally, "outages" | "drains" | "omitted"> {
  let { outages, drains, omitted } = before;
  for (const { outage, drain, subject } of events) {
    const { address } = subject;
    if (address === undefined) continue;
    if (outage !== undefined) {
      outages = withOutage(outages, { ...outage, address }, omitted.outages > 0);
    }
    if (drain !== undefined) drains = [...drains, { ...drain, address }];
    const excess = {
      outages: Math.max(0, outages.length - KEPT_FOR_SUMMARY),
      drains: Math.max(0, drains.length - KEPT_FOR_SUMMARY),
    };
    outages = outages.slice(excess.outages);
    drains = drains.slice(excess.drains);
    omitted = {
      outages: omitted.outages + excess.outages,
      drains: omitted.drains + excess.drains,
    };
  }
  return { outages, drains, omitted };
}

/** Of an outage that lasts, more failed by now than when it was told. */
function withOpen(
  tales: Pick<Tally, "outages" | "drains" | "omitted">,
  { byId }: TallyView["addresses"],
): Pick<Tally, "outages" | "drains" | "omitted"> {
  if (tales.outages.every(({ endedAt }) => endedAt !== undefined)) return tales;
  const outages = tales.outages.map((outage) => {
    const { address, startedAt, endedAt } = outage;
    const failing = Object.hasOwn(byId, address) ? byId[address]?.fresh?.failing : undefined;
    if (endedAt !== undefined || failing?.startedAt !== startedAt) return outage;
    return { ...outage, attempts: failing.attempts, lastError: failing.lastError };
  });
  return { ...tales, outages };
}

/** An outage is told when it begins and when it ends, and is one. */
function withOutage(
  outages: Tally["outages"],
  outage: Tally["outages"][number],
  someOmitted: boolean,
): Tally["outages"] {
  const place = outages.findLastIndex(
    ({ address, startedAt }) => address === outage.address && startedAt === outage.startedAt,
  );
  if (place !== -1) return outages.with(place, outage);
  // Its beginning was left out, and counted so.
  const isOlder = outage.startedAt < (outages[0]?.startedAt ?? "");
  return outage.endedAt !== undefined && someOmitted && isOlder ? outages : [...outages, outage];
}
