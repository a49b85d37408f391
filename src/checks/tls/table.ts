import type { TlsCode } from "../../model/finding-code.ts";
import type { Check } from "../check.ts";
import { certificatesVerify } from "./t01-verified.ts";
import { certificatesLast } from "./t02-lifetime.ts";
import { certificatesCarryKeyIds } from "./t03-key-ids.ts";
import { nobodyInspects } from "./t04-inspection.ts";
import { certificatesAreTheClusters } from "./t05-cluster.ts";
import { certificatesAreCurrent } from "./t06-validity.ts";
import { kubeconfigTrustsTheCluster } from "./t07-kubeconfig-ca.ts";
import { kubeconfigNamesTheEndpoint } from "./t08-kubeconfig-server.ts";

/** A code without a check does not compile. */
export const TLS_CHECKS: Readonly<Record<TlsCode, Check>> = {
  T01: certificatesVerify,
  T02: certificatesLast,
  T03: certificatesCarryKeyIds,
  T04: nobodyInspects,
  T05: certificatesAreTheClusters,
  T06: certificatesAreCurrent,
  T07: kubeconfigTrustsTheCluster,
  T08: kubeconfigNamesTheEndpoint,
};
