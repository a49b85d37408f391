import type { WireReply, WireRequest } from "../model/conversation.ts";
import type { Fact } from "../model/fact.ts";
import { known, skipped, unknown } from "../model/fact.ts";
import type { Inspection } from "../model/inspection.ts";
import type { BearerToken, ProbePlan, SocketPort } from "../model/ports.ts";
import { readLargeAnswer } from "./api-groups.ts";
import { readHealth } from "./health.ts";
import { leaseNamesOf } from "./lease-name.ts";
import { readReply } from "./reply.ts";
import {
  API,
  explained,
  get,
  given,
  isAbsent,
  LISTS,
  LIVEZ,
  READYZ,
  readIdentity,
  readLists,
  readState,
  VERSION,
} from "./requests.ts";
import { parseSelfSubjectReview, SELF_SUBJECT_REVIEW } from "./self-subject-review.ts";

/** What anyone may read: role `system:public-info-viewer`, less /version on EKS 1.32 and later. */
const PUBLIC: readonly WireRequest[] = [LIVEZ, READYZ, VERSION];

/** Any authenticated caller may read it; of all that is asked it alone never fits into one packet. */
const LARGE: WireRequest = get("/apis");

const GRANTED: readonly WireRequest[] = [SELF_SUBJECT_REVIEW, ...LISTS];

/**
 * Asks one API server about itself and the cluster over one fresh connection: /api twice, so that
 * the second shows what verifying the token cost the first, then everything else at once, and last
 * and by itself a large document: a path that loses full packets has the answers before it. Each
 * answer stands alone; what the caller may not read is unknown and says so. Without a token only
 * what anyone may read is asked for, the rest is skipped.
 *
 * `converse` is the SocketPort's. Never rejects for what a server does.
 */
export async function inspectServer(
  plan: ProbePlan,
  token: Promise<BearerToken | undefined>,
  signal: AbortSignal,
  converse: SocketPort["converse"],
): Promise<Inspection> {
  if (await isAbsent(token)) return inspectAnonymously(plan, token, signal, converse);
  const steps = [[API], [API], [...PUBLIC, ...GRANTED], [LARGE]];
  const { fingerprint, replies } = await converse(plan, token, steps, signal);
  const [first, ...later] = explained(replies.flat());
  const [second, livez, readyz, version, caller, ...lists] = later.slice(0, -1);
  const identity = readReply(given(first), "read /api", readIdentity);
  return {
    address: plan.address,
    serverAddress: identity.kind === "known" ? known(identity.value.serverAddress) : identity,
    leaseNames: identity.kind === "known" ? leaseNamesOf(identity.value.host) : [],
    fingerprint,
    livez: readHealth(given(livez), "/livez"),
    ...readState(given(readyz), given(version)),
    caller: readReply(given(caller), CREATE_REVIEW, parseSelfSubjectReview),
    ...readLists(lists),
    tokenCost: readTokenCost(given(first), given(second)),
    largeAnswer: readReply(given(later.at(-1)), "read /apis", readLargeAnswer),
    clockSkewMs: clockSkewOf(replies.flat()),
  };
}

const CREATE_REVIEW = "create a SelfSubjectReview, which API servers have since 1.28";

/**
 * HTTP/1.1 where the choice is free: recorded, kube-apiserver 1.36 answers an anonymous request over
 * HTTP/2 with a GOAWAY, and what had not reached it by then is lost.
 */
async function inspectAnonymously(
  plan: ProbePlan,
  token: Promise<BearerToken | undefined>,
  signal: AbortSignal,
  converse: SocketPort["converse"],
): Promise<Inspection> {
  const httpVersion = plan.httpVersion === "auto" ? "http1.1" : plan.httpVersion;
  const asked = await converse({ ...plan, httpVersion }, token, [PUBLIC], signal);
  const replies = asked.replies.flat();
  const [livez, readyz, version] = replies;
  const notAsked = skipped("not asked for without a token");
  return {
    address: plan.address,
    serverAddress: notAsked,
    leaseNames: [],
    fingerprint: asked.fingerprint,
    livez: readHealth(given(livez), "/livez"),
    ...readState(given(readyz), given(version)),
    caller: notAsked,
    leases: notAsked,
    serviceEndpoints: notAsked,
    tokenCost: notAsked,
    largeAnswer: notAsked,
    clockSkewMs: clockSkewOf(replies),
  };
}

function readTokenCost(first: WireReply, second: WireReply): Inspection["tokenCost"] {
  const firstMs = readTime(first);
  const secondMs = readTime(second);
  if (firstMs.kind !== "known") return firstMs;
  if (secondMs.kind !== "known") return secondMs;
  return known({ firstMs: firstMs.value, secondMs: secondMs.value });
}

/** A refusal is quick or slow for reasons of its own. */
function readTime(reply: WireReply): Fact<number> {
  return readReply(reply, "read /api", () =>
    reply.kind === "answered" ? known(reply.ttfbMs) : unknown(reply.failure),
  );
}

/** The quickest answer leaves the least doubt about when its Date was written. */
function clockSkewOf(replies: readonly WireReply[]): number | undefined {
  let best: { readonly ttfbMs: number; readonly skewMs: number } | undefined;
  for (const reply of replies) {
    if (reply.kind === "failed" || reply.clockSkewMs === undefined) continue;
    if (best === undefined || reply.ttfbMs < best.ttfbMs)
      best = { ttfbMs: reply.ttfbMs, skewMs: reply.clockSkewMs };
  }
  return best?.skewMs;
}
