import type { Fact } from "../../model/fact.ts";
import type { RouteTable, VpcRoute } from "../../model/vpc.ts";
import { fieldsOf, readEach, textOf } from "../fields.ts";
import { type Outcome, ok } from "../outcome.ts";
import type { AwsSession } from "../session.ts";
import { notAws } from "./ask.ts";
import { listFromEc2 } from "./pages.ts";

const ACTION = "ec2:DescribeRouteTables";

/** Where a route may lead, the more telling field first: an instance is named beside its interface. */
const TARGETS = [
  "GatewayId",
  "NatGatewayId",
  "TransitGatewayId",
  "VpcPeeringConnectionId",
  "EgressOnlyInternetGatewayId",
  "NetworkInterfaceId",
  "InstanceId",
  "LocalGatewayId",
  "CarrierGatewayId",
  "CoreNetworkArn",
  "OdbNetworkArn",
] as const;

/** Every route table of the VPC. Fails as listClusterEnis does. */
export function routeTables(
  session: AwsSession,
  vpcId: string,
  signal: AbortSignal,
): Promise<Fact<readonly RouteTable[]>> {
  return listFromEc2(
    session,
    {
      action: ACTION,
      filter: "vpc-id",
      values: [vpcId],
      fetch: async ({ ec2, send }, query) => {
        const answer = await send(new ec2.DescribeRouteTablesCommand(query));
        return { items: answer.RouteTables, nextToken: answer.NextToken };
      },
      read: (item) => readTable(item, vpcId),
    },
    signal,
  );
}

function readTable(item: unknown, vpcId: string): Outcome<RouteTable | undefined> {
  const { RouteTableId, VpcId, Associations, Routes } = fieldsOf(item);
  const id = textOf(RouteTableId);
  if (id === undefined) return notAws(ACTION, "a route table has no id");
  if (textOf(VpcId) !== vpcId) return ok(undefined);
  if (!Array.isArray(Associations) || !Array.isArray(Routes)) {
    return notAws(ACTION, "a route table has no list of routes or associations");
  }
  const routes = readEach(Routes, readRoute);
  if (routes.kind === "failed") return routes;
  const associations = Associations.map(fieldsOf).filter(isInForce);
  return ok({
    id,
    subnetIds: associations.flatMap(({ SubnetId }) => textOf(SubnetId) ?? []),
    isMain: associations.some(({ Main }) => Main === true),
    routes: routes.value,
  });
}

/** An absent state counts: emulators leave it out. */
function isInForce({ AssociationState }: Readonly<Record<string, unknown>>): boolean {
  const { State } = fieldsOf(AssociationState);
  return State === undefined || State === "associated" || State === "associating";
}

function readRoute(item: unknown): Outcome<VpcRoute> {
  const fields = fieldsOf(item);
  const destination = textOf(
    fields["DestinationCidrBlock"] ??
      fields["DestinationIpv6CidrBlock"] ??
      fields["DestinationPrefixListId"],
  );
  if (destination === undefined) return notAws(ACTION, "a route leads nowhere");
  return ok({
    destination,
    target: TARGETS.map((name) => textOf(fields[name])).find((target) => target !== undefined),
    state: stateOf(fields["State"]),
  });
}

function stateOf(state: unknown): VpcRoute["state"] {
  return state === "active" || state === "blackhole" ? state : "unknown";
}
