import type { LabPermission } from "../scenario.ts";

/** A mapped principal, as the token authenticator describes it to the API server. */
export interface AuthenticatedUser {
  readonly kind: "user";
  readonly name: string;
  /** Without system:authenticated, which the API server adds itself. */
  readonly groups: readonly string[];
  readonly uid?: string | undefined;
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
  /** The roles that the cluster binds to the user. */
  readonly permissions?: readonly LabPermission[] | undefined;
  /** Somebody took the role away that lets every authenticated user discover the API. */
  readonly withoutDiscovery?: boolean | undefined;
}

/** What the cluster's token authenticator says of one bearer token. */
export type TokenVerdict =
  | AuthenticatedUser
  /** The reason is for the lab's own log: the client gets a plain 401 whatever it was. */
  | { readonly kind: "denied"; readonly reason: string };

/** Judges a bearer token, as the token webhook of an EKS cluster does. */
export type Authenticate = (token: string) => TokenVerdict | Promise<TokenVerdict>;

/** Who a request comes from, as far as the API server could tell. */
export type Requester =
  | { readonly kind: "anonymous" }
  | AuthenticatedUser
  | { readonly kind: "denied" };

export interface Credentials {
  /** The Authorization header, as it came. */
  readonly authorization: string | undefined;
  /** Whether the client presented a certificate; the lab's CA issues none to clients. */
  readonly clientCertificate: boolean;
}

/**
 * The token of a bearer header. A scheme without a token and any other scheme give undefined:
 * the API server then sees no credentials at all (recorded: empty bearer and Basic get the 403
 * of an anonymous request).
 */
export function bearerTokenOf(authorization: string | undefined): string | undefined {
  const [scheme, token] = (authorization ?? "").trim().split(" ");
  if (scheme?.toLowerCase() !== "bearer" || token === undefined || token === "") return undefined;
  return token;
}

/**
 * A token decides when there is one. A certificate that the cluster's CA did not sign is a failed
 * attempt, so without a token it is denied rather than anonymous (recorded: 401). A verifier that
 * fails is a denial too, as for an API server whose webhook is broken.
 */
export async function identifyRequester(
  credentials: Credentials,
  authenticate: Authenticate,
): Promise<Requester> {
  const token = bearerTokenOf(credentials.authorization);
  if (token === undefined) return { kind: credentials.clientCertificate ? "denied" : "anonymous" };
  try {
    const verdict = await authenticate(token);
    return verdict.kind === "denied" ? { kind: "denied" } : verdict;
  } catch {
    return { kind: "denied" };
  }
}

/** Members of `system:masters` may do everything; anyone else has discovery and what a role adds. */
export function isAdmin(requester: Requester): boolean {
  return requester.kind === "user" && requester.groups.includes("system:masters");
}
