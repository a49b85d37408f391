import type { LabRoute, LabRouteTable } from "../scenario/vpc.ts";
import { madeUpId } from "../vpc.ts";
import type { FilterFields } from "./ec2-filter.ts";
import { describeList, NO_TAGS, vpcsIn } from "./ec2-list.ts";
import type { AwsCall, AwsWorld, ServiceResult } from "./service.ts";
import { itemsOf, type XmlNode } from "./xml.ts";

interface OwnedTable extends LabRouteTable {
  readonly vpcId: string;
  readonly ownerId: string;
}

/** A subnet that names no table has the main one, and no association: the filter does not find it. */
const FIELDS: FilterFields<OwnedTable> = {
  "association.main": ({ isMain }) => [String(isMain === true)],
  "association.route-table-id": ({ id }) => [id],
  "association.subnet-id": ({ subnetIds }) => subnetIds,
  "owner-id": ({ ownerId }) => [ownerId],
  "route-table-id": ({ id }) => [id],
  "route.destination-cidr-block": ({ routes }) => routes.map(({ destination }) => destination),
  "route.state": ({ routes }) => routes.map(stateOf),
  "vpc-id": ({ vpcId }) => [vpcId],
};

/** By the target's prefix, the member that names it; what is not here is a gateway. */
const TARGET_MEMBERS: Readonly<Record<string, string>> = {
  cagw: "carrierGatewayId",
  eigw: "egressOnlyInternetGatewayId",
  eni: "networkInterfaceId",
  i: "instanceId",
  lgw: "localGatewayId",
  nat: "natGatewayId",
  pcx: "vpcPeeringConnectionId",
  tgw: "transitGatewayId",
};

export function describeRouteTables(call: AwsCall, world: AwsWorld): ServiceResult {
  const ownerId = world.scenario.accountId;
  return describeList(
    vpcsIn(call, world).flatMap(({ id: vpcId, routeTables }) =>
      routeTables.map((table) => ({ ...table, vpcId, ownerId })),
    ),
    {
      action: "DescribeRouteTables",
      idParam: "RouteTableId",
      set: "routeTableSet",
      idOf: ({ id }) => id,
      notFound: (id) => [
        "InvalidRouteTableID.NotFound",
        `The routeTable ID '${id}' does not exist`,
      ],
      fields: FIELDS,
      nodesOf: tableNodes,
      maxResults: 100,
    },
    call,
  );
}

function tableNodes(table: OwnedTable): readonly XmlNode[] {
  const { id, isMain, subnetIds } = table;
  return [
    ["routeTableId", id],
    ["vpcId", table.vpcId],
    ["ownerId", table.ownerId],
    ["routeSet", itemsOf(table.routes.map(routeNodes))],
    [
      "associationSet",
      itemsOf([
        ...(isMain === true ? [associationNodes(id, undefined)] : []),
        ...subnetIds.map((subnetId) => associationNodes(id, subnetId)),
      ]),
    ],
    ["propagatingVgwSet", []],
    NO_TAGS,
  ];
}

/** Without a subnet: what makes the table the main one. */
function associationNodes(tableId: string, subnetId: string | undefined): readonly XmlNode[] {
  return [
    ["routeTableAssociationId", madeUpId("rtbassoc", `${tableId} ${subnetId ?? "main"}`)],
    ["routeTableId", tableId],
    ...(subnetId === undefined ? [] : [["subnetId", subnetId] as const]),
    ["main", subnetId === undefined],
    ["associationState", [["state", "associated"]]],
  ];
}

function routeNodes(route: LabRoute): readonly XmlNode[] {
  const { destination, target } = route;
  const prefix = target.split("-")[0] ?? "";
  const member = Object.hasOwn(TARGET_MEMBERS, prefix) ? TARGET_MEMBERS[prefix] : undefined;
  return [
    [destinationMember(destination), destination],
    [member ?? "gatewayId", target],
    ["state", stateOf(route)],
    ["origin", target === "local" ? "CreateRouteTable" : "CreateRoute"],
  ];
}

function destinationMember(destination: string): string {
  if (destination.startsWith("pl-")) return "destinationPrefixListId";
  return destination.includes(":") ? "destinationIpv6CidrBlock" : "destinationCidrBlock";
}

function stateOf({ state }: LabRoute): string {
  return state ?? "active";
}
