import type { EventDraft } from "../../../model/watch/event.ts";
import type { KeptSeen, ProbeSeen } from "../../../model/watch/sample.ts";
import type { LifeState } from "./drain.ts";
import { addressName, hostName } from "./path-words.ts";

type Refusal = Pick<
  EventDraft,
  "kind" | "severity" | "subject" | "what" | "at" | "after" | "was" | "is" | "evidence"
>;

/** What a refusal is seen by. */
export interface KeptView {
  /** Address.id */
  readonly id: string;
  readonly kept: KeptSeen | undefined;
  /** Of the same round. */
  readonly probes: readonly ProbeSeen[];
  /** Whose certificate the kept connection has. */
  readonly host: string | undefined;
}

/**
 * A kept connection that was accepted and is refused now, while fresh ones to the same address are
 * accepted: an API server that was scaled in holds its old connections, and answers 401 to them
 * (containers-roadmap 1810). Told once for each connection, at the second refusal.
 */
export function keptRefusal(
  before: LifeState,
  after: LifeState,
  { id, kept, probes, host }: KeptView,
): Refusal | undefined {
  const fresh = probes.find(({ status }) => status === 200);
  const spells = kept && secondRefusal(before, after, kept);
  if (kept === undefined || fresh === undefined || spells === undefined) return undefined;
  const by = byWhom(host);
  return {
    kind: "kept-refused",
    severity: "warn",
    subject: host === undefined ? { address: id } : { address: id, server: host },
    what: `old connections to ${addressName(id)} are refused${by}`,
    at: spells.refusedAt,
    after: spells.acceptedAt,
    was: "200",
    is: "401",
    evidence: [
      `the connection kept since ${kept.openedAt} is answered with 401${by}`,
      `fresh ones are accepted${byWhom(fresh.server)}: whoever holds an old one has to connect anew`,
    ],
  };
}

/** When it was last accepted and first refused, if this is the second refusal in a row. */
function secondRefusal(
  before: LifeState,
  after: LifeState,
  { openedAt, at }: KeptSeen,
): { readonly acceptedAt: string; readonly refusedAt: string } | undefined {
  if (before.kept?.openedAt !== openedAt) return undefined;
  const was = before.kept.spells.at(-1);
  const [good, refused] = after.kept?.spells.slice(-2) ?? [];
  if (good?.kind !== "200" || refused?.kind !== "401" || refused.lastAt !== at) return undefined;
  const isSecond = was?.firstAt === refused.firstAt && was.lastAt === refused.firstAt;
  return isSecond ? { acceptedAt: good.lastAt, refusedAt: refused.firstAt } : undefined;
}

function byWhom(host: string | undefined): string {
  return host === undefined ? "" : ` by ${hostName(host)}`;
}
