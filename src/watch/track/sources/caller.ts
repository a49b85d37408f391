import type { EventDraft } from "../../../model/watch/event.ts";
import type { ProbeSeen } from "../../../model/watch/sample.ts";
import { REFUSED_AFTER } from "../../constants.ts";
import { draft, type Round, type Step } from "../step.ts";
import { shown } from "../words.ts";

/** How the API servers take the caller. */
export interface CallerState {
  /** ISO 8601: the latest 200 of any address. */
  readonly acceptedAt: string | undefined;
  /** Rounds in a row in which every address that answered refused the caller. */
  readonly refusals: number;
  /** ISO 8601: the first and the last refusal of those rounds. */
  readonly refusedFrom: string | undefined;
  readonly refusedAt: string | undefined;
  readonly isRefused: boolean;
}

export const NO_CALLER: CallerState = {
  acceptedAt: undefined,
  refusals: 0,
  refusedFrom: undefined,
  refusedAt: undefined,
  isRefused: false,
};

/** Longest list of addresses in the evidence. */
const MAX_TOLD = 10;

/**
 * A caller that was accepted and is refused by every address that answers: its token or its rights,
 * and not the paths. One refused from the start was never accepted, and is no event.
 */
export function trackCaller(state: CallerState, round: Round): Step<CallerState> {
  const answered = round.sample.probes.filter(({ status }) => status !== undefined);
  const [first] = answered;
  const last = answered.at(-1);
  if (first === undefined || last === undefined) return { state, events: [] };
  const accepted = answered.findLast(({ status }) => status === 200);
  if (accepted !== undefined) {
    const events = state.isRefused ? [acceptedEvent(round, state, answered)] : [];
    return { state: { ...NO_CALLER, acceptedAt: accepted.at }, events };
  }
  if (!answered.every(({ status }) => status === 401 || status === 403)) {
    // A 500 says nothing of the caller; but not everyone refuses it.
    const { acceptedAt, isRefused } = state;
    const next = isRefused ? state : { ...NO_CALLER, acceptedAt };
    return { state: next, events: [] };
  }
  const refusals = Math.min(state.refusals + 1, REFUSED_AFTER);
  const isRefused =
    state.isRefused || (refusals >= REFUSED_AFTER && state.acceptedAt !== undefined);
  const next: CallerState = {
    acceptedAt: state.acceptedAt,
    refusals,
    refusedFrom: state.refusedFrom ?? first.at,
    refusedAt: last.at,
    isRefused,
  };
  const events = isRefused && !state.isRefused ? [refusedEvent(round, next, answered)] : [];
  return { state: next, events };
}

function refusedEvent(
  round: Round,
  { refusedFrom, acceptedAt }: CallerState,
  answered: readonly ProbeSeen[],
): EventDraft {
  const statuses = [...new Set(answered.map(({ status }) => String(status)))].toSorted();
  return draft(
    round,
    "caller-refused",
    "bad",
    {},
    `caller is refused by every address that answers (${statuses.join(", ")})`,
    {
      at: refusedFrom ?? round.sample.at,
      after: acceptedAt,
      was: "200",
      is: statuses.join(", "),
      evidence: answerLines(answered),
    },
  );
}

function acceptedEvent(
  round: Round,
  { refusedAt }: CallerState,
  answered: readonly ProbeSeen[],
): EventDraft {
  const accepting = answered.filter(({ status }) => status === 200);
  return draft(round, "caller-accepted", "good", {}, "caller is accepted again", {
    at: accepting[0]?.at ?? round.sample.at,
    after: refusedAt,
    is: "200",
    evidence: answerLines(accepting),
  });
}

function answerLines(probes: readonly ProbeSeen[]): readonly string[] {
  const lines = new Set(
    probes.map(({ address, status }) => `${shown(address)} answered ${status ?? "nothing"}`),
  );
  const told = [...lines].slice(0, MAX_TOLD);
  const more = lines.size - told.length;
  return more === 0 ? told : [...told, `and ${more} more`];
}
