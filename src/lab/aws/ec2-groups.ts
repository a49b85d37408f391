import type { LabGroupRule, LabSecurityGroup } from "../scenario/vpc.ts";
import type { FilterFields } from "./ec2-filter.ts";
import { describeList, NO_TAGS, vpcsIn } from "./ec2-list.ts";
import { partitionOf } from "./partition.ts";
import type { AwsCall, AwsWorld, ServiceResult } from "./service.ts";
import { itemsOf, type XmlNode } from "./xml.ts";

interface OwnedGroup extends LabSecurityGroup {
  readonly vpcId: string;
  readonly ownerId: string;
}

const FIELDS: FilterFields<OwnedGroup> = {
  "group-id": ({ id }) => [id],
  "group-name": ({ name }) => [name],
  "ip-permission.cidr": (group) =>
    rulesOf(group, "ingress").flatMap(({ cidrs }) => cidrs?.filter(isIpv4) ?? []),
  "ip-permission.from-port": (group) =>
    rulesOf(group, "ingress").flatMap(({ fromPort }) => fromPort?.toString() ?? []),
  "ip-permission.group-id": (group) =>
    rulesOf(group, "ingress").flatMap(({ groupIds }) => groupIds ?? []),
  "ip-permission.protocol": (group) => rulesOf(group, "ingress").map(({ protocol }) => protocol),
  "ip-permission.to-port": (group) =>
    rulesOf(group, "ingress").flatMap(({ toPort }) => toPort?.toString() ?? []),
  "owner-id": ({ ownerId }) => [ownerId],
  "vpc-id": ({ vpcId }) => [vpcId],
};

export function describeSecurityGroups(call: AwsCall, world: AwsWorld): ServiceResult {
  const ownerId = world.scenario.accountId;
  return describeList(
    vpcsIn(call, world).flatMap(({ id: vpcId, securityGroups }) =>
      securityGroups.map((group) => ({ ...group, vpcId, ownerId })),
    ),
    {
      action: "DescribeSecurityGroups",
      idParam: "GroupId",
      set: "securityGroupInfo",
      idOf: ({ id }) => id,
      notFound: (id) => ["InvalidGroup.NotFound", `The security group '${id}' does not exist`],
      fields: FIELDS,
      nodesOf: (group) => groupNodes(group, world),
    },
    call,
  );
}

function groupNodes(group: OwnedGroup, { scenario }: AwsWorld): readonly XmlNode[] {
  const { id, name, vpcId, ownerId } = group;
  const partition = partitionOf(scenario.region)?.id ?? "aws";
  return [
    ["ownerId", ownerId],
    ["groupId", id],
    ["groupName", name],
    ["groupDescription", name],
    ["vpcId", vpcId],
    ["securityGroupArn", `arn:${partition}:ec2:${scenario.region}:${ownerId}:security-group/${id}`],
    ["ipPermissions", permissions(rulesOf(group, "ingress"), ownerId)],
    ["ipPermissionsEgress", permissions(rulesOf(group, "egress"), ownerId)],
    NO_TAGS,
  ];
}

function permissions(rules: readonly LabGroupRule[], ownerId: string): readonly XmlNode[] {
  return itemsOf(
    rules.map((rule) => [
      ["ipProtocol", rule.protocol],
      ...(rule.fromPort === undefined ? [] : [["fromPort", rule.fromPort] as const]),
      ...(rule.toPort === undefined ? [] : [["toPort", rule.toPort] as const]),
      ["groups", itemsOf((rule.groupIds ?? []).map((id) => pair(id, ownerId)))],
      ["ipRanges", itemsOf((rule.cidrs ?? []).filter(isIpv4).map((cidr) => [["cidrIp", cidr]]))],
      [
        "ipv6Ranges",
        itemsOf(
          (rule.cidrs ?? []).filter((cidr) => !isIpv4(cidr)).map((cidr) => [["cidrIpv6", cidr]]),
        ),
      ],
      ["prefixListIds", itemsOf((rule.prefixListIds ?? []).map((id) => [["prefixListId", id]]))],
    ]),
  );
}

function pair(groupId: string, userId: string): readonly XmlNode[] {
  return [
    ["userId", userId],
    ["groupId", groupId],
  ];
}

function rulesOf(
  { rules }: LabSecurityGroup,
  direction: LabGroupRule["direction"],
): readonly LabGroupRule[] {
  return rules.filter((rule) => rule.direction === direction);
}

function isIpv4(cidr: string): boolean {
  return !cidr.includes(":");
}
