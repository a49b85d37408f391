import type { LabCluster, LabEni } from "../scenario.ts";
import { completeVpcs, hexOf } from "../vpc.ts";
import type { FilterFields } from "./ec2-filter.ts";
import { describeList } from "./ec2-list.ts";
import { listParam } from "./request.ts";
import type { AwsCall, AwsWorld, ServiceResult } from "./service.ts";
import { serviceError } from "./service.ts";
import { itemsOf, type XmlNode } from "./xml.ts";

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
  return describeList(
    enisIn(call, world),
    {
      action: "DescribeNetworkInterfaces",
      idParam: "NetworkInterfaceId",
      set: "networkInterfaceSet",
      idOf: ({ id }) => id,
      notFound: (id) => [
        "InvalidNetworkInterfaceID.NotFound",
        `The networkInterface ID '${id}' does not exist`,
      ],
      fields: FIELDS,
      nodesOf: (eni) => eniNodes(eni, world),
    },
    call,
  );
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
    ["groupSet", itemsOf(groupIds(eni.cluster).map((id) => groupNodes(id, world)))],
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

/** An ENI whose group is gone keeps the group's id. */
function groupNodes(id: string, { scenario }: AwsWorld): readonly XmlNode[] {
  const groups = completeVpcs(scenario).flatMap(({ securityGroups }) => securityGroups);
  const group = groups.find((one) => one.id === id);
  return [["groupId", id], ...(group === undefined ? [] : [["groupName", group.name] as const])];
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
