import { timingSafeEqual } from "node:crypto";
import type { SignedRequest } from "./canonical.ts";
import { canonicalRequest, headerValues, sha256Hex, signatureOf } from "./canonical.ts";
import type { Problem } from "./problem.ts";
import type { SignatureClaim } from "./sigv4-claim.ts";
import { formatAmzDate, parseAmzDate } from "./timestamp.ts";

/** What the verifier has to know of whoever signed. */
export interface SigningKey {
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  /** Milliseconds since the epoch; undefined for keys that do not expire. */
  readonly expiresAtMs: number | undefined;
}

/** How long a signature is good for, where the service decides and not the signer. */
export interface ClockRules {
  readonly headerWindowMs: number;
  /** Presigned requests: the service's own window, or `signed` to honour X-Amz-Expires. */
  readonly presignedWindowMs: number | "signed";
}

/** How far ahead of the server a signer's clock may be. */
const FUTURE_MS = 300_000;

/** Undefined when the request is signed as it claims. */
export function checkClaim(
  request: SignedRequest,
  claim: SignatureClaim,
  key: SigningKey | undefined,
  rules: ClockRules,
  nowMs: number,
): Problem | undefined {
  if (key === undefined || claim.sessionToken !== key.sessionToken) return { kind: "unknown-key" };
  if (key.expiresAtMs !== undefined && nowMs >= key.expiresAtMs) {
    return { kind: "expired-credentials" };
  }
  return (
    checkSignedHeaders(request, claim) ??
    checkClock(claim, rules, nowMs) ??
    checkPayload(request) ??
    checkSignature(request, claim, key)
  );
}

function checkSignedHeaders(request: SignedRequest, claim: SignatureClaim): Problem | undefined {
  const signed = new Set(claim.signedHeaders);
  if (!signed.has("host")) {
    return { kind: "incomplete-signature", message: "'Host' must be a 'SignedHeader'." };
  }
  if ([...signed].toSorted().join(";") !== claim.signedHeaders.join(";")) {
    return mismatch("SignedHeaders must be in alphabetical order and without repetition.");
  }
  const unsigned = request.headers
    .map(([name]) => name.toLowerCase())
    .find((name) => name.startsWith("x-amz-") && !signed.has(name));
  return unsigned === undefined
    ? undefined
    : mismatch(`There were headers present in the request which were not signed: ${unsigned}`);
}

function checkClock(claim: SignatureClaim, rules: ClockRules, nowMs: number): Problem | undefined {
  if (!claim.amzDate.startsWith(claim.scope.date)) {
    return mismatch(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${claim.scope.date}' != '${claim.amzDate.slice(0, 8)}'`,
    );
  }
  const signedAtMs = parseAmzDate(claim.amzDate);
  if (signedAtMs === undefined) return mismatch("X-Amz-Date is not a date.");
  const now = formatAmzDate(nowMs);
  const windowMs = windowOf(claim, rules);
  if (signedAtMs + windowMs < nowMs) {
    const limit = formatAmzDate(nowMs - windowMs);
    const message = `Signature expired: ${claim.amzDate} is now earlier than ${limit} (${now} - ${inWords(windowMs)})`;
    return { kind: "clock", message };
  }
  if (signedAtMs > nowMs + FUTURE_MS) {
    const limit = formatAmzDate(nowMs + FUTURE_MS);
    const message = `Signature not yet current: ${claim.amzDate} is still later than ${limit} (${now} + ${inWords(FUTURE_MS)})`;
    return { kind: "clock", message };
  }
  return undefined;
}

function windowOf(claim: SignatureClaim, rules: ClockRules): number {
  if (claim.form === "header") return rules.headerWindowMs;
  if (rules.presignedWindowMs !== "signed") return rules.presignedWindowMs;
  return (claim.expiresSeconds ?? 0) * 1000;
}

function inWords(ms: number): string {
  return ms % 60_000 === 0 ? `${ms / 60_000} min.` : `${ms / 1000} sec.`;
}

/**
 * These services hash the body themselves. A hash the client declares has to be that of the body:
 * UNSIGNED-PAYLOAD is S3's alone, and counts as a wrong one.
 */
function checkPayload(request: SignedRequest): Problem | undefined {
  const actual = sha256Hex(request.body);
  return headerValues(request, "x-amz-content-sha256").every((declared) => declared === actual)
    ? undefined
    : mismatch("The provided 'x-amz-content-sha256' header does not match what was computed.");
}

function checkSignature(
  request: SignedRequest,
  claim: SignatureClaim,
  key: SigningKey,
): Problem | undefined {
  const canonical = canonicalRequest(request, claim.pairs, claim.signedHeaders);
  const expected = Buffer.from(
    signatureOf(key.secretAccessKey, claim.scope, claim.amzDate, canonical),
  );
  const given = Buffer.from(claim.signature);
  const same = given.length === expected.length && timingSafeEqual(given, expected);
  return same ? undefined : mismatch(SIGNATURE_MISMATCH);
}

/** What the services say of a signature that does not fit. */
const SIGNATURE_MISMATCH =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

function mismatch(message: string): Problem {
  return { kind: "signature-mismatch", message };
}
