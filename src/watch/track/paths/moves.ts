import { unseenShareMax } from "../../../model/certainty.ts";
import type { EventDraft } from "../../../model/watch/event.ts";
import {
  CONFIRM_CONNECTIONS,
  GONE_AFTER_BALANCED,
  GONE_AFTER_BALANCED_MAX,
  GONE_CHANCE,
  MEMBERS_KEPT,
} from "../../constants.ts";
import { addressName, earliest, hostName, latest, listed } from "./path-words.ts";

/** Which API servers fresh connections to an address meet. */
export interface LeadsState {
  /** Latest first; several behind a balanced address. */
  readonly members: readonly Member[];
  /** Connections that met a known server; counted until there were enough to know what is normal. */
  readonly seen: number;
  readonly settled: boolean;
  readonly pending: Pending | undefined;
  /** What was last told, or is the baseline. */
  readonly told: readonly string[];
  /** Those of before it was balanced, or were balanced at first: when none is left, that is told. */
  readonly origin: readonly string[];
  /** Met once, and not again when that was looked into. */
  readonly strays: readonly string[];
  /** Fell out of a balanced address for not being met; to meet them again is no news. */
  readonly former: readonly Member[];
}

interface Member {
  readonly host: string;
  readonly lastAt: string;
  /** Connections since then, and the first of them. */
  readonly missed: number;
  readonly missedFrom: string | undefined;
  /** How often it was met, and of how many connections up to the last time: its share. */
  readonly met: number;
  readonly of: number;
}

/** A pinned address met another server than before. */
interface Pending {
  /** Others than before; `again`: not counting the very first difference. */
  readonly found: readonly { readonly host: string; readonly at: string; readonly again: number }[];
  /** How often the one before was met since. */
  readonly old: number;
}

export const NOWHERE: LeadsState = {
  members: [],
  seen: 0,
  settled: false,
  pending: undefined,
  told: [],
  origin: [],
  strays: [],
  former: [],
};

export interface Met {
  readonly host: string;
  /** ISO 8601 */
  readonly at: string;
}

export interface MoveStep {
  readonly state: LeadsState;
  readonly wantsConfirmation: boolean;
  readonly event: MoveEvent | undefined;
}

type MoveEvent = Pick<
  EventDraft,
  | "kind"
  | "severity"
  | "what"
  | "at"
  | "after"
  | "reportedAt"
  | "was"
  | "is"
  | "evidence"
  | "subject"
>;

/** The connections of one round that met a known server. `attempts`: all that were made. */
export function trackMoves(
  before: LeadsState,
  address: string,
  met: readonly Met[],
  attempts: number,
): MoveStep {
  const reportedAt = met.at(-1)?.at;
  // An address that does not answer is not asked more often for that.
  if (reportedAt === undefined) {
    return { state: before, wantsConfirmation: false, event: undefined };
  }
  const enough = attempts >= CONFIRM_CONNECTIONS && met.length * 2 >= CONFIRM_CONNECTIONS;
  const seen = Math.min(before.seen + met.length, CONFIRM_CONNECTIONS);
  const settled = before.settled || enough || seen === CONFIRM_CONNECTIONS;
  const state = { ...before, seen, settled };
  if (before.members.length === 0) {
    const first = told({ ...state, members: met.reduce(join, []) });
    return { state: first, wantsConfirmation: !settled, event: undefined };
  }
  const folded = met.reduce(meet, state);
  const isAsked = before.pending !== undefined || !before.settled;
  const { state: next, change } = settle(folded, enough && isAsked, before.settled);
  // Of an address that is new to the watch a mixture is how things are.
  const quiet = change === undefined || (change.mixed && !before.settled);
  return {
    state: change === undefined ? next : told(next, change.mixed && before.settled),
    wantsConfirmation: next.pending !== undefined || !settled,
    event: quiet ? undefined : moved(next, change, { address, reportedAt, count: met.length }),
  };
}

export function leadsTo({ members }: LeadsState): readonly string[] {
  return members.map(({ host }) => host);
}

/**
 * Whether an address that a server has fallen out of may well lead to it yet: had it the share that it
 * had before, missing it so often would not be out of the question.
 */
export function mayYetMeet({ former }: LeadsState, host: string): boolean {
  const member = former.find((each) => each.host === host);
  return member !== undefined && member.missed < patienceWith(member);
}

/**
 * By how often it was met (k of n connections) the chance of m misses in a row is (n / (n + m))^k,
 * whatever its share may be (gamma posterior). One that was met once may have any small share.
 */
function patienceWith({ met, of }: Member): number {
  const enough = of * (GONE_CHANCE ** (-1 / met) - 1);
  return Math.min(Math.max(GONE_AFTER_BALANCED, enough), GONE_AFTER_BALANCED_MAX);
}

/** What is known now is what the next change is held against. */
function told(state: LeadsState, keepOrigin = false): LeadsState {
  const hosts = leadsTo(state).toSorted();
  if (keepOrigin) return { ...state, told: hosts };
  return { ...state, told: hosts, origin: hosts, strays: [], former: [] };
}

