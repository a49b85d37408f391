import type { WireReply, WireRequest } from "../model/conversation.ts";
import type { Fact } from "../model/fact.ts";
import { known, unknown } from "../model/fact.ts";
import type { Glance, Inspection } from "../model/inspection.ts";
import type { ServerIdentity } from "../model/observation.ts";
import type { BearerToken } from "../model/ports.ts";
import { parseApiVersions } from "./api-versions.ts";
import { readHealth } from "./health.ts";
import { LEASE_PATHS, mergeLeases, parseIdentityLeases } from "./identity-leases.ts";
import { readReply } from "./reply.ts";
import { readServiceEndpoints, SERVICE_ENDPOINT_PATHS } from "./service-endpoints.ts";
import { parseVersion } from "./version.ts";

export function get(path: string, accept = "application/json"): WireRequest {
  return { method: "GET", path, accept };
}

export const API: WireRequest = get("/api");

/** The health checks know no other type. */
const HEALTH_TYPE = "text/plain, */*";

export const LIVEZ: WireRequest = get("/livez?verbose", HEALTH_TYPE);
export const READYZ: WireRequest = get("/readyz?verbose", HEALTH_TYPE);
export const VERSION: WireRequest = get("/version");

/** What takes a role to be read; `readLists` reads the answers. */
export const LISTS: readonly WireRequest[] = [
  ...LEASE_PATHS.map((path) => get(path)),
  ...SERVICE_ENDPOINT_PATHS.map(([, path]) => get(path)),
];

/** A conversation has a reply for each request, whatever happened. */
export function given(reply: WireReply | undefined): WireReply {
  if (reply === undefined) throw new Error("a request without a reply");
  return reply;
}

/** A rejection means that there is none, as it does for a probe. */
export function isAbsent(token: Promise<BearerToken | undefined>): Promise<boolean> {
  return token.then(
    (value) => value === undefined,
    () => true,
  );
}

/**
 * Who is not let in is also shown the door: the GOAWAY that comes with a 401 takes the requests
 * after it along, and the 401 is their reason.
 */
export function explained(replies: readonly WireReply[]): readonly WireReply[] {
  const [first] = replies;
  if (first?.kind !== "answered" || first.status !== 401) return replies;
  return replies.map((reply) =>
    reply.kind === "failed" && reply.failure.code === "http-reset" ? first : reply,
  );
}

/** The body of /api. */
export function readIdentity(body: string): Fact<ServerIdentity> {
  const read = parseApiVersions(body);
  return read.kind === "ok" ? known(read.identity) : unknown(read.failure);
}

export function readState(
  readyz: WireReply,
  version: WireReply,
): Pick<Glance, "readyz" | "version"> {
  return {
    readyz: readHealth(readyz, "/readyz"),
    version: readReply(version, "read /version", parseVersion),
  };
}

/** Of the replies to LISTS, in their order. */
export function readLists(
  replies: readonly WireReply[],
): Pick<Inspection, "leases" | "serviceEndpoints"> {
  return {
    leases: mergeLeases(
      replies
        .slice(0, LEASE_PATHS.length)
        .map((reply) => readReply(reply, "list leases in kube-system", parseIdentityLeases)),
    ),
    serviceEndpoints: readServiceEndpoints(replies.slice(LEASE_PATHS.length)),
  };
}
