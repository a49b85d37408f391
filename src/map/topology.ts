import type { AddressCertainty } from "../model/certainty.ts";
import type { Eni } from "../model/cluster.ts";
import type { DnsView, EndpointMode, Path } from "../model/map.ts";
import type { Route, Topology } from "../model/topology.ts";

/**
 * The likeliest reading of the map. AWS documents an NLB behind the public endpoint and one ENI per
 * API server in the VPC (EKS best practices guide, control plane); an NLB without cross-zone
 * balancing sends each zone's address to that zone's targets only (Elastic Load Balancing guide).
 */
export function readTopology(
  mode: EndpointMode,
  dnsView: DnsView,
  paths: readonly Path[],
  certainties: readonly AddressCertainty[],
  enis: readonly Eni[],
): Topology {
  const of = (kind: "vip" | "eni"): readonly AddressCertainty[] => {
    const ids = new Set(paths.filter((path) => path.kind === kind).map(({ address }) => address));
    return certainties.filter(({ address, verdict }) => ids.has(address) && verdict !== "unknown");
  };
  const [vips, interfaces] = [of("vip"), of("eni")];
  const clauses = [describeVips(vips), describeEnis(interfaces, enis)].filter(
    (clause) => clause !== "",
  );
  const reading = clauses.length > 0 ? clauses : ["too little was reached to say more"];
  return {
    sentence: [`${MODE_WORDS[mode]}, ${DNS_WORDS[dnsView]}`, ...reading].join("; "),
    confidence: confidenceOf([...vips, ...interfaces]),
    routes: expectedRoutes(mode),
  };
}

const MODE_WORDS = {
  public: "public",
  private: "private",
  "public and private": "public and private",
  unknown: "access unknown",
} as const satisfies Record<EndpointMode, string>;

const DNS_WORDS = {
  enis: "DNS gives ENIs",
  vips: "DNS gives VIPs",
  mixed: "DNS gives VIPs and ENIs",
  none: "nothing from DNS",
  unknown: "DNS gives VIPs or ENIs",
} as const satisfies Record<DnsView, string>;

function describeVips(vips: readonly AddressCertainty[]): string {
  if (vips.length === 0) return "";
  if (vips.some(({ verdict }) => verdict === "balanced")) {
    return "VIPs lead to several API servers: consistent with an NLB that balances across zones or has several API servers in one";
  }
  const servers = new Set(vips.map(({ tally }) => tally[0]?.apiServer));
  if (servers.size === vips.length) {
    return "each VIP has its own server: consistent with a zonal NLB without cross-zone balancing";
  }
  return "several VIPs lead to the same API server: consistent with an NLB of which some zones have no API server of their own";
}

function describeEnis(interfaces: readonly AddressCertainty[], enis: readonly Eni[]): string {
  if (interfaces.length === 0) return "";
  const zones = new Set(enis.flatMap(({ availabilityZone }) => availabilityZone ?? [])).size;
  const where = zones > 0 ? ` in ${zones} ${zones === 1 ? "zone" : "zones"}` : "";
  if (interfaces.some(({ verdict }) => verdict === "balanced")) {
    return `ENIs${where} lead to several API servers, which EKS does not document`;
  }
  const servers = new Set(interfaces.map(({ tally }) => tally[0]?.apiServer));
  return servers.size === interfaces.length
    ? `one server per ENI${where}`
    : `several ENIs${where} lead to the same API server`;
}

function confidenceOf(certainties: readonly AddressCertainty[]): string {
  const bounds = certainties.flatMap(({ unseenShareMax }) => unseenShareMax ?? []);
  if (certainties.length === 0) return "none";
  if (bounds.length === 0) return "certain: several backends were met";
  const worst = Math.max(...bounds);
  if (worst >= 1) return "weak: too few connections";
  return `another backend ≤${formatShare(worst)}`;
}

export function formatShare(share: number): string {
  const percent = share * 100;
  return `${percent >= 10 ? Math.ceil(percent) : Math.ceil(percent * 10) / 10} %`;
}

/** As the field notes found them with tcpdump, ss and iptables on workers of either mode. */
export function expectedRoutes(mode: EndpointMode): readonly Route[] {
  const host: Readonly<Record<EndpointMode, string>> = {
    public: "the public VIPs",
    private: "the ENIs",
    "public and private": "the ENIs where the VPC's own resolver answers, else the public VIPs",
    unknown: "what the endpoint's name resolves to there",
  };
  return [
    { direction: "worker to control plane", who: "kubelet, kube-proxy", path: host[mode] },
    {
      direction: "worker to control plane",
      who: "pods (also the VPC CNI)",
      path: "the kubernetes service's address, translated on the node to an ENI",
    },
    {
      direction: "control plane to worker",
      who: "logs, exec, webhooks",
      path: "from the ENIs to kubelet, port 10250, in every mode",
    },
  ];
}