function join(members: readonly Member[], met: Met): readonly Member[] {
  const known = members.find(({ host }) => host === met.host);
  const rest = missing(members, met);
  return [known ? metAgain(known, met) : newMember(met), ...rest].slice(0, MEMBERS_KEPT);
}

/** The others than the one that was met. */
function missing(members: readonly Member[], { host, at }: Met): readonly Member[] {
  return members
    .filter((member) => member.host !== host)
    .map((member) => ({
      ...member,
      missed: member.missed + 1,
      missedFrom: member.missedFrom ?? at,
    }));
}

function newMember({ host, at }: Met): Member {
  return { host, lastAt: at, missed: 0, missedFrom: undefined, met: 1, of: 1 };
}

function metAgain({ host, missed, met, of }: Member, { at }: Met): Member {
  return { host, lastAt: at, missed: 0, missedFrom: undefined, met: met + 1, of: of + missed + 1 };
}

function meet(state: LeadsState, met: Met): LeadsState {
  const { members, pending } = state;
  const back = state.former.find(({ host }) => host === met.host);
  const former = missing(state.former, met);
  if (members.length > 1 || back !== undefined) {
    const known = back === undefined ? members : [...members, back];
    return { ...state, members: join(known, met), former, pending: undefined };
  }
  if (members[0]?.host !== met.host) return { ...state, pending: find(pending, met) };
  if (pending !== undefined) return { ...state, pending: { ...pending, old: pending.old + 1 } };
  return { ...state, members: join(members, met), former };
}

function find(pending: Pending | undefined, { host, at }: Met): Pending {
  if (pending === undefined) return { found: [{ host, at, again: 0 }], old: 0 };
  const known = pending.found.find((each) => each.host === host);
  const next = { host, at: known?.at ?? at, again: (known?.again ?? 0) + 1 };
  const others = pending.found.filter((each) => each !== known);
  return { ...pending, found: [...others, next].slice(-MEMBERS_KEPT) };
}

interface Change {
  readonly was: readonly string[];
  readonly at: string | undefined;
  readonly after: string | undefined;
  /** Some of before are still met. */
  readonly mixed: boolean;
}

/** What the connections so far come to: an end of a question, or of a member. */
function settle(
  state: LeadsState,
  enough: boolean,
  isSettled: boolean,
): { readonly state: LeadsState; readonly change: Change | undefined } {
  const { pending, members } = state;
  const [pinned] = members;
  if (pending === undefined || pinned === undefined) return fallOut(state);
  const again = pending.found.reduce((sum, each) => sum + each.again, 0);
  if (!enough && again + pending.old < CONFIRM_CONNECTIONS) return { state, change: undefined };
  const closed: LeadsState = { ...state, pending: undefined };
  const strayed = pending.found.map(({ host }) => host);
  if (again === 0 && isSettled && !strayed.some((host) => state.strays.includes(host))) {
    const strays = [...state.strays, ...strayed].slice(-MEMBERS_KEPT);
    return { state: { ...closed, strays }, change: undefined };
  }
  const news = pending.found.filter((each) => each.again > 0 || again === 0);
  const mixed = pending.old > 0;
  return {
    state: { ...closed, members: [...news.map(newMember), ...(mixed ? [pinned] : [])] },
    change: {
      was: [pinned.host],
      at: earliest(news.map(({ at }) => at)),
      after: pinned.lastAt,
      mixed,
    },
  };
}

/** Members that were not met for long; of those only the last one of before is worth a word. */
function fallOut(state: LeadsState): ReturnType<typeof settle> {
  const stays = state.members.filter(({ missed }) => missed < GONE_AFTER_BALANCED);
  const fallen = state.members.filter((member) => !stays.includes(member));
  if (fallen.length === 0) return { state, change: undefined };
  const former = [...state.former, ...fallen].slice(-MEMBERS_KEPT);
  const next: LeadsState = { ...state, members: stays, former };
  if (stays.some(({ host }) => state.origin.includes(host))) {
    return { state: next, change: undefined };
  }
  return {
    state: next,
    change: {
      was: state.told,
      at: latest(fallen.map(({ missedFrom }) => missedFrom)),
      after: latest(fallen.map(({ lastAt }) => lastAt)),
      mixed: false,
    },
  };
}

function moved(
  state: LeadsState,
  { was, at, after }: Change,
  seen: { readonly address: string; readonly reportedAt: string; readonly count: number },
): MoveEvent {
  const { address, reportedAt, count } = seen;
  const is = leadsTo(state).toSorted();
  const [only] = is;
  return {
    kind: "path-moved",
    severity: "info",
    subject: is.length === 1 && only !== undefined ? { address, server: only } : { address },
    what: `path ${addressName(address)} leads to ${listed(is.map(hostName))} now`,
    at: at ?? reportedAt,
    after,
    reportedAt,
    was: listed(was),
    is: listed(is),
    evidence: [is.length > 1 ? BALANCED : pinnedBy(count)],
  };
}

const BALANCED = "fresh connections at the same time met several: it is balanced";

function pinnedBy(count: number): string {
  const share = Math.round(unseenShareMax(count) * 100);
  return `all of the last ${count} fresh connections met it: another server has at most ${share} % of them (95 %)`;
}
