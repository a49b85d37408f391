import { createHash } from "node:crypto";
import type { LabCluster, LabEni } from "../scenario.ts";
import { applyFilters, type FilterFields, readFilters } from "./ec2-filter.ts";
import { takePage } from "./ec2-page.ts";
import { listParam } from "./request.ts";
import type { AwsCall, AwsWorld, ServiceResult } from "./service.ts";
import { ok, serviceError } from "./service.ts";
import { itemsOf, writeXml, type XmlNode } from "./xml.ts";

export const EC2_NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";

interface OwnedEni extends LabEni {
  readonly cluster: LabCluster;
  readonly ownerId: string;
}

const FIELDS: FilterFields<OwnedEni> = {
  "addresses.private-ip-address": (eni) => privateIpv4(eni),
  "attachment.instance-owner-id": (eni) => (isAttached(eni) ? [eni.attachmentOwnerId] : []),
  "attachment.status": (eni) => (isAttached(eni) ? ["attached"] : []),
  "availability-zone": (eni) => [eni.availabilityZone],
  description: (eni) => [eni.description],
  "group-id": (eni) => groupIds(eni.cluster),
  "interface-type": () => ["interface"],
  "ipv6-addresses.ipv6-address": (eni) => ipv6(eni),
  "network-interface-id": (eni) => [eni.id],
  "owner-id": (eni) => [eni.ownerId],
  "private-ip-address": (eni) => [eni.ip],
  "requester-id": (eni) => [eni.requesterId],
  status: (eni) => [eni.status],
  "subnet-id": (eni) => [eni.subnetId],
  "vpc-id": (eni) => [eni.cluster.vpcId],
};

/** DescribeNetworkInterfaces over the ENIs of every cluster of the scenario. */
export function describeEnis(call: AwsCall, world: AwsWorld): ServiceResult {
  const { params } = call.request;
  const ids = listParam(params, "NetworkInterfaceId");
  if (ids.length > 0 && params.has("MaxResults")) {
    return serviceError(
      "InvalidParameterCombination",
      "The parameter NetworkInterfaceIds cannot be used with the parameter MaxResults",
    );
  }
  const all = enisIn(call, world);
  const absent = ids.find((id) => !all.some((eni) => eni.id === id));
  if (absent !== undefined) {
    return serviceError(
      "InvalidNetworkInterfaceID.NotFound",
      `The networkInterface ID '${absent}' does not exist`,
    );
  }
  const named = ids.length === 0 ? all : all.filter((eni) => ids.includes(eni.id));
  const filtered = applyFilters(named, readFilters(params), FIELDS);
  if (filtered.kind === "refused") return filtered.result;
  const paged = takePage(filtered.resources, params);
  if (paged.kind === "refused") return paged.result;

  const children: XmlNode[] = [
    ["requestId", call.requestId],
    ["networkInterfaceSet", itemsOf(paged.page.map((eni) => eniNodes(eni, world)))],
  ];
  if (paged.nextToken !== undefined) children.push(["nextToken", paged.nextToken]);
  return ok(writeXml(["DescribeNetworkInterfacesResponse", children], EC2_NAMESPACE));
}

function enisIn(call: AwsCall, world: AwsWorld): readonly OwnedEni[] {
  const { scenario } = world;
  if (call.region !== scenario.region) return [];
  return scenario.clusters.flatMap((cluster) =>
    cluster.enis.map((eni) => ({ ...eni, cluster, ownerId: scenario.accountId })),
  );
}

/** The members of a cross-account ENI's public dump (2018), with EC2's names of today. */
function eniNodes(eni: OwnedEni, world: AwsWorld): readonly XmlNode[] {
  const { region } = world.scenario;
  return [
    ["networkInterfaceId", eni.id],
    ["subnetId", eni.subnetId],
    ["vpcId", eni.cluster.vpcId],
    ["availabilityZone", eni.availabilityZone],
    ["description", eni.description],
    ["ownerId", eni.ownerId],
    ["requesterId", eni.requesterId],
    ["requesterManaged", false],
    ["status", eni.status],
    ["macAddress", macOf(eni.id)],
    ["privateIpAddress", eni.ip],
    ["privateDnsName", privateDnsName(eni.ip, region)],
    ["sourceDestCheck", true],
    ["groupSet", itemsOf(groupIds(eni.cluster).map((id) => groupNodes(id, eni.cluster)))],
    ...(isAttached(eni) ? [attachmentNode(eni, world)] : []),
    ["tagSet", []],
    [
      "privateIpAddressesSet",
      itemsOf(
        privateIpv4(eni).map((ip) => [
          ["privateIpAddress", ip],
          ["privateDnsName", privateDnsName(ip, region)],
          ["primary", ip === eni.ip],
        ]),
      ),
    ],
    ["ipv6AddressesSet", itemsOf(ipv6(eni).map((ip) => [["ipv6Address", ip]]))],
    ["interfaceType", "interface"],
  ];
}

/** The instance is in an account of AWS: its owner is told, its id is not. */
function attachmentNode(eni: OwnedEni, world: AwsWorld): XmlNode {
  return [
    "attachment",
    [
      ["attachmentId", `eni-attach-${hexOf(eni.id, 17)}`],
      ["instanceOwnerId", eni.attachmentOwnerId],
      ["deviceIndex", 1],
      ["networkCardIndex", 0],
      ["status", "attached"],
      ["attachTime", new Date(world.createdAtMs).toISOString()],
      ["deleteOnTermination", true],
    ],
  ];
}

function groupNodes(id: string, cluster: LabCluster): readonly XmlNode[] {
  const name =
    id === cluster.clusterSecurityGroupId
      ? `eks-cluster-sg-${cluster.name}-${hexOf(cluster.name, 8)}`
      : `${cluster.name}-ControlPlaneSecurityGroup`;
  return [
    ["groupId", id],
    ["groupName", name],
  ];
}

function groupIds(cluster: LabCluster): readonly string[] {
  return [...cluster.securityGroupIds, cluster.clusterSecurityGroupId];
}

function isAttached(eni: LabEni): boolean {
  return eni.status === "in-use";
}

function privateIpv4(eni: LabEni): readonly string[] {
  return [eni.ip, ...eni.secondaryIps].filter((ip) => !ip.includes(":"));
}

function ipv6(eni: LabEni): readonly string[] {
  return [eni.ip, ...eni.secondaryIps].filter((ip) => ip.includes(":"));
}

function privateDnsName(ip: string, region: string): string {
  const zone = region === "us-east-1" ? "ec2.internal" : `${region}.compute.internal`;
  return `ip-${ip.replaceAll(".", "-")}.${zone}`;
}

function macOf(id: string): string {
  return ["0a", ...(hexOf(id, 10).match(/../g) ?? [])].join(":");
}

/** Made up, but the same every time for the same id. */
function hexOf(id: string, length: number): string {
  return createHash("sha256").update(id).digest("hex").slice(0, length);
}
