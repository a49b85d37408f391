import type { Failure, FailureCode } from "../../../model/failure.ts";
import type { DrainSide } from "../../../model/watch/event.ts";
import type { KeptSeen, ProbeSeen } from "../../../model/watch/sample.ts";
import { DEAD_AFTER, KEPT_UNHEARD_AFTER } from "../../constants.ts";
import { latest } from "./path-words.ts";
import { saysNothing } from "./paths.ts";

/** How an address answers, in the way that tells how it ends; written down before it is dropped, too. */
export interface LifeState {
  readonly fresh: readonly Spell[];
  /** Of the connection that is open now, or was last. */
  readonly kept: KeptLife | undefined;
  /** Fresh connections without any answer, since the last one that had one. */
  readonly silent: { readonly since: string; readonly count: number } | undefined;
  /** ISO 8601: any status, on any connection. */
  readonly answeredAt: string | undefined;
  /** From when it is dropped. */
  readonly drain: DrainState | undefined;
}

interface KeptLife {
  readonly openedAt: string;
  readonly spells: readonly Spell[];
  readonly endedAt: string | undefined;
  /** Rounds in a row that did not mention it. */
  readonly unheard: number;
}

/** The same outcome several times in a row. */
interface Spell {
  readonly kind: Outcome;
  readonly firstAt: string;
  readonly lastAt: string;
}

type Outcome = "200" | "401" | "reset" | "timeout" | "other";

export interface DrainState {
  readonly fresh: DrainSide;
  readonly kept: DrainSide;
  /** It had been told to be down when it was dropped, since then. */
  readonly downSince: string | undefined;
}

export const NO_LIFE: LifeState = {
  fresh: [],
  kept: undefined,
  silent: undefined,
  answeredAt: undefined,
  drain: undefined,
};

/**
 * EC2 is not asked often, and believed only when it says so twice: the spells have to reach back to
 * when it first lacked an address, and a flapping one has many.
 */
const SPELLS_KEPT = 16;

export function lived(
  state: LifeState,
  probes: readonly ProbeSeen[],
  kept: KeptSeen | undefined,
): LifeState {
  return liveKept(probes.reduce(liveFresh, state), kept, probes.length > 0);
}

function liveFresh(state: LifeState, probe: ProbeSeen): LifeState {
  if (saysNothing(probe)) return state;
  const { at, status, failure } = probe;
  const outcome = status === undefined ? failed(failure) : answered(status);
  const silent = { since: state.silent?.since ?? at, count: (state.silent?.count ?? 0) + 1 };
  return {
    ...state,
    fresh: addSpell(state.fresh, outcome, at),
    silent: status === undefined ? silent : undefined,
    answeredAt: status === undefined ? state.answeredAt : latest([state.answeredAt, at]),
    drain: state.drain && { ...state.drain, fresh: mark(state.drain.fresh, outcome, at) },
  };
}

function liveKept(state: LifeState, seen: KeptSeen | undefined, asked: boolean): LifeState {
  const before = state.kept;
  if (seen === undefined) {
    if (before === undefined || !asked) return state;
    const unheard = Math.min(before.unheard + 1, KEPT_UNHEARD_AFTER);
    return { ...state, kept: { ...before, unheard } };
  }
  const { at, outcome } = seen;
  const word = outcome.kind === "answered" ? answered(outcome.status) : endedBy(before, seen);
  if (word === undefined) return state;
  const answeredAt =
    outcome.kind === "answered" ? latest([state.answeredAt, at]) : state.answeredAt;
  const drain = state.drain && { ...state.drain, kept: mark(state.drain.kept, word, at) };
  return { ...state, kept: keptLife(before, seen, word), answeredAt, drain };
}

/** Undefined for what this machine did, and for one that could not be opened anew: it never was. */
function endedBy(
  before: KeptLife | undefined,
  { openedAt, outcome }: KeptSeen,
): Outcome | undefined {
  if (outcome.kind === "answered" || saysNothing(outcome)) return undefined;
  const isNew = before?.openedAt !== openedAt;
  return isNew && before?.endedAt !== undefined ? undefined : failed(outcome.failure);
}

function keptLife(
  before: KeptLife | undefined,
  { at, openedAt, outcome }: KeptSeen,
  word: Outcome,
): KeptLife {
  const same = before?.openedAt === openedAt ? before : undefined;
  return {
    openedAt,
    spells: addSpell(same?.spells ?? [], word, at),
    endedAt: outcome.kind === "answered" ? undefined : (same?.endedAt ?? at),
    unheard: 0,
  };
}

function answered(status: number): Outcome {
  if (status === 200) return "200";
  return status === 401 ? "401" : "other";
}

/** Ended in order and by GOAWAY are a reset to whoever wanted to go on. */
const RESETS: readonly FailureCode[] = ["tcp-reset", "tls-reset", "http-reset", "body-reset"];

const SILENCES: readonly FailureCode[] = [
  "tcp-timeout",
  "tls-timeout",
  "http-timeout",
  "body-timeout",
  "tcp-refused",
  "tcp-unreachable",
];

function failed(failure: Failure | undefined): Outcome {
  if (failure === undefined) return "other";
  if (RESETS.includes(failure.code)) return "reset";
  return SILENCES.includes(failure.code) ? "timeout" : "other";
}

function addSpell(spells: readonly Spell[], kind: Outcome, at: string): readonly Spell[] {
  const last = spells.at(-1);
  if (last?.kind === kind) return [...spells.slice(0, -1), { ...last, lastAt: at }];
  return [...spells, { kind, firstAt: at, lastAt: at }].slice(-SPELLS_KEPT);
}

const UNSEEN: DrainSide = {
  last200At: undefined,
  first401At: undefined,
  firstResetAt: undefined,
  firstTimeoutAt: undefined,
};

function mark(side: DrainSide, kind: Outcome, at: string): DrainSide {
  switch (kind) {
    case "200":
      return { ...side, last200At: at };
    case "401":
      return { ...side, first401At: side.first401At ?? at };
    case "reset":
      return { ...side, firstResetAt: side.firstResetAt ?? at };
    case "timeout":
      return { ...side, firstTimeoutAt: side.firstTimeoutAt ?? at };
    case "other":
      return side;
  }
}

/**
 * It was dropped at `droppedAt`, which is known only now: what has happened since belongs to how it
 * ends, and so does the failing that it is in, even where that began before.
 */
export function startDrain(
  state: LifeState,
  droppedAt: string,
  downSince: string | undefined,
): LifeState {
  const drain: DrainState = {
    fresh: sideOf(state.fresh, droppedAt),
    kept: sideOf(state.kept?.spells ?? [], droppedAt),
    downSince,
  };
  return { ...state, drain };
}

function sideOf(spells: readonly Spell[], droppedAt: string): DrainSide {
  const lastGood = spells.findLastIndex(({ kind }) => kind === "200");
  return spells.reduce((side, { kind, firstAt, lastAt }, index) => {
    if (kind === "200") return { ...side, last200At: lastAt };
    return index > lastGood || lastAt >= droppedAt ? mark(side, kind, firstAt) : side;
  }, UNSEEN);
}

/** Nothing answers any more: since when. Undefined while something may. */
export function deadSince({ silent, kept }: LifeState): string | undefined {
  if (silent === undefined || silent.count < DEAD_AFTER) return undefined;
  if (kept === undefined) return silent.since;
  if (kept.endedAt === undefined && kept.unheard < KEPT_UNHEARD_AFTER) return undefined;
  return latest([silent.since, kept.endedAt]);
}
