import { createHash } from "node:crypto";
import ipaddr from "ipaddr.js";
import { isInsideCidr } from "./apiserver/service-network.ts";
import type {
  LabNetworkAcl,
  LabRouteTable,
  LabSecurityGroup,
  LabSubnet,
  LabVpc,
  LabVpcDetails,
} from "./scenario/vpc.ts";
import type { LabCluster, LabEni, Scenario } from "./scenario.ts";

/** Enough for any number of new ENIs. */
const FREE_IPS = 200;
/** A subnet's first four addresses and its last one are AWS's. */
const RESERVED_IPS = 5;

/** Made up, but the same every time for the same text: `subnet-0123456789abcdef0`. */
export function madeUpId(kind: string, text: string): string {
  return `${kind}-${hexOf(`${kind} ${text}`, 17)}`;
}

export function hexOf(text: string, length: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, length);
}

/**
 * Every VPC of the scenario, with what it does not name as a healthy world has it: security groups
 * that let the VPC in on 443, an ACL that allows all, a main route table to an internet gateway,
 * subnets with 200 free addresses, Amazon's DNS, no NAT.
 */
export function completeVpcs(scenario: Scenario): readonly LabVpc[] {
  return Object.entries(scenario.vpcs).map(([id, cidrs]) =>
    completeVpc(id, cidrs, scenario.vpcDetails?.[id] ?? {}, scenario),
  );
}

function completeVpc(
  id: string,
  cidrs: readonly string[],
  named: LabVpcDetails,
  scenario: Scenario,
): LabVpc {
  const clusters = scenario.clusters.filter(({ vpcId }) => vpcId === id);
  const exists = (part: { readonly id: string }): boolean =>
    named.deleted?.includes(part.id) !== true;
  const subnets = merge(named.subnets, defaultSubnets(cidrs, clusters, scenario)).filter(exists);
  return {
    id,
    cidrs,
    dnsSupport: named.dnsSupport ?? true,
    dnsHostnames: named.dnsHostnames ?? true,
    nameServers: named.nameServers ?? ["AmazonProvidedDNS"],
    securityGroups: merge(
      named.securityGroups,
      clusters.flatMap((cluster) => defaultGroups(cluster, cidrs)),
    ).filter(exists),
    networkAcls: completeAcls(id, named.networkAcls ?? [], subnets),
    routeTables: completeTables(id, cidrs, named.routeTables ?? []),
    subnets,
    natGateways: named.natGateways ?? [],
  };
}

/** What is named comes before, and instead of, what is not; each id once. */
function merge<T extends { readonly id: string }>(
  named: readonly T[] | undefined,
  defaults: readonly T[],
): readonly T[] {
  const byId = new Map<string, T>();
  for (const part of [...(named ?? []), ...defaults]) {
    if (!byId.has(part.id)) byId.set(part.id, part);
  }
  return [...byId.values()];
}

/** The group that EKS makes, and the cluster's own additional ones, which let nobody in. */
function defaultGroups(cluster: LabCluster, cidrs: readonly string[]): readonly LabSecurityGroup[] {
  const anywhere = { direction: "egress", protocol: "-1", cidrs: ["0.0.0.0/0"] } as const;
  const id = cluster.clusterSecurityGroupId;
  return [
    {
      id,
      name: `eks-cluster-sg-${cluster.name}-${hexOf(cluster.name, 8)}`,
      rules: [
        { direction: "ingress", protocol: "-1", groupIds: [id] },
        { direction: "ingress", protocol: "tcp", fromPort: 443, toPort: 443, cidrs },
        anywhere,
      ],
    },
    ...cluster.securityGroupIds.map((additional) => ({
      id: additional,
      name: `${cluster.name}-ControlPlaneSecurityGroup`,
      rules: [anywhere],
    })),
  ];
}

