import type { Fact } from "../../model/fact.ts";
import { canonicalIp } from "../../model/ip.ts";
import type { NatGateway } from "../../model/vpc.ts";
import { fieldsOf, itemsOf, textOf } from "../fields.ts";
import { type Outcome, ok } from "../outcome.ts";
import type { AwsSession } from "../session.ts";
import { notAws } from "./ask.ts";
import { listFromEc2 } from "./pages.ts";

const ACTION = "ec2:DescribeNatGateways";

/**
 * Every NAT gateway of the VPC, also those that were deleted within the last hour; private ones have
 * no public address. Fails as listClusterEnis does.
 */
export function natGateways(
  session: AwsSession,
  vpcId: string,
  signal: AbortSignal,
): Promise<Fact<readonly NatGateway[]>> {
  return listFromEc2(
    session,
    {
      action: ACTION,
      filter: "vpc-id",
      values: [vpcId],
      fetch: async ({ ec2, send }, { Filters, ...query }) => {
        const answer = await send(
          new ec2.DescribeNatGatewaysCommand({ Filter: Filters, ...query }),
        );
        return { items: answer.NatGateways, nextToken: answer.NextToken };
      },
      read: (item) => readGateway(item, vpcId),
    },
    signal,
  );
}

function readGateway(item: unknown, vpcId: string): Outcome<NatGateway | undefined> {
  const { NatGatewayId, VpcId, SubnetId, State, NatGatewayAddresses } = fieldsOf(item);
  const id = textOf(NatGatewayId);
  if (id === undefined) return notAws(ACTION, "a NAT gateway has no id");
  if (textOf(VpcId) !== vpcId) return ok(undefined);
  const publicIps: string[] = [];
  for (const address of itemsOf(NatGatewayAddresses)) {
    const { PublicIp, Status } = fieldsOf(address);
    if (PublicIp === undefined || Status === "failed") continue;
    const ip = typeof PublicIp === "string" ? canonicalIp(PublicIp) : undefined;
    if (ip === undefined) return notAws(ACTION, `${id} has an address that is not one`);
    if (!publicIps.includes(ip)) publicIps.push(ip);
  }
  return ok({ id, subnetId: textOf(SubnetId), state: textOf(State), publicIps });
}
