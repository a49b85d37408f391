import type { WireReply, WireRequest } from "../../model/conversation.ts";
import type { EchoFilter } from "../../model/echo.ts";
import type { Failure } from "../../model/failure.ts";
import type { Clock } from "../../model/ports.ts";
import type { Deadline } from "../deadline.ts";
import { exchange } from "./exchange.ts";
import { echoFailure } from "./failure.ts";
import type { HttpConnection, HttpPeer } from "./http.ts";
import { readHttpFacts } from "./http-facts.ts";
import { planRequest } from "./request.ts";

/** A list of Leases or EndpointSlices is larger than /api; nothing that is asked for is this large. */
const MAX_REPLY_BYTES = 1024 * 1024;

/** A connection that takes requests, and what all of them carry. */
export interface Opened {
  readonly http: HttpConnection;
  readonly peer: HttpPeer;
}

/**
 * The requests over one connection, at once over HTTP/2 and one after another over HTTP/1.1, within
 * one deadline. Replies in the order of the requests.
 */
export async function runStep(
  opened: Opened,
  step: readonly WireRequest[],
  clock: Clock,
  deadline: Deadline,
): Promise<readonly WireReply[]> {
  if (opened.http.version === "2")
    return Promise.all(step.map((request) => ask(opened, request, clock, deadline)));
  const replies: WireReply[] = [];
  // oxlint-disable-next-line eslint/no-await-in-loop -- HTTP/1.1 has one request at a time
  for (const request of step) replies.push(await ask(opened, request, clock, deadline));
  return replies;
}

async function ask(
  { http, peer }: Opened,
  request: WireRequest,
  clock: Clock,
  deadline: Deadline,
): Promise<WireReply> {
  const { head, body, bodyBytes, failure } = await exchange(
    peer.target,
    MAX_REPLY_BYTES,
    clock,
    deadline,
    (sink) => http.send(planRequest(peer, request), sink),
  );
  if (failure !== undefined) return { kind: "failed", failure };
  // An answer that came to its end has a header.
  if (head === undefined) throw new Error("an answer without a header");
  const { status, clockSkewMs, retryAfterSeconds, flowSchemaUid, priorityLevelUid } = readHttpFacts(
    head,
    http.version,
    bodyBytes,
  );
  return {
    kind: "answered",
    status,
    body,
    ttfbMs: head.ttfbMs,
    clockSkewMs,
    retryAfterSeconds,
    flowSchemaUid,
    priorityLevelUid,
  };
}

/** Why nothing of a step came in time; undefined when anything did, or was lost otherwise. */
export function lateFailure(replies: readonly WireReply[]): Failure | undefined {
  const failures = replies.flatMap((reply) => (reply.kind === "failed" ? reply.failure : []));
  const isLate = failures.every(({ code }) => code === "http-timeout" || code === "body-timeout");
  return isLate && failures.length === replies.length ? failures[0] : undefined;
}

/**
 * What the peer repeats of the token is taken out. A body may also hide it behind JSON's escapes,
 * and it would come out when the body is read: such a reply is given up as a whole.
 */
export function withoutSecrets(
  replies: readonly WireReply[],
  filter: EchoFilter,
  target: string,
): readonly WireReply[] {
  const kept = replies.map((reply): WireReply => {
    if (reply.kind === "failed" || !reply.body.includes("\\")) return reply;
    const plain = unescapeJson(filter.clean(reply.body));
    if (filter.clean(plain) === plain) return reply;
    return { kind: "failed", failure: echoFailure(target, "in its answer") };
  });
  return filter.clean(kept);
}

/** RFC 8259 section 7: every character of a string may be written as an escape. */
function unescapeJson(text: string): string {
  return text.replace(/\\(?:u([0-9a-f]{4})|(.))/gis, (_, hex?: string, other?: string) =>
    hex === undefined ? (other ?? "") : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
