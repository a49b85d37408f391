import type { Conversation, WireRequest } from "../model/conversation.ts";
import type { BearerToken, ProbePlan, SocketPort } from "../model/ports.ts";
import { parseApiVersions } from "./api-versions.ts";

const API: WireRequest = { method: "GET", path: "/api", accept: "application/json" };

/** Asks /api `count` times over one connection; the serverAddress of each answer that named one. */
export async function reuseConnection(
  plan: ProbePlan,
  token: Promise<BearerToken | undefined>,
  count: number,
  signal: AbortSignal,
  converse: SocketPort["converse"],
): Promise<readonly string[]> {
  const steps = Array.from({ length: count }, () => [API]);
  return reusedServerAddresses(await converse(plan, token, steps, signal));
}

/**
 * The API server that each answer of one connection came from, for a conversation that asked for
 * nothing but /api; answers that name none are left out. One connection ends at one API server, so
 * a list of one name repeated says nothing of how an address is balanced.
 */
export function reusedServerAddresses(conversation: Conversation): readonly string[] {
  return conversation.replies.flat().flatMap((reply) => {
    if (reply.kind === "failed" || reply.status !== 200) return [];
    const read = parseApiVersions(reply.body);
    return read.kind === "ok" ? [read.identity.serverAddress] : [];
  });
}
