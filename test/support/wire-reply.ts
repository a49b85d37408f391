import type { WireReply } from "../../src/model/conversation.ts";

/** An answer as a socket hands it on, with nothing in its header that counts. */
export function answered(
  status: number,
  body = "{}",
  changes: Partial<Extract<WireReply, { kind: "answered" }>> = {},
): WireReply {
  return {
    kind: "answered",
    status,
    body,
    ttfbMs: 1,
    clockSkewMs: undefined,
    retryAfterSeconds: undefined,
    flowSchemaUid: undefined,
    priorityLevelUid: undefined,
    ...changes,
  };
}
