import type { EventDraft } from "../../../model/watch/event.ts";
import type { KeptSeen, ProbeSeen } from "../../../model/watch/sample.ts";
import { FOLLOW_MAX_MS, FOLLOWED_MAX, MEMBERS_KEPT, UNPROBED_AFTER } from "../../constants.ts";
import { own } from "../own.ts";
import { draft, type Round, type Step } from "../step.ts";
import { deadSince, type LifeState, lived, NO_LIFE, startDrain } from "./drain.ts";
import { droppedAt, endOf } from "./ends.ts";
import { type Hosts, hostOf, learn } from "./identity.ts";
import { type LeadsState, leadsTo, NOWHERE, trackMoves } from "./moves.ts";
import { isDoubted, isNamed, isOrphaned, type Naming, type Namings } from "./naming.ts";
import { elapsedMs, ipOf } from "./path-words.ts";
import { NO_PATH, type PathState, type PathView, trackPath } from "./paths.ts";
import { keptRefusal } from "./refusals.ts";

/** What is known of one address that is probed. */
export interface AddressState {
  /** Hosts of the API servers it leads to: one, or several behind a balanced one; latest first. */
  readonly leadsTo: readonly string[];
  readonly path: "up" | "down" | "never-up";
  /** More connections are wanted in the next round, to tell a move from a balanced address. */
  readonly wantsConfirmation: boolean;
  /** Nobody names it any more: followed until it is dead. */
  readonly dropped: boolean;
  /** The ENI that owned it is no more, whether DNS names it or not. */
  readonly eniDeleted: boolean;
  readonly fresh: PathState;
  readonly leads: LeadsState;
  readonly life: LifeState;
  /** Rounds in a row without a connection to it. */
  readonly unprobed: number;
}

export interface AddressesState {
  /** By Address.id. The dead ones are taken out. */
  readonly byId: Readonly<Record<string, AddressState>>;
  /** Whose certificate it is. */
  readonly hosts: Hosts;
  /** Ids taken out that were not dead when last heard of, the latest few. */
  readonly unfollowed: readonly string[];
}

export const NO_ADDRESSES: AddressesState = { byId: {}, hosts: {}, unfollowed: [] };

const NEW_ADDRESS: AddressState = {
  leadsTo: [],
  path: "never-up",
  wantsConfirmation: false,
  dropped: false,
  eniDeleted: false,
  fresh: NO_PATH,
  leads: NOWHERE,
  life: NO_LIFE,
  unprobed: 0,
};

/** Paths that go down, come up and move, and how a dropped address ends. */
export function trackAddresses(
  state: AddressesState,
  round: Round,
  namings: Namings,
): Step<AddressesState> & {
  /** IPs that need not be remembered as dropped. */ readonly forget: readonly string[];
} {
  const { probes, kept } = round.sample;
  const hosts = learnAll(state.hosts, probes, kept);
  const ids = new Set([
    ...Object.keys(state.byId),
    ...probes.map(({ address }) => address),
    ...kept.map(({ address }) => address),
  ]);
  const taken = [...ids].map((id) => ({
    id,
    ...trackAddress(own(state.byId, id) ?? NEW_ADDRESS, {
      id,
      round,
      hosts,
      naming: namings.get(ipOf(id)),
      probes: probes.filter(({ address }) => address === id),
      kept: kept.find(({ address }) => address === id),
    }),
  }));
  const tooMany = notFollowed(taken, namings);
  const steps = taken.map((step) =>
    tooMany.has(step.id) ? { ...step, end: "unknown" as const } : step,
  );
  const stays = steps.filter(({ end }) => end === undefined);
  const unfollowed = steps
    .filter(({ end, next }) => end === "unknown" && next.life.answeredAt !== undefined)
    .map(({ id }) => id);
  return {
    state: {
      byId: Object.fromEntries(stays.map(({ id, next }) => [id, next])),
      hosts,
      unfollowed: [...state.unfollowed.filter((id) => !ids.has(id)), ...unfollowed].slice(
        -MEMBERS_KEPT,
      ),
    },
    events: steps.flatMap(({ events }) => events),
    forget: forgotten(
      namings,
      stays.map(({ id }) => ipOf(id)),
    ),
  };
}

/** A name that leads to other addresses in every answer must not make every round longer. */
function notFollowed(
  steps: readonly (AddressStep & { readonly id: string })[],
  namings: Namings,
): ReadonlySet<string> {
  const since = ({ id }: { readonly id: string }): string => {
    const naming = namings.get(ipOf(id));
    return (naming && droppedAt(naming)) ?? "";
  };
  const dropped = steps.filter(({ end, next }) => end === undefined && next.dropped);
  if (dropped.length <= FOLLOWED_MAX) return new Set();
  const latestFirst = dropped.toSorted((a, b) => elapsedMs(since(a), since(b)));
  return new Set(latestFirst.slice(FOLLOWED_MAX).map(({ id }) => id));
}

/** Dropped ones of which nothing is probed any more, or never was. */
function forgotten(namings: Namings, probed: readonly string[]): readonly string[] {
  return [...namings]
    .filter(([ip, naming]) => !isNamed(naming) && !probed.includes(ip))
    .map(([ip]) => ip);
}

