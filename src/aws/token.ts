import { SignatureV4 } from "@smithy/signature-v4";
import type { BearerToken } from "../model/ports.ts";
import { isoTime } from "../model/time.ts";
import type { AwsIdentity } from "./identity.ts";
import { failed, failureOf, type Outcome, ok } from "./outcome.ts";
import { Sha256 } from "./sha256.ts";

const PREFIX = "k8s-aws-v1.";

/** The header that ties a token to one cluster; it is signed, and the verifier adds it itself. */
export const CLUSTER_HEADER = "x-k8s-aws-id";

/** What awscli signs for; verifiers take the URL for 15 minutes whatever it says (at most 900). */
const URL_EXPIRES_SECONDS = 60;

/** A minute less than verifiers allow, as awscli tells kubectl. */
const TOKEN_LIFE_MS = 14 * 60_000;

/** aws-iam-authenticator refuses anything longer before it looks at it. */
const MAX_TOKEN_BYTES = 4096;

/** Parameters in awscli's order. A verifier takes these and no others, each once. */
const PARAMETERS = [
  "Action",
  "Version",
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-SignedHeaders",
  "X-Amz-Security-Token",
  "X-Amz-Signature",
] as const;

export interface TokenRequest {
  readonly identity: AwsIdentity;
  readonly region: string;
  /** STS host the token names. */
  readonly host: string;
  /** The cluster's name; on Outposts local clusters its id. */
  readonly clusterId: string;
  /** Milliseconds since the epoch. */
  readonly wallMs: number;
}

/**
 * The bearer token that EKS takes: `k8s-aws-v1.` and, base64url without padding, a presigned GET of
 * sts:GetCallerIdentity that signs exactly the headers host and x-k8s-aws-id. Needs no network.
 * Same request as `aws eks get-token` makes. Fails with token-too-large (over 4096 bytes, from an
 * overlong session token).
 */
export async function presignToken(request: TokenRequest): Promise<Outcome<BearerToken>> {
  const { identity, region, host, clusterId, wallMs } = request;
  const signer = new SignatureV4({
    service: "sts",
    region,
    credentials: identity,
    sha256: Sha256,
  });
  const signed = await signer.presign(
    {
      method: "GET",
      protocol: "https:",
      hostname: host,
      path: "/",
      query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
      headers: { host, [CLUSTER_HEADER]: clusterId },
    },
    { expiresIn: URL_EXPIRES_SECONDS, signingDate: wallMs / 1000 },
  );
  const query = PARAMETERS.flatMap((name) => {
    const value = signed.query?.[name];
    return typeof value === "string" ? [`${name}=${escapeRfc3986(value)}`] : [];
  }).join("&");
  const token = PREFIX + Buffer.from(`https://${host}/?${query}`).toString("base64url");
  if (token.length > MAX_TOKEN_BYTES) {
    return failed(
      failureOf(
        "token-too-large",
        "sign",
        "user",
        `the token has ${token.length} bytes, API servers take ${MAX_TOKEN_BYTES}: the session token is too long`,
      ),
    );
  }
  return ok(sealToken(token, stampOf(wallMs + TOKEN_LIFE_MS)));
}

/** Wraps a secret so that printing the object by any ordinary means does not print it. */
export function sealToken(secret: string, expiresAt: string): BearerToken {
  return Object.freeze({
    reveal: () => secret,
    expiresAt,
    toString: hide,
    toJSON: hide,
    [Symbol.for("nodejs.util.inspect.custom")]: hide,
  });
}

function hide(): string {
  return "[bearer token]";
}

function escapeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** ISO 8601 in UTC without milliseconds, as awscli writes it. */
function stampOf(wallMs: number): string {
  return isoTime(wallMs).replace(/\.\d{3}Z$/, "Z");
}
