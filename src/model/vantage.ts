import type { Fact, Tri } from "./fact.ts";

/** Where the probes start from. */
export interface Vantage {
  readonly hostname: string;
  /** This host's own non-loopback addresses. */
  readonly localIps: readonly string[];
  /** Source addresses the kernel chose for the connections that were made. */
  readonly sourceIps: readonly string[];
  readonly insideVpc: Tri;
  /** Why insideVpc says what it says. */
  readonly insideVpcReason: string;
  readonly vpcCidrs: Fact<readonly string[]>;
}
