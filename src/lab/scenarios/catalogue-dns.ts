import type { DnsRecords, LabCluster, Scenario } from "../scenario.ts";
import { scenario } from "./base.ts";
import { fromOutside, OUTSIDE, withVipFault } from "./change.ts";
import { GONZ_EKS_BOTH, GONZ_EKS_PRI, GONZ_EKS_PUB } from "./clusters.ts";

/** The same records, with the last address as it was before EKS replaced what had it. */
function stale(records: DnsRecords, oldIp: string): DnsRecords {
  return { ...records, a: [...records.a.slice(0, -1), oldIp] };
}

/** A resolver of the host's own that keeps an answer for longer than it is good. */
const KEPT: LabCluster = { ...GONZ_EKS_PUB, outsideDns: stale(GONZ_EKS_PUB.dns, "3.36.201.118") };

/** What the name leads to. */
export const DNS_SCENARIOS: readonly Scenario[] = [
  scenario("stale-dns", "a record of one's own leads to an ENI that EKS has replaced", {
    catchAll: "drop",
    clusters: [{ ...GONZ_EKS_PRI, dns: stale(GONZ_EKS_PRI.dns, "10.0.33.7") }],
  }),
  scenario("stale-cache", "one of two resolvers still gives a VIP that is gone", {
    catchAll: "drop",
    clusters: [KEPT],
  }),
  scenario("rebind-protection", "the router drops private addresses under public names", {
    clusters: [GONZ_EKS_PRI],
    dnsFaults: { outside: "drop-private" },
  }),
  scenario("resolver-down", "one of two resolvers does not answer", {
    dnsFaults: { outside: "never" },
  }),
  scenario("zone-not-forwarded", "a firewall lets only the ENIs through, DNS gives the VIPs", {
    clusters: [
      {
        ...withVipFault(GONZ_EKS_BOTH, { kind: "drop" }),
        dns: vipRecords(),
        outsideDns: undefined,
      },
    ],
  }),
  scenario("outsider", "both endpoints, from a host outside: VIPs by name, no way to the ENIs", {
    ...OUTSIDE,
    clusters: [{ ...fromOutside(GONZ_EKS_BOTH), dns: vipRecords(), outsideDns: undefined }],
  }),
];

/** What every resolver but the VPC's says. */
function vipRecords(): DnsRecords {
  return GONZ_EKS_BOTH.outsideDns ?? GONZ_EKS_BOTH.dns;
}
