import type { WireReply } from "../model/conversation.ts";
import { skipped } from "../model/fact.ts";
import type { Glance } from "../model/inspection.ts";
import type { BearerToken, HeldConnection } from "../model/ports.ts";
import {
  API,
  explained,
  given,
  isAbsent,
  LISTS,
  READYZ,
  readIdentity,
  readLists,
  readState,
  VERSION,
} from "./requests.ts";

/**
 * Asks the API server at the end of a kept connection how it is: /api, /readyz and /version, and on
 * demand the identity Leases and the service's endpoints, all of them at once. Each answer stands
 * alone. Without a token the lists are skipped: nobody may read them.
 *
 * Whoever keeps a connection to ask without a token makes it with HTTP/1.1: recorded, kube-apiserver
 * 1.36 ends one over HTTP/2 with a GOAWAY after every anonymous request. Never rejects for what a
 * server does.
 */
export async function glanceAt(
  connection: HeldConnection,
  wants: { readonly lists: boolean },
  token: Promise<BearerToken | undefined>,
  signal: AbortSignal,
): Promise<Glance> {
  const asksLists = wants.lists && !(await isAbsent(token));
  const requests = [API, READYZ, VERSION, ...(asksLists ? LISTS : [])];
  const [api, readyz, version, ...lists] = explained(await connection.ask(requests, token, signal));
  const unasked = skipped("not asked for without a token");
  const skippedLists = { leases: unasked, serviceEndpoints: unasked };
  return {
    api: readApi(given(api)),
    ...readState(given(readyz), given(version)),
    lists: wants.lists ? (asksLists ? readLists(lists) : skippedLists) : undefined,
  };
}

function readApi(reply: WireReply): Glance["api"] {
  if (reply.kind === "failed") return reply;
  const { status, ttfbMs, body } = reply;
  const identity = status === 200 ? readIdentity(body) : undefined;
  const { serverAddress, host } =
    identity?.kind === "known" ? identity.value : { serverAddress: undefined, host: undefined };
  return { kind: "answered", status, ttfbMs, serverAddress, host };
}
