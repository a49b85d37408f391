import { valueOf } from "../../../model/fact.ts";
import type { EventDraft } from "../../../model/watch/event.ts";
import type { KeptSeen } from "../../../model/watch/sample.ts";
import { UNREADY_AFTER, UP_AFTER } from "../../constants.ts";
import { hostName } from "../paths/path-words.ts";
import { draft, type Round } from "../step.ts";

/** What a server says of its own health. */
export interface Readiness {
  /** `unknown`: not ready yet, as far as is known: what starts has lost nothing. */
  readonly is: "unknown" | "ready" | "unready";
  /** Answers in a row that say otherwise. */
  readonly run: { readonly at: string; readonly count: number } | undefined;
  /** ISO 8601: the last answer that said what `is` says. */
  readonly at: string | undefined;
}

export const NOT_ASKED: Readiness = { is: "unknown", run: undefined, at: undefined };

interface Answer {
  readonly healthy: boolean;
  readonly at: string;
  readonly failing: readonly string[];
  readonly through: readonly string[];
}

/** `baseline`: it was there when the watch began, so that its first answer is how things are. */
export function trackReadiness(
  state: Readiness,
  round: Round,
  host: string,
  kept: readonly KeptSeen[],
  baseline: boolean,
): { readonly state: Readiness; readonly event: EventDraft | undefined } {
  const answer = answerOf(kept);
  if (answer === undefined) return { state, event: undefined };
  const says = answer.healthy ? "ready" : "unready";
  if (state.is === "unknown" && (answer.healthy || baseline)) {
    return { state: { is: says, run: undefined, at: answer.at }, event: undefined };
  }
  if (state.is === "unknown") return { state, event: undefined };
  if (state.is === says) {
    return { state: { ...state, run: undefined, at: answer.at }, event: undefined };
  }
  const run = { at: state.run?.at ?? answer.at, count: (state.run?.count ?? 0) + 1 };
  const enough = answer.healthy ? UP_AFTER : UNREADY_AFTER;
  if (run.count < enough) return { state: { ...state, run }, event: undefined };
  return {
    state: { is: says, run: undefined, at: answer.at },
    event: told(round, host, answer, run.at, state.at),
  };
}

/** One answer a round: where its connections disagree, the server is between the two. */
function answerOf(kept: readonly KeptSeen[]): Answer | undefined {
  const known = kept.flatMap(({ readyz, at, address }) => {
    const report = readyz && valueOf(readyz);
    return report === undefined ? [] : [{ ...report, at, address }];
  });
  const [first] = known;
  if (first === undefined || known.some(({ healthy }) => healthy !== first.healthy)) {
    return undefined;
  }
  return {
    healthy: first.healthy,
    at: first.at,
    failing: [...new Set(known.flatMap(({ failing }) => failing))],
    through: known.map(({ address }) => address),
  };
}

function told(
  round: Round,
  host: string,
  answer: Answer,
  at: string,
  after: string | undefined,
): EventDraft {
  const { healthy, failing, through } = answer;
  const [address] = through;
  const subject = { server: host, ...(address === undefined ? {} : { address }) };
  const more = { at, after, reportedAt: answer.at };
  const name = `API server ${hostName(host)}`;
  if (healthy) {
    return draft(round, "readyz-regained", "good", subject, `${name} is ready again`, {
      ...more,
      was: "not ready",
      is: "ready",
      evidence: ["/readyz answers that all checks pass"],
    });
  }
  return draft(round, "readyz-lost", "bad", subject, `${name} is not ready`, {
    ...more,
    was: "ready",
    is: "not ready",
    evidence:
      failing.length > 0 ? failing.map((check) => `/readyz: ${check} fails`) : ["/readyz fails"],
  });
}
