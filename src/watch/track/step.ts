import type {
  EventDraft,
  EventKind,
  EventSeverity,
  EventSubject,
} from "../../model/watch/event.ts";
import type { WatchSample } from "../../model/watch/sample.ts";

/** What a tracker made of a round: its state after it, and what is to be told. */
export interface Step<State> {
  readonly state: State;
  readonly events: readonly EventDraft[];
}

/** The round, as every tracker sees it. */
export interface Round {
  readonly sample: WatchSample;
  /** ISO 8601: the round before; undefined in the first one. */
  readonly previousAt: string | undefined;
  /** Nobody has answered yet: what is met in this round is how things are, and no event. */
  readonly baseline: boolean;
  /** Of the watch, for what is reckoned in rounds. */
  readonly intervalMs: number;
}

/** A draft with the parts that most events share. */
export function draft(
  round: Round,
  kind: EventKind,
  severity: EventSeverity,
  subject: EventSubject,
  what: string,
  more: Partial<EventDraft> = {},
): EventDraft {
  return {
    kind,
    severity,
    subject,
    what,
    at: round.sample.at,
    after: round.previousAt,
    reportedAt: round.sample.at,
    was: undefined,
    is: undefined,
    evidence: [],
    ...more,
  };
}
