import type { LabNatGateway, LabSubnet } from "../scenario/vpc.ts";
import { madeUpId } from "../vpc.ts";
import type { FilterFields } from "./ec2-filter.ts";
import { describeList, NO_TAGS, vpcsIn } from "./ec2-list.ts";
import { partitionOf } from "./partition.ts";
import type { AwsCall, AwsWorld, ServiceResult } from "./service.ts";
import { itemsOf, type XmlNode } from "./xml.ts";

interface OwnedSubnet extends LabSubnet {
  readonly vpcId: string;
  readonly ownerId: string;
}

interface OwnedGateway extends LabNatGateway {
  readonly vpcId: string;
}

const SUBNET_FIELDS: FilterFields<OwnedSubnet> = {
  "availability-zone": ({ availabilityZone }) => [availabilityZone],
  "available-ip-address-count": ({ freeIps }) => [String(freeIps)],
  "cidr-block": ({ cidr }) => [cidr],
  "default-for-az": () => ["false"],
  "owner-id": ({ ownerId }) => [ownerId],
  state: () => ["available"],
  "subnet-id": ({ id }) => [id],
  "vpc-id": ({ vpcId }) => [vpcId],
};

export function describeSubnets(call: AwsCall, world: AwsWorld): ServiceResult {
  const ownerId = world.scenario.accountId;
  return describeList(
    vpcsIn(call, world).flatMap(({ id: vpcId, subnets }) =>
      subnets.map((subnet) => ({ ...subnet, vpcId, ownerId })),
    ),
    {
      action: "DescribeSubnets",
      idParam: "SubnetId",
      set: "subnetSet",
      idOf: ({ id }) => id,
      notFound: (id) => ["InvalidSubnetID.NotFound", `The subnet ID '${id}' does not exist`],
      fields: SUBNET_FIELDS,
      nodesOf: (subnet) => subnetNodes(subnet, world),
    },
    call,
  );
}

function subnetNodes(subnet: OwnedSubnet, { scenario }: AwsWorld): readonly XmlNode[] {
  const { id, ownerId } = subnet;
  const partition = partitionOf(scenario.region)?.id ?? "aws";
  return [
    ["subnetId", id],
    ["subnetArn", `arn:${partition}:ec2:${scenario.region}:${ownerId}:subnet/${id}`],
    ["state", "available"],
    ["ownerId", ownerId],
    ["vpcId", subnet.vpcId],
    ["cidrBlock", subnet.cidr],
    ["ipv6CidrBlockAssociationSet", []],
    ["availableIpAddressCount", subnet.freeIps],
    ["availabilityZone", subnet.availabilityZone],
    ["defaultForAz", false],
    ["mapPublicIpOnLaunch", false],
    NO_TAGS,
  ];
}

const GATEWAY_FIELDS: FilterFields<OwnedGateway> = {
  "nat-gateway-id": ({ id }) => [id],
  state: ({ state }) => [state],
  "subnet-id": ({ subnetId }) => [subnetId],
  "vpc-id": ({ vpcId }) => [vpcId],
};

/** The one action whose filters are called `Filter`; on the wire all of them are. */
export function describeNatGateways(call: AwsCall, world: AwsWorld): ServiceResult {
  return describeList(
    vpcsIn(call, world).flatMap(({ id: vpcId, natGateways }) =>
      natGateways.map((gateway) => ({ ...gateway, vpcId })),
    ),
    {
      action: "DescribeNatGateways",
      idParam: "NatGatewayId",
      set: "natGatewaySet",
      idOf: ({ id }) => id,
      notFound: (id) => ["NatGatewayNotFound", `NatGateway ${id} was not found`],
      fields: GATEWAY_FIELDS,
      nodesOf: (gateway) => gatewayNodes(gateway, world.createdAtMs),
    },
    call,
  );
}

function gatewayNodes(gateway: OwnedGateway, createdAtMs: number): readonly XmlNode[] {
  const { id, publicIps, state } = gateway;
  const status = state === "failed" ? "failed" : "succeeded";
  return [
    ["natGatewayId", id],
    ["vpcId", gateway.vpcId],
    ["subnetId", gateway.subnetId],
    ["state", state],
    ["createTime", new Date(createdAtMs).toISOString()],
    ["connectivityType", publicIps.length === 0 ? "private" : "public"],
    [
      "natGatewayAddressSet",
      itemsOf(
        publicIps.map((publicIp, index) => [
          ["publicIp", publicIp],
          ["allocationId", madeUpId("eipalloc", publicIp)],
          ["networkInterfaceId", madeUpId("eni", id)],
          ["isPrimary", index === 0],
          ["status", status],
        ]),
      ),
    ],
    NO_TAGS,
  ];
}
