import type { Finding, FindingCode } from "../model/finding.ts";
import { tokenIsSigned } from "./a01-token.ts";
import { tokenIsAccepted } from "./a02-accepted.ts";
import { clocksAgree } from "./a03-clock.ts";
import { callerIsKnown } from "./a04-caller.ts";
import { tokenCostIsKnown } from "./a05-token-cost.ts";
import { clusterIsKnown } from "./c01-cluster.ts";
import { enisArePresent } from "./c02-enis.ts";
import type { Check, Evidence } from "./check.ts";
import { namesResolve } from "./d01-dns.ts";
import { localNamesAgree } from "./d02-local-names.ts";
import { resolversAgree } from "./d03-resolvers.ts";
import { leasesAreReached } from "./k01-leases.ts";
import { sourcesAgree } from "./k02-sources.ts";
import { clusterIpIsNamed } from "./k03-cluster-ip.ts";
import { pathsConnect } from "./n01-paths.ts";
import { serversAreNamed } from "./p01-map.ts";
import { signalsAgree } from "./p02-signals.ts";
import { addressesAreSticky } from "./p03-sticky.ts";
import { answersAreGood } from "./p04-status.ts";
import { versionsAgree } from "./p05-versions.ts";
import { serversAreReady } from "./p06-health.ts";
import { topologyIsRead } from "./p07-topology.ts";
import { certificatesVerify } from "./t01-verified.ts";
import { certificatesLast } from "./t02-lifetime.ts";
import { certificatesCarryKeyIds } from "./t03-key-ids.ts";

/** Every check by its code, in the order of the report: a code without a check does not compile. */
export const CHECKS: Readonly<Record<FindingCode, Check>> = {
  C01: clusterIsKnown,
  C02: enisArePresent,
  D01: namesResolve,
  D02: localNamesAgree,
  D03: resolversAgree,
  N01: pathsConnect,
  T01: certificatesVerify,
  T02: certificatesLast,
  T03: certificatesCarryKeyIds,
  A01: tokenIsSigned,
  A02: tokenIsAccepted,
  A03: clocksAgree,
  A04: callerIsKnown,
  A05: tokenCostIsKnown,
  P01: serversAreNamed,
  P02: signalsAgree,
  P03: addressesAreSticky,
  P04: answersAreGood,
  P05: versionsAgree,
  P06: serversAreReady,
  P07: topologyIsRead,
  K01: leasesAreReached,
  K02: sourcesAgree,
  K03: clusterIpIsNamed,
};

/** Runs every check over what one run saw. Pure; a check that has nothing to say says skip. */
export function runChecks(evidence: Evidence): readonly Finding[] {
  const findings: Finding[] = [];
  let code: FindingCode;
  for (code in CHECKS) {
    const check: Check = CHECKS[code];
    findings.push({
      code,
      topic: check.topic,
      ...check.run(evidence),
      optional: check.optional === true,
    });
  }
  return findings;
}
