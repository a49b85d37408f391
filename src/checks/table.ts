import type { FindingCode } from "../model/finding-code.ts";
import { AUTH_CHECKS } from "./auth/table.ts";
import type { Check } from "./check.ts";
import { CLUSTER_CHECKS } from "./cluster/table.ts";
import { DNS_CHECKS } from "./dns/table.ts";
import { KUBE_CHECKS } from "./kube/table.ts";
import { NETWORK_CHECKS } from "./network/table.ts";
import { SERVER_CHECKS } from "./server/table.ts";
import { TLS_CHECKS } from "./tls/table.ts";

/** Every check by its code, in the order of the report. */
export const CHECKS: Readonly<Record<FindingCode, Check>> = {
  ...CLUSTER_CHECKS,
  ...DNS_CHECKS,
  ...NETWORK_CHECKS,
  ...TLS_CHECKS,
  ...AUTH_CHECKS,
  ...SERVER_CHECKS,
  ...KUBE_CHECKS,
};

export function isFindingCode(text: string): text is FindingCode {
  return Object.hasOwn(CHECKS, text);
}

/** In the order of the report. */
export const FINDING_CODES: readonly FindingCode[] = Object.keys(CHECKS).filter(isFindingCode);
