import type { FindingCode } from "./finding-code.ts";
import type { EndpointMode } from "./map.ts";

/** What the user expects of the cluster beyond what is right for every cluster. */
export interface Expectations {
  /** At least so many API servers have to be reached. */
  readonly minApiServers: number | undefined;
  readonly mode: EndpointMode | undefined;
  /** Certificates have to be good for at least so long. */
  readonly certificateDays: number;
  /** Limits for the median of each phase at each address, in milliseconds. */
  readonly maxTcpMs: number | undefined;
  readonly maxTlsMs: number | undefined;
  readonly maxTtfbMs: number | undefined;
  /** Findings that do not count, each with the reason. */
  readonly ignore: readonly IgnoredCheck[];
}

export interface IgnoredCheck {
  readonly code: FindingCode;
  readonly reason: string;
}

/** EKS replaces certificates long before; a leaf this close to its end was forgotten. */
const CERTIFICATE_DAYS = 30;

export const NO_EXPECTATIONS: Expectations = {
  minApiServers: undefined,
  mode: undefined,
  certificateDays: CERTIFICATE_DAYS,
  maxTcpMs: undefined,
  maxTlsMs: undefined,
  maxTtfbMs: undefined,
  ignore: [],
};
