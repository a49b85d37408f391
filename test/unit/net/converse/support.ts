import type { Conversation, WireReply, WireRequest } from "../../../../src/model/conversation.ts";
import type { BearerToken, ProbePlan } from "../../../../src/model/ports.ts";
import { socketPort } from "../attempt/support.ts";

const NEVER = new AbortController().signal;

export function get(path: string): WireRequest {
  return { method: "GET", path, accept: "application/json" };
}

export function converse(
  plan: ProbePlan,
  steps: readonly (readonly WireRequest[])[],
  token?: BearerToken,
  signal = NEVER,
): Promise<Conversation> {
  return socketPort().converse(plan, Promise.resolve(token), steps, signal);
}

/** `200 body` of an answer, the code of a failure. */
export function told(reply: WireReply): string {
  return reply.kind === "answered" ? `${reply.status} ${reply.body}` : reply.failure.code;
}

export function allTold({ replies }: Conversation): readonly (readonly string[])[] {
  return replies.map((step) => step.map(told));
}
