import type { NodeCode } from "../../model/node/report.ts";
import type { NodeCheck } from "./check.ts";
import { rulesLeadToEnis } from "./w01-targets.ts";
import { clusterIpHasRules } from "./w02-rules.ts";
import { sharesAddUp } from "./w03-shares.ts";
import { nobodyWaitsInVain } from "./w04-silence.ts";
import { staysInTheVpc } from "./w05-way-out.ts";
import { kubeletGoesStraight } from "./w06-proxy.ts";
import { trackingHasRoom } from "./w07-tracking.ts";
import { ipvsRemembers } from "./w08-ipvs.ts";
import { controlPlaneComesIn } from "./w09-inbound.ts";

/** A code without a check does not compile. */
export const NODE_CHECKS: Readonly<Record<NodeCode, NodeCheck>> = {
  W01: rulesLeadToEnis,
  W02: clusterIpHasRules,
  W03: sharesAddUp,
  W04: nobodyWaitsInVain,
  W05: staysInTheVpc,
  W06: kubeletGoesStraight,
  W07: trackingHasRoom,
  W08: ipvsRemembers,
  W09: controlPlaneComesIn,
};