function learnAll(hosts: Hosts, probes: readonly ProbeSeen[], kept: readonly KeptSeen[]): Hosts {
  return [
    ...probes.map((probe) => ({ ...probe, named: probe.status === 200 })),
    ...kept.map((seen) => ({ ...seen, named: seen.server !== undefined })),
  ].reduce(learn, hosts);
}

interface Seen {
  readonly id: string;
  readonly round: Round;
  readonly hosts: Hosts;
  readonly naming: Naming | undefined;
  readonly probes: readonly ProbeSeen[];
  readonly kept: KeptSeen | undefined;
}

interface AddressStep {
  readonly next: AddressState;
  readonly events: readonly EventDraft[];
  /** It is not followed any more; `unknown`: and may still answer. */
  readonly end: "dead" | "unknown" | undefined;
}

function trackAddress(before: AddressState, seen: Seen): AddressStep {
  const { id, round, naming, probes, kept } = seen;
  const since = naming === undefined || isNamed(naming) ? undefined : droppedAt(naming);
  const dropped = since !== undefined;
  const path = foldPath(before.fresh, seen, viewOf(seen, dropped));
  const moves = trackMoves(before.leads, id, metBy(seen), probes.length);
  const moved = moves.event && draftOf(round, moves.event);
  const life = lived(before.life, probes, kept);
  const next: AddressState = {
    leadsTo: leadsTo(moves.state),
    path: path.state.path,
    wantsConfirmation: moves.wantsConfirmation,
    dropped,
    eniDeleted: naming?.leftEc2At !== undefined,
    fresh: path.state,
    leads: moves.state,
    life: drainingOf(life, path.state, since),
    unprobed: probes.length > 0 || kept !== undefined ? 0 : before.unprobed + 1,
  };
  const refused = dropped ? [] : refusals(before, life, seen);
  const events = [...path.events, ...(moved ? [moved] : []), ...refused];
  if (naming === undefined || since === undefined) {
    const lost = next.unprobed >= UNPROBED_AFTER && (naming === undefined || !isNamed(naming));
    return { next, events, end: lost ? "unknown" : undefined };
  }
  return followed({ next, events, end: undefined }, seen, naming, since);
}

function viewOf(seen: Seen, dropped: boolean): PathView {
  const { round, naming } = seen;
  return {
    baseline: round.baseline,
    dropped,
    doubted: naming !== undefined && isDoubted(naming),
    orphaned: naming !== undefined && isOrphaned(naming),
    ...company(seen),
  };
}

/** A dropped address, until it is dead, does not die, or is not looked at. */
function followed(step: AddressStep, seen: Seen, naming: Naming, since: string): AddressStep {
  const { round, id } = seen;
  const { life, unprobed } = step.next;
  const deadAt = deadSince(life);
  const given = elapsedMs(since, round.sample.at) >= FOLLOW_MAX_MS;
  if (deadAt === undefined && !given) {
    return unprobed >= UNPROBED_AFTER ? { ...step, end: "unknown" } : step;
  }
  const end = deadAt === undefined ? "unknown" : "dead";
  // What never answered anything cannot die: that it was dropped is all there is to tell.
  if (life.answeredAt === undefined) return { ...step, end };
  return { ...step, end, events: [...step.events, endOf(round, id, life, naming, deadAt)] };
}

/** Named again, it is an address like any other. */
function drainingOf(life: LifeState, path: PathState, since: string | undefined): LifeState {
  if (since === undefined) return life.drain === undefined ? life : { ...life, drain: undefined };
  if (life.drain !== undefined) return life;
  return startDrain(life, since, path.path === "down" ? path.failing?.startedAt : undefined);
}

function foldPath(
  before: PathState,
  { id, round, probes }: Seen,
  view: PathView,
): { readonly state: PathState; readonly events: readonly EventDraft[] } {
  let state = before;
  const events: EventDraft[] = [];
  for (const probe of probes) {
    const step = trackPath(state, probe, view);
    ({ state } = step);
    if (step.event) events.push(draftOf(round, { subject: { address: id }, ...step.event }));
  }
  return { state, events };
}

/** How the others fared in the same round. */
function company({ id, round }: Seen): Pick<PathView, "othersAccepted" | "silence"> {
  const { probes } = round.sample;
  const others = probes.filter(({ address }) => address !== id);
  return {
    othersAccepted: others.some(({ status }) => status === 200),
    silence: others.length > 0 && probes.every(({ status }) => status === undefined),
  };
}

function metBy({ probes, hosts }: Seen): readonly { readonly host: string; readonly at: string }[] {
  return probes.flatMap((probe) => {
    const host = hostOf(hosts, { ...probe, named: probe.status === 200 });
    return host === undefined ? [] : [{ host, at: probe.at }];
  });
}

/** Whose kept connection it is, its certificate says: one that is refused is told no name. */
function refusals(before: AddressState, life: LifeState, seen: Seen): readonly EventDraft[] {
  const { id, round, kept, probes, hosts } = seen;
  const host = kept && hostOf(hosts, { ...kept, named: kept.server !== undefined });
  const refusal = keptRefusal(before.life, life, { id, kept, probes, host });
  return refusal === undefined ? [] : [draftOf(round, refusal)];
}

function draftOf(
  round: Round,
  event: Pick<EventDraft, "kind" | "severity" | "subject" | "what"> & Partial<EventDraft>,
): EventDraft {
  const { kind, severity, subject, what, ...more } = event;
  return draft(round, kind, severity, subject, what, more);
}