/** Each subnet has one ACL: the default one, where no other takes it. */
function completeAcls(
  vpcId: string,
  named: readonly LabNetworkAcl[],
  subnets: readonly LabSubnet[],
): readonly LabNetworkAcl[] {
  const taken = new Set(
    named.filter(({ isDefault }) => isDefault !== true).flatMap(({ subnetIds }) => subnetIds),
  );
  const subnetIds = subnets.map(({ id }) => id).filter((id) => !taken.has(id));
  const everything = { number: 100, action: "allow", protocol: "-1", cidr: "0.0.0.0/0" } as const;
  const allowAll: LabNetworkAcl = {
    id: madeUpId("acl", vpcId),
    subnetIds,
    isDefault: true,
    entries: [
      { ...everything, direction: "ingress" },
      { ...everything, direction: "egress" },
    ],
  };
  return named.some(({ isDefault }) => isDefault)
    ? named.map((acl) => (acl.isDefault === true ? { ...acl, subnetIds } : acl))
    : [...named, allowAll];
}

function completeTables(
  vpcId: string,
  cidrs: readonly string[],
  named: readonly LabRouteTable[],
): readonly LabRouteTable[] {
  if (named.some(({ isMain }) => isMain)) return named;
  const main: LabRouteTable = {
    id: madeUpId("rtb", vpcId),
    subnetIds: [],
    isMain: true,
    routes: [
      ...cidrs.map((destination) => ({ destination, target: "local" })),
      { destination: "0.0.0.0/0", target: madeUpId("igw", vpcId) },
    ],
  };
  return [...named, main];
}

/** The subnets of the clusters and of their ENIs: blocks around the ENIs, or the first free ones. */
function defaultSubnets(
  cidrs: readonly string[],
  clusters: readonly LabCluster[],
  { region }: Scenario,
): readonly LabSubnet[] {
  const enis = clusters.flatMap((cluster) => cluster.enis);
  const ids = new Set([
    ...clusters.flatMap(({ subnetIds }) => subnetIds),
    ...enis.map(({ subnetId }) => subnetId),
  ]);
  const free = freeBlocks(
    cidrs,
    enis.map((eni) => eni.ip),
  );
  return [...ids].map((id, index) => {
    const own = enis.filter(({ subnetId }) => subnetId === id);
    const cidr = blockOf(cidrs, own) ?? free.next().value ?? cidrs[0] ?? "10.0.0.0/16";
    const size = 2 ** (32 - Number(cidr.split("/")[1]));
    return {
      id,
      availabilityZone: own[0]?.availabilityZone ?? `${region}${"abc"[index % 3]}`,
      cidr,
      freeIps: Math.max(0, Math.min(FREE_IPS, size - RESERVED_IPS - own.length)),
    };
  });
}

function blockOf(cidrs: readonly string[], enis: readonly LabEni[]): string | undefined {
  const [ip] = enis.map((eni) => eni.ip).filter((one) => !one.includes(":"));
  const around = ip === undefined ? undefined : cidrs.find((cidr) => isInsideCidr(ip, cidr));
  return ip === undefined || around === undefined
    ? undefined
    : networkOf(`${ip}/${subnetPrefix(around)}`);
}

/** Blocks of the VPC's ranges in which none of the addresses is. */
function* freeBlocks(
  cidrs: readonly string[],
  ips: readonly string[],
): Generator<string, undefined> {
  for (const cidr of cidrs.filter((one) => !one.includes(":"))) {
    const prefix = subnetPrefix(cidr);
    const size = 2 ** (32 - prefix);
    const first = numberOf(cidr.split("/")[0] ?? "");
    const last = first + 2 ** (32 - Number(cidr.split("/")[1]));
    for (let start = first; start + size <= last; start += size) {
      const block = `${textOf(start)}/${prefix}`;
      if (!ips.some((ip) => isInsideCidr(ip, block))) yield block;
    }
  }
  return undefined;
}

/** /20 in the usual /16: sixteen subnets, as long as they are big enough for a VPC to have them. */
function subnetPrefix(vpcCidr: string): number {
  return Math.min(28, Math.max(20, Number(vpcCidr.split("/")[1]) + 4));
}

function networkOf(cidr: string): string {
  return `${ipaddr.IPv4.networkAddressFromCIDR(cidr).toString()}/${cidr.split("/")[1]}`;
}

function numberOf(ip: string): number {
  return ipaddr.IPv4.parse(ip).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

function textOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}
