import { known } from "../../../../src/model/fact.ts";
import type { Failure, FailureCode } from "../../../../src/model/failure.ts";
import {
  type Investigation,
  notInvestigated,
  type TokenReplay,
} from "../../../../src/model/investigation.ts";
import type { HttpFacts, Observation } from "../../../../src/model/observation.ts";
import type { Snapshot } from "../../../../src/model/snapshot.ts";
import {
  answered,
  HTTP_200,
  PUB_ONE,
  PUB_TWO,
  pubSnapshot,
  type Server,
  type SnapshotParts,
  seen,
} from "../../../support/snapshots.ts";

export const VIP = "43.200.53.253";
export const VIP_2 = "52.79.39.107";

/** Answers of `ip` with that status and these facts. */
export function answer(
  ip: string,
  status: number,
  change: Partial<HttpFacts> = {},
  of: Server = ip === VIP_2 ? PUB_TWO : PUB_ONE,
  more: Partial<Observation> = {},
): Observation {
  const http = { ...HTTP_200, status, ...change };
  return status === 200
    ? seen(ip, of, { http, ...more })
    : answered(ip, of, status, { http, ...more });
}

/** Both VIPs answer 401, and this is what was then found out. */
export function refusedSnapshot(
  found: Partial<Investigation> = {},
  { clockSkewMs = 0, ...parts }: SnapshotParts & { readonly clockSkewMs?: number } = {},
): Snapshot {
  return pubSnapshot({
    observations: [answer(VIP, 401, { clockSkewMs }), answer(VIP_2, 401, { clockSkewMs })],
    investigation: { ...notInvestigated(), ...found },
    ...parts,
  });
}

export const ROLE = "arn:aws:iam::111122223333:role/deployer";
export const SESSION = "arn:aws:sts::111122223333:assumed-role/deployer/EKSGetTokenAuth";

export const accepted = (arn: string = SESSION) =>
  known<TokenReplay>({ kind: "accepted", arn, account: "111122223333" });

export const refused = (code: string, message = "", status = 403) =>
  known<TokenReplay>({ kind: "refused", status, code, message });

export const TOO_OLD = refused(
  "SignatureDoesNotMatch",
  "Signature expired: 20230421T150131Z is now earlier than 20230421T152631Z (20230421T154131Z - 15 min.)",
);

export function failureOf(code: FailureCode, change: Partial<Failure> = {}): Failure {
  return { code, phase: "credentials", side: "user", message: `said ${code}`, ...change };
}
