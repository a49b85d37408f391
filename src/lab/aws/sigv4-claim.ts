import type { CredentialScope, QueryPair, SignedRequest } from "./canonical.ts";
import { headerValues, parseQuery } from "./canonical.ts";
import type { Problem } from "./problem.ts";
import { parseAmzDate } from "./timestamp.ts";

/** A request's claim: who signed what, not yet checked. */
export interface SignatureClaim {
  readonly form: "header" | "presigned";
  readonly accessKeyId: string;
  readonly scope: CredentialScope;
  readonly amzDate: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly sessionToken: string | undefined;
  /** X-Amz-Expires of a presigned request. */
  readonly expiresSeconds: number | undefined;
  readonly pairs: readonly QueryPair[];
}

export type ClaimRead =
  | { readonly kind: "claim"; readonly claim: SignatureClaim }
  | { readonly kind: "problem"; readonly problem: Problem };

const ALGORITHM = "AWS4-HMAC-SHA256";
/** One week: the most a presigned request may ask for. */
const MAX_EXPIRES_SECONDS = 604_800;

/** Finds the signature in the Authorization header or in the query; checks its form only. */
export function readClaim(request: SignedRequest): ClaimRead {
  const pairs = parseQuery(request.query);
  if (pairs === undefined) return incomplete("The query string is not valid.");
  const authorization = headerValues(request, "authorization");
  const presigned = pairs.some(([name]) => name.toLowerCase() === "x-amz-signature");
  if (authorization.length === 0 && !presigned) {
    return { kind: "problem", problem: { kind: "missing-authentication" } };
  }
  if (authorization.length > 0 && presigned) {
    return incomplete("A request may be signed in its header or in its query, not in both.");
  }
  return presigned ? readPresigned(pairs) : readHeader(request, pairs, authorization);
}

function readHeader(
  request: SignedRequest,
  pairs: readonly QueryPair[],
  authorization: readonly string[],
): ClaimRead {
  const [algorithm, rest] = splitOnce(authorization.join(","), " ");
  if (algorithm !== ALGORITHM) return incomplete(`Authorization is not of the form ${ALGORITHM}.`);
  const parts = new Map(rest.split(",").map((part) => splitOnce(part.trim(), "=")));
  return makeClaim({
    form: "header",
    credential: parts.get("Credential"),
    signedHeaders: parts.get("SignedHeaders"),
    signature: parts.get("Signature"),
    amzDate: only(headerValues(request, "x-amz-date")),
    sessionToken: only(headerValues(request, "x-amz-security-token")),
    expires: undefined,
    pairs,
  });
}

function readPresigned(pairs: readonly QueryPair[]): ClaimRead {
  const value = (wanted: string): string | undefined =>
    only(pairs.filter(([name]) => name.toLowerCase() === wanted).map(([, text]) => text));
  if (value("x-amz-algorithm") !== ALGORITHM) {
    return incomplete(`X-Amz-Algorithm is not ${ALGORITHM}.`);
  }
  return makeClaim({
    form: "presigned",
    credential: value("x-amz-credential"),
    signedHeaders: value("x-amz-signedheaders"),
    signature: value("x-amz-signature"),
    amzDate: value("x-amz-date"),
    sessionToken: value("x-amz-security-token"),
    expires: value("x-amz-expires"),
    pairs,
  });
}

interface RawClaim {
  readonly form: SignatureClaim["form"];
  readonly credential: string | undefined;
  readonly signedHeaders: string | undefined;
  readonly signature: string | undefined;
  readonly amzDate: string | undefined;
  readonly sessionToken: string | undefined;
  readonly expires: string | undefined;
  readonly pairs: readonly QueryPair[];
}

function makeClaim(raw: RawClaim): ClaimRead {
  const { credential, signedHeaders, signature, amzDate } = raw;
  if (credential === undefined) return incomplete("Credential is missing, or given twice.");
  if (signedHeaders === undefined) return incomplete("SignedHeaders is missing, or given twice.");
  if (signature === undefined) return incomplete("Signature is missing, or given twice.");
  if (amzDate === undefined || parseAmzDate(amzDate) === undefined) {
    return incomplete("X-Amz-Date must be given once, in ISO 8601 basic form.");
  }
  const [accessKeyId, date, region, service, terminator, ...more] = credential.split("/");
  if (
    accessKeyId === undefined ||
    date === undefined ||
    region === undefined ||
    service === undefined ||
    terminator !== "aws4_request" ||
    more.length > 0
  ) {
    return incomplete("Credential is not KEY/DATE/REGION/SERVICE/aws4_request.");
  }
  const expiresSeconds = readExpires(raw.expires);
  if (expiresSeconds === "invalid") {
    return incomplete(`X-Amz-Expires must be a number from 0 to ${MAX_EXPIRES_SECONDS}.`);
  }
  const claim: SignatureClaim = {
    form: raw.form,
    accessKeyId,
    scope: { date, region, service },
    amzDate,
    signedHeaders: signedHeaders.split(";"),
    signature,
    sessionToken: raw.sessionToken,
    expiresSeconds,
    pairs: raw.pairs,
  };
  return { kind: "claim", claim };
}

function readExpires(text: string | undefined): number | undefined | "invalid" {
  if (text === undefined) return undefined;
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  return seconds <= MAX_EXPIRES_SECONDS ? seconds : "invalid";
}

function incomplete(message: string): ClaimRead {
  return { kind: "problem", problem: { kind: "incomplete-signature", message } };
}

function only(values: readonly string[]): string | undefined {
  return values.length === 1 ? values[0] : undefined;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}
