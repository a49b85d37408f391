import type { KubeCode } from "../../model/finding-code.ts";
import type { Check } from "../check.ts";
import { leasesAreReached } from "./k01-leases.ts";
import { sourcesAgree } from "./k02-sources.ts";
import { clusterIpIsNamed } from "./k03-cluster-ip.ts";

/** A code without a check does not compile. */
export const KUBE_CHECKS: Readonly<Record<KubeCode, Check>> = {
  K01: leasesAreReached,
  K02: sourcesAgree,
  K03: clusterIpIsNamed,
};
