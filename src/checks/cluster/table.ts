import type { ClusterCode } from "../../model/finding-code.ts";
import type { Check } from "../check.ts";
import { clusterIsKnown } from "./c01-cluster.ts";
import { enisArePresent } from "./c02-enis.ts";
import { noUpdateRuns } from "./c03-updates.ts";
import { eksReportsNoIssue } from "./c04-health.ts";
import { subnetsHaveRoom } from "./c05-free-addresses.ts";
import { kindIsReachable } from "./c06-kind.ts";
import { vpcAvoidsDockerRange } from "./c07-docker-range.ts";
import { modeIsExpected } from "./c08-mode.ts";

/** A code without a check does not compile. */
export const CLUSTER_CHECKS: Readonly<Record<ClusterCode, Check>> = {
  C01: clusterIsKnown,
  C02: enisArePresent,
  C03: noUpdateRuns,
  C04: eksReportsNoIssue,
  C05: subnetsHaveRoom,
  C06: kindIsReachable,
  C07: vpcAvoidsDockerRange,
  C08: modeIsExpected,
};
