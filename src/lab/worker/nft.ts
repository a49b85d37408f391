import type { LabProxied } from "../scenario/worker.ts";
import { nftEndpointChain, nftServiceChain } from "./chain-names.ts";

/** What the rules are made of. */
export interface NftWorld {
  readonly services: readonly LabProxied[];
  readonly vpcCidr: string;
  readonly serviceCidr: string;
}

const VERDICTS = "type ipv4_addr . inet_proto . inet_service : verdict";

/** What `nft list table ip kube-proxy` prints of kube-proxy's mode nftables: pkg/proxy/nftables. */
export function nftTable({ services, vpcCidr, serviceCidr }: NftWorld): string {
  const serving = services.filter(({ targets }) => targets.length > 0);
  const idle = services.filter(({ targets }) => targets.length === 0);
  const blocks = [
    block("set", "cluster-ips", [
      "type ipv4_addr",
      'comment "Active ClusterIPs"',
      ...elements(serving.map(({ ip }) => ip)),
    ]),
    block("set", "nodeport-ips", ["type ipv4_addr", 'comment "IPs that accept NodePort traffic"']),
    block("map", "no-endpoint-services", [
      VERDICTS,
      'comment "vmap to drop or reject packets to services with no endpoints"',
      ...elements(
        idle.map(
          ({ ip, port, name }) => `${ip} . tcp . ${port} comment "${name}" : goto reject-chain`,
        ),
      ),
    ]),
    block("map", "service-ips", [
      VERDICTS,
      'comment "ClusterIP, ExternalIP and LoadBalancer IP traffic"',
      ...elements(
        serving.map(
          ({ ip, port, name }) => `${ip} . tcp . ${port} : goto ${nftServiceChain(name)}`,
        ),
      ),
    ]),
    block("map", "service-nodeports", [
      "type inet_proto . inet_service : verdict",
      'comment "NodePort traffic"',
    ]),
    ...commonChains(serviceCidr),
    ...serving.flatMap((service) => serviceChains(service, vpcCidr)),
  ];
  return `table ip kube-proxy {\n\tcomment "rules for kube-proxy"\n${blocks.join("\n\n")}\n}\n`;
}

function block(kind: "set" | "map" | "chain", name: string, lines: readonly string[]): string {
  return [`\t${kind} ${name} {`, ...lines.map((line) => `\t\t${line}`), "\t}"].join("\n");
}

/** One a line; nft itself puts two short ones into a line, which says the same. */
function elements(all: readonly string[]): readonly string[] {
  return all.length === 0 ? [] : [`elements = { ${all.join(",\n\t\t\t     ")} }`];
}

function commonChains(serviceCidr: string): readonly string[] {
  const checks = [
    "ct state new jump service-endpoints-check",
    "ct state new jump cluster-ips-check",
  ];
  return [
    block("chain", "nat-output", [
      "type nat hook output priority -100; policy accept;",
      "jump services",
    ]),
    block("chain", "nat-prerouting", [
      "type nat hook prerouting priority dstnat; policy accept;",
      "jump services",
    ]),
    block("chain", "nat-postrouting", [
      "type nat hook postrouting priority srcnat; policy accept;",
      "jump masquerading",
    ]),
    block("chain", "filter-forward", [
      "type filter hook forward priority filter; policy accept;",
      ...checks,
    ]),
    block("chain", "filter-output", [
      "type filter hook output priority filter; policy accept;",
      ...checks,
    ]),
    block("chain", "services", [
      "ip daddr . meta l4proto . th dport vmap @service-ips",
      "ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports",
    ]),
    block("chain", "cluster-ips-check", [
      'ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"',
      `ip daddr ${serviceCidr} drop comment "Drop traffic to unallocated ClusterIPs"`,
    ]),
    block("chain", "masquerading", [
      "meta mark & 0x00004000 == 0x00000000 return",
      "meta mark set meta mark ^ 0x00004000",
      "masquerade fully-random",
    ]),
    block("chain", "mark-for-masquerade", ["meta mark set meta mark | 0x00004000"]),
    block("chain", "reject-chain", [
      'comment "helper for @no-endpoint-services / @no-endpoint-nodeports"',
      "reject",
    ]),
    block("chain", "service-endpoints-check", [
      "ip daddr . meta l4proto . th dport vmap @no-endpoint-services",
    ]),
  ];
}

function serviceChains(
  { name, ip, port, targets }: LabProxied,
  vpcCidr: string,
): readonly string[] {
  const ends = targets.map((target) => nftEndpointChain(name, target.ip, target.port));
  const choice = ends.map((chain, index) => `${index} : goto ${chain}`).join(", ");
  return [
    ...targets.map((target, index) =>
      block("chain", ends[index] ?? "", [
        `ip saddr ${target.ip} jump mark-for-masquerade`,
        `meta l4proto tcp dnat to ${target.ip}:${target.port}`,
      ]),
    ),
    block("chain", nftServiceChain(name), [
      `ip daddr ${ip} tcp dport ${port} ip saddr != ${vpcCidr} jump mark-for-masquerade`,
      `numgen random mod ${targets.length} vmap { ${choice} }`,
    ]),
  ];
}
