import type { EventDraft, Outage } from "../../../model/watch/event.ts";
import type { ProbeSeen } from "../../../model/watch/sample.ts";
import { DOUBTED_MAX_MS, DOWN_AFTER, UP_AFTER } from "../../constants.ts";
import { addressName, durationWords, elapsedMs } from "./path-words.ts";

/** Whether fresh connections to an address are answered. */
export interface PathState {
  readonly path: "up" | "down" | "never-up";
  readonly lastGoodAt: string | undefined;
  /** Those that failed since the last good one; while it is down, all since it went down. */
  readonly failing: Failing | undefined;
  /** Good ones in a row while it is not up yet. */
  readonly rising: { readonly at: string; readonly count: number } | undefined;
}

interface Failing {
  readonly startedAt: string;
  readonly lastAt: string;
  readonly attempts: number;
  readonly firstError: string;
  readonly lastError: string;
  /** The last one was answered, with a refusal of the caller. */
  readonly refused: boolean;
  /** Nothing at all was answered in the round of the first one. */
  readonly alone: boolean;
}

export const NO_PATH: PathState = {
  path: "never-up",
  lastGoodAt: undefined,
  failing: undefined,
  rising: undefined,
};

/** What else the round has to say to a single connection. */
export interface PathView {
  /** The first round: how things are, and no event. */
  readonly baseline: boolean;
  /** Failing is how a dropped address ends, and told by its drain. */
  readonly dropped: boolean;
  /** It may be about to be dropped: that is seen before it is told that it is down. */
  readonly doubted: boolean;
  /** DNS names it, and EC2 lists no ENI with it any more. */
  readonly orphaned: boolean;
  /** Another address answered 200 in the same round. */
  readonly othersAccepted: boolean;
  /** Any address was answered, and if not, whether several were asked. */
  readonly silence: boolean;
}

export interface PathStep {
  readonly state: PathState;
  readonly event: PathEvent | undefined;
}

type PathEvent = Pick<
  EventDraft,
  "kind" | "severity" | "what" | "at" | "after" | "reportedAt" | "was" | "is" | "evidence"
> & { readonly outage?: Outage };

type Verdict = "good" | "refused" | "bad" | "nothing";

/** One more fresh connection. */
export function trackPath(state: PathState, probe: ProbeSeen, view: PathView): PathStep {
  switch (verdictOf(probe, view, state.failing?.refused === true)) {
    case "nothing":
      return { state, event: undefined };
    case "good":
      return good(state, probe, view);
    case "refused":
      return bad(state, probe, true, view);
    case "bad":
      return bad(state, probe, false, view);
  }
}

/**
 * A refusal that others do not share is the server's, as of one that was scaled in; one that all
 * share is the caller's: then the way there is good, unless it was only ever refused.
 */
function verdictOf(probe: ProbeSeen, view: PathView, wasRefused: boolean): Verdict {
  const { status, failure } = probe;
  if (saysNothing(probe)) return "nothing";
  if (status === undefined || status >= 500) return "bad";
  if (status === 401 || status === 403) {
    if (view.othersAccepted) return "refused";
    return wasRefused ? "nothing" : "good";
  }
  const cut = failure?.phase === "body" && failure.code !== "body-unexpected-shape";
  return status === 200 && cut ? "bad" : "good";
}

/** It failed for a reason of this machine, and shows nothing of the address. */
export function saysNothing({ failure }: Pick<ProbeSeen, "failure">): boolean {
  const code = failure?.code;
  return code === "interrupted" || code === "deadline" || code === "tcp-local";
}

