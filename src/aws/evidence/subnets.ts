import type { Fact } from "../../model/fact.ts";
import type { Subnet } from "../../model/vpc.ts";
import { fieldsOf, itemsOf, readEach, textOf } from "../fields.ts";
import { type Outcome, ok } from "../outcome.ts";
import type { AwsSession } from "../session.ts";
import { notAws } from "./ask.ts";
import { readCidr } from "./network-fields.ts";
import { listFromEc2 } from "./pages.ts";

const ACTION = "ec2:DescribeSubnets";

/** The subnets; one that is gone is left out. Fails as listClusterEnis does. */
export function subnets(
  session: AwsSession,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Fact<readonly Subnet[]>> {
  return listFromEc2(
    session,
    {
      action: ACTION,
      filter: "subnet-id",
      values: ids,
      fetch: async ({ ec2, send }, query) => {
        const answer = await send(new ec2.DescribeSubnetsCommand(query));
        return { items: answer.Subnets, nextToken: answer.NextToken };
      },
      read: (item) => readSubnet(item, ids),
    },
    signal,
  );
}

function readSubnet(item: unknown, ids: readonly string[]): Outcome<Subnet | undefined> {
  const fields = fieldsOf(item);
  const id = textOf(fields["SubnetId"]);
  if (id === undefined) return notAws(ACTION, "a subnet has no id");
  if (!ids.includes(id)) return ok(undefined);
  const associated = itemsOf(fields["Ipv6CidrBlockAssociationSet"]).map(fieldsOf).filter(isInForce);
  const cidrs = readEach(
    [fields["CidrBlock"], ...associated.map(({ Ipv6CidrBlock }) => Ipv6CidrBlock)].filter(
      (cidr) => cidr !== undefined,
    ),
    (cidr) => readCidr(ACTION, cidr),
  );
  if (cidrs.kind === "failed") return cidrs;
  return ok({
    id,
    vpcId: textOf(fields["VpcId"]),
    availabilityZone: textOf(fields["AvailabilityZone"]),
    cidrs: cidrs.value,
    freeIps: countOf(fields["AvailableIpAddressCount"]),
  });
}

function isInForce({ Ipv6CidrBlockState }: Readonly<Record<string, unknown>>): boolean {
  const { State } = fieldsOf(Ipv6CidrBlockState);
  return State === undefined || State === "associated";
}

function countOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
