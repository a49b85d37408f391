import { addressId } from "../../model/address.ts";
import type { Conversation, WireReply, WireRequest } from "../../model/conversation.ts";
import type { EchoFilter } from "../../model/echo.ts";
import type { Failure } from "../../model/failure.ts";
import type { BearerToken, Clock, ProbePlan } from "../../model/ports.ts";
import type { Deadline } from "../deadline.ts";
import { startDeadline } from "../deadline.ts";
import type { ConnectionTools } from "./connection.ts";
import { closeConnection, noConnection, openConnection } from "./connection.ts";
import { exchange } from "./exchange.ts";
import { echoFailure } from "./failure.ts";
import type { HttpConnection, HttpPeer } from "./http.ts";
import { readHttpFacts } from "./http-facts.ts";
import { loadHttp1 } from "./http1.ts";
import { planRequest } from "./request.ts";

/** A list of Leases or EndpointSlices is larger than /api; nothing that is asked for is this large. */
const MAX_REPLY_BYTES = 1024 * 1024;

/** After so many steps in a row without an answer in time, asking on only costs its deadline. */
const GIVE_UP_AFTER = 2;

type Step = readonly WireRequest[];

/**
 * One fresh connection, made as a probe makes it, and several requests over it: step after step,
 * those of one step at once over HTTP/2 and one after another over HTTP/1.1. Making the connection
 * and the first step share `plan.timeoutMs`; every further step has as much for itself, until two in
 * a row got no answer in time: the rest is then lost for the same reason. Resolves with every socket
 * destroyed and no listener left on the caller's signal.
 */
export async function runConversation(
  plan: ProbePlan,
  token: Promise<BearerToken | undefined>,
  steps: readonly Step[],
  signal: AbortSignal,
  tools: ConnectionTools,
): Promise<Conversation> {
  // As in an attempt: not between SYN and its timestamp.
  if (plan.httpVersion === "http1.1") await loadHttp1();
  const { clock } = tools;
  const progress = noConnection();
  let deadline = startDeadline(clock, plan.timeoutMs, signal);
  try {
    const opened = await openConnection(plan, token, deadline, tools, progress);
    const replies: (readonly WireReply[])[] = [];
    const late: Failure[] = [];
    for (const [index, step] of steps.entries()) {
      if (opened.kind === "failed") {
        replies.push(step.map(() => opened));
        continue;
      }
      const given = late.length >= GIVE_UP_AFTER ? late.at(-1) : undefined;
      if (given !== undefined) {
        replies.push(step.map(() => ({ kind: "failed", failure: given })));
        continue;
      }
      if (index > 0) {
        deadline.release();
        deadline = startDeadline(clock, plan.timeoutMs, signal);
      }
      // A step may build on what the one before it brought about.
      // oxlint-disable-next-line eslint/no-await-in-loop
      const answers = await runStep(opened, step, clock, deadline);
      replies.push(answers);
      const failure = lateFailure(answers);
      if (failure === undefined) late.length = 0;
      else late.push(failure);
    }
    const conversation = { fingerprint: progress.tls?.leaf?.sha256, replies };
    const { sentSecret } = progress;
    if (sentSecret === undefined) return conversation;
    return withoutSecrets(
      conversation,
      tools.echoOf(sentSecret),
      addressId(plan.dial.ip, plan.dial.port),
    );
  } finally {
    deadline.release();
    closeConnection(progress);
  }
}

/** Why nothing of a step came in time; undefined when anything did, or was lost otherwise. */
function lateFailure(answers: readonly WireReply[]): Failure | undefined {
  const failures = answers.flatMap((reply) => (reply.kind === "failed" ? reply.failure : []));
  const isLate = failures.every(({ code }) => code === "http-timeout" || code === "body-timeout");
  return isLate && failures.length === answers.length ? failures[0] : undefined;
}

interface Opened {
  readonly http: HttpConnection;
  readonly peer: HttpPeer;
}

async function runStep(
  opened: Opened,
  step: Step,
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
  const { status, clockSkewMs } = readHttpFacts(head, http.version, bodyBytes);
  return { kind: "answered", status, body, ttfbMs: head.ttfbMs, clockSkewMs };
}

/**
 * What the peer repeats of the token is taken out. A body may also hide it behind JSON's escapes,
 * and it would come out when the body is read: such a reply is given up as a whole.
 */
function withoutSecrets(
  conversation: Conversation,
  filter: EchoFilter,
  target: string,
): Conversation {
  const replies = conversation.replies.map((step) =>
    step.map((reply): WireReply => {
      if (reply.kind === "failed" || !reply.body.includes("\\")) return reply;
      const plain = unescapeJson(filter.clean(reply.body));
      if (filter.clean(plain) === plain) return reply;
      return { kind: "failed", failure: echoFailure(target, "in its answer") };
    }),
  );
  return filter.clean({ ...conversation, replies });
}

/** RFC 8259 section 7: every character of a string may be written as an escape. */
function unescapeJson(text: string): string {
  return text.replace(/\\(?:u([0-9a-f]{4})|(.))/gis, (_, hex?: string, other?: string) =>
    hex === undefined ? (other ?? "") : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