function good(state: PathState, probe: ProbeSeen, view: PathView): PathStep {
  const up: PathState = {
    path: "up",
    lastGoodAt: probe.at,
    failing: undefined,
    rising: undefined,
  };
  const first = state.failing === undefined || view.baseline;
  if (state.path === "up" || first) return { state: up, event: undefined };
  const rising = { at: state.rising?.at ?? probe.at, count: (state.rising?.count ?? 0) + 1 };
  if (rising.count < UP_AFTER) {
    return { state: { ...state, lastGoodAt: probe.at, rising }, event: undefined };
  }
  // That something was reached at last which had been dropped before is nobody's news.
  const untold = state.path === "never-up" && view.dropped;
  return { state: up, event: untold ? undefined : isUp(state, rising.at, probe) };
}

function isUp(state: PathState, at: string, probe: ProbeSeen): PathEvent {
  const { failing } = state;
  const name = addressName(probe.address);
  const failed = failing === undefined ? [] : errorsOf(failing);
  const common = { kind: "path-up", severity: "good", at, reportedAt: probe.at, is: "up" } as const;
  if (state.path === "never-up" || failing === undefined) {
    const what = `path ${name} was reached for the first time`;
    return { ...common, what, after: failing?.lastAt, was: undefined, evidence: failed };
  }
  const durationMs = Math.max(0, elapsedMs(failing.startedAt, at));
  return {
    ...common,
    what: `path ${name} is up again, after ${durationWords(durationMs)}`,
    after: failing.lastAt,
    was: "down",
    evidence: failed,
    outage: { ...outageOf(failing), endedAt: at, durationMs },
  };
}

function bad(state: PathState, probe: ProbeSeen, refused: boolean, view: PathView): PathStep {
  const failing = failingOn(state, probe, refused, view);
  const next: PathState = { ...state, failing, rising: undefined };
  const isTold = state.path === "up" && !view.baseline && !view.dropped;
  const isHeld = view.doubted && elapsedMs(failing.startedAt, probe.at) < DOUBTED_MAX_MS;
  if (!isTold || isHeld || failing.attempts < DOWN_AFTER) return { state: next, event: undefined };
  return { state: { ...next, path: "down" }, event: isDown(state, failing, probe, view) };
}

function failingOn(
  { failing, rising }: PathState,
  { at, address, status, failure }: ProbeSeen,
  refused: boolean,
  { silence }: PathView,
): Failing {
  const error = failure?.message ?? `${address} answered ${status ?? "nothing"}`;
  if (failing === undefined) {
    const once = { attempts: 1, firstError: error, lastError: error };
    return { startedAt: at, lastAt: at, ...once, refused, alone: silence };
  }
  const attempts = failing.attempts + (rising?.count ?? 0) + 1;
  return { ...failing, lastAt: at, attempts, lastError: error, refused };
}

function isDown(
  { lastGoodAt }: PathState,
  failing: Failing,
  probe: ProbeSeen,
  { silence, orphaned }: PathView,
): PathEvent {
  return {
    kind: "path-down",
    severity: "bad",
    what: `path ${addressName(probe.address)} is down`,
    at: failing.startedAt,
    after: lastGoodAt,
    reportedAt: probe.at,
    was: "up",
    is: "down",
    evidence: [
      ...errorsOf(failing),
      ...(orphaned ? [ORPHANED] : []),
      ...(failing.refused ? [SCALED_IN] : []),
      ...(failing.alone && silence ? [NOTHING_ANSWERS] : []),
    ],
    outage: { ...outageOf(failing), endedAt: undefined, durationMs: undefined },
  };
}

const ORPHANED = "EC2 lists no ENI with this IP any more, and DNS still names it";

const SCALED_IN =
  "another address answered 200 in the same round: an API server that was scaled in answers like that";

const NOTHING_ANSWERS =
  "no other address answered in these rounds, either: what they share may be at fault, such as the network here";

function errorsOf({ firstError, lastError }: Failing): readonly string[] {
  return firstError === lastError ? [firstError] : [firstError, lastError];
}

function outageOf(failing: Failing): Omit<Outage, "endedAt" | "durationMs"> {
  const { startedAt, attempts, firstError, lastError } = failing;
  return { startedAt, attempts, firstError, lastError };
}
