import type { LabAclEntry, LabNetworkAcl } from "../scenario/vpc.ts";
import { madeUpId } from "../vpc.ts";
import type { FilterFields } from "./ec2-filter.ts";
import { describeList, NO_TAGS, vpcsIn } from "./ec2-list.ts";
import type { AwsCall, AwsWorld, ServiceResult } from "./service.ts";
import { itemsOf, type XmlNode } from "./xml.ts";

interface OwnedAcl extends LabNetworkAcl {
  readonly vpcId: string;
  readonly ownerId: string;
}

/** The console's `*`: what no other entry matches is denied, in every ACL, and cannot be removed. */
const LAST_NUMBER = 32_767;

const FIELDS: FilterFields<OwnedAcl> = {
  "association.network-acl-id": ({ id }) => [id],
  "association.subnet-id": ({ subnetIds }) => subnetIds,
  default: ({ isDefault }) => [String(isDefault === true)],
  "entry.cidr": ({ entries }) => entries.map(({ cidr }) => cidr),
  "entry.rule-action": ({ entries }) => entries.map(({ action }) => action),
  "network-acl-id": ({ id }) => [id],
  "owner-id": ({ ownerId }) => [ownerId],
  "vpc-id": ({ vpcId }) => [vpcId],
};

export function describeNetworkAcls(call: AwsCall, world: AwsWorld): ServiceResult {
  const ownerId = world.scenario.accountId;
  return describeList(
    vpcsIn(call, world).flatMap(({ id: vpcId, networkAcls }) =>
      networkAcls.map((acl) => ({ ...acl, vpcId, ownerId })),
    ),
    {
      action: "DescribeNetworkAcls",
      idParam: "NetworkAclId",
      set: "networkAclSet",
      idOf: ({ id }) => id,
      notFound: (id) => [
        "InvalidNetworkAclID.NotFound",
        `The networkAcl ID '${id}' does not exist`,
      ],
      fields: FIELDS,
      nodesOf: aclNodes,
    },
    call,
  );
}

function aclNodes(acl: OwnedAcl): readonly XmlNode[] {
  return [
    ["networkAclId", acl.id],
    ["vpcId", acl.vpcId],
    ["ownerId", acl.ownerId],
    ["default", acl.isDefault === true],
    ["entrySet", itemsOf([...acl.entries, ...lastEntries()].map(entryNodes))],
    [
      "associationSet",
      itemsOf(
        acl.subnetIds.map((subnetId) => [
          ["networkAclAssociationId", madeUpId("aclassoc", subnetId)],
          ["networkAclId", acl.id],
          ["subnetId", subnetId],
        ]),
      ),
    ],
    NO_TAGS,
  ];
}

function lastEntries(): readonly LabAclEntry[] {
  const deny = { number: LAST_NUMBER, action: "deny", protocol: "-1", cidr: "0.0.0.0/0" } as const;
  return [
    { ...deny, direction: "ingress" },
    { ...deny, direction: "egress" },
  ];
}

function entryNodes(entry: LabAclEntry): readonly XmlNode[] {
  const { cidr, fromPort, toPort } = entry;
  const ports: readonly XmlNode[] =
    fromPort === undefined
      ? []
      : [
          [
            "portRange",
            [
              ["from", fromPort],
              ["to", toPort ?? fromPort],
            ],
          ],
        ];
  return [
    ["ruleNumber", entry.number],
    ["protocol", entry.protocol],
    ["ruleAction", entry.action],
    ["egress", entry.direction === "egress"],
    [cidr.includes(":") ? "ipv6CidrBlock" : "cidrBlock", cidr],
    ...ports,
  ];
}
