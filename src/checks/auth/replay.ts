import { valueOf } from "../../model/fact.ts";
import type { TokenReplay } from "../../model/investigation.ts";
import type { Snapshot } from "../../model/snapshot.ts";

/** What STS said of a token like ours; undefined where it was not asked, or could not be. */
export function replayOf({ investigation }: Snapshot): TokenReplay | undefined {
  return valueOf(investigation.tokenReplay);
}

export type RefusalKind =
  | "by-date"
  | "session-expired"
  | "unknown-key"
  | "signature"
  | "region-disabled"
  | "throttled"
  | "other";

const BY_CODE: Readonly<Record<string, RefusalKind>> = {
  RequestExpired: "by-date",
  ExpiredToken: "session-expired",
  ExpiredTokenException: "session-expired",
  InvalidClientTokenId: "unknown-key",
  UnrecognizedClientException: "unknown-key",
  SignatureDoesNotMatch: "signature",
  IncompleteSignature: "signature",
  RegionDisabledException: "region-disabled",
  Throttling: "throttled",
  ThrottlingException: "throttled",
  RequestLimitExceeded: "throttled",
};

/**
 * STS has one code for a signature that is wrong and for one that is too old or of the future; only
 * its text tells them apart ("Signature expired: …", "Signature not yet current: …").
 */
const DATED = /^signature (?:expired|not yet current)/i;

export function refusalKind({
  code,
  message,
}: Extract<TokenReplay, { kind: "refused" }>): RefusalKind {
  const kind = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  return kind === "signature" && DATED.test(message) ? "by-date" : (kind ?? "other");
}

/** Whether STS refused the token because of its date. */
export function isRefusedByDate(snapshot: Snapshot): boolean {
  const replay = replayOf(snapshot);
  return replay?.kind === "refused" && refusalKind(replay) === "by-date";
}
