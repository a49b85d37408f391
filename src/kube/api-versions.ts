import * as v from "valibot";
import type { Failure } from "../model/failure.ts";
import type { ServerIdentity } from "../model/observation.ts";

/** What the body of /api was: an API server's identity, or why it is none. */
export type ApiVersionsResult =
  | { readonly kind: "ok"; readonly identity: ServerIdentity }
  | { readonly kind: "bad"; readonly failure: Failure };

const MAX_ENTRIES = 64;
const MAX_SERVER_ADDRESS = 300;

const ApiVersions = v.object({
  kind: v.literal("APIVersions"),
  serverAddressByClientCIDRs: v.pipe(
    v.array(
      v.object({
        clientCIDR: v.string(),
        serverAddress: v.pipe(v.string(), v.maxLength(MAX_SERVER_ADDRESS)),
      }),
    ),
    v.minLength(1),
    v.maxLength(MAX_ENTRIES),
  ),
});

type Entry = v.InferOutput<typeof ApiVersions>["serverAddressByClientCIDRs"][number];

/**
 * Reads the answer to `GET /api` (recorded: kube-apiserver 1.20). A client inside the service CIDR
 * gets an entry for that CIDR before the general one, so the entry for `0.0.0.0/0` is taken, else
 * the one for `::/0`, else the first. `serverAddress` must be `host:port`, with a host name or an
 * IP and nothing else, because it is printed. Never throws.
 *
 * Failures: `body-invalid-json`, `body-unexpected-shape`, both of phase `body`.
 */
export function parseApiVersions(body: string): ApiVersionsResult {
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    return bad("body-invalid-json", "the body of /api is not JSON");
  }
  const parsed = v.safeParse(ApiVersions, document);
  if (!parsed.success) return bad("body-unexpected-shape", "the body of /api is no APIVersions");
  const entry = pickEntry(parsed.output.serverAddressByClientCIDRs);
  const host = entry === undefined ? undefined : hostOf(entry.serverAddress);
  if (entry === undefined || host === undefined)
    return bad("body-unexpected-shape", "the serverAddress in the body of /api is no host:port");
  return { kind: "ok", identity: { serverAddress: entry.serverAddress, host } };
}

function pickEntry(entries: readonly Entry[]): Entry | undefined {
  return (
    entries.find((entry) => entry.clientCIDR === "0.0.0.0/0") ??
    entries.find((entry) => entry.clientCIDR === "::/0") ??
    entries[0]
  );
}

/** The host of `host:port`, lower case and without brackets; undefined when it is not that. */
function hostOf(serverAddress: string): string | undefined {
  const match =
    /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)):(\d{1,5})$/i.exec(
      serverAddress,
    );
  const port = Number(match?.[3]);
  if (!(port >= 1 && port <= 65_535)) return undefined;
  const bracketed = match?.[1];
  if (bracketed !== undefined && !v.is(v.pipe(v.string(), v.ipv6()), bracketed)) return undefined;
  return (bracketed ?? match?.[2])?.toLowerCase();
}

function bad(
  code: "body-invalid-json" | "body-unexpected-shape",
  message: string,
): ApiVersionsResult {
  return { kind: "bad", failure: { code, phase: "body", side: "server", message } };
}
