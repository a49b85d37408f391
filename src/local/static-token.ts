import { isoTime, parseTimeMs } from "../model/time.ts";

const PREFIX = "k8s-aws-v1.";

/** aws-iam-authenticator takes none above 4096 bytes; with a long session token some are. */
const MAX_TOKEN = 16_384;

/**
 * When an EKS token was signed, ISO 8601: the X-Amz-Date of the presigned URL inside. Undefined for
 * a token of another kind. Nothing else of the token is looked at. Never throws.
 */
export function signedAt(token: string): string | undefined {
  const text = token.trim();
  if (!text.startsWith(PREFIX) || text.length > MAX_TOKEN) return undefined;
  const inside = Buffer.from(text.slice(PREFIX.length), "base64url").toString("latin1");
  const date = URL.canParse(inside) ? new URL(inside).searchParams.get("X-Amz-Date") : undefined;
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(date ?? "");
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const ms = parseTimeMs(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return ms === undefined ? undefined : isoTime(ms);
}
