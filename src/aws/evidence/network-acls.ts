import type { Fact } from "../../model/fact.ts";
import type { NetworkAcl, NetworkAclEntry } from "../../model/vpc.ts";
import { fieldsOf, itemsOf, listOf, readEach, textOf } from "../fields.ts";
import { type Outcome, ok } from "../outcome.ts";
import type { AwsSession } from "../session.ts";
import { notAws } from "./ask.ts";
import { readCidr, readPort } from "./network-fields.ts";
import { listFromEc2 } from "./pages.ts";

const ACTION = "ec2:DescribeNetworkAcls";

/** The network ACLs of these subnets. Fails as listClusterEnis does. */
export function networkAcls(
  session: AwsSession,
  subnetIds: readonly string[],
  signal: AbortSignal,
): Promise<Fact<readonly NetworkAcl[]>> {
  return listFromEc2(
    session,
    {
      action: ACTION,
      filter: "association.subnet-id",
      values: subnetIds,
      fetch: async ({ ec2, send }, query) => {
        const answer = await send(new ec2.DescribeNetworkAclsCommand(query));
        return { items: answer.NetworkAcls, nextToken: answer.NextToken };
      },
      read: (item) => readAcl(item, subnetIds),
    },
    signal,
  );
}

function readAcl(item: unknown, asked: readonly string[]): Outcome<NetworkAcl | undefined> {
  const { NetworkAclId, Associations, Entries } = fieldsOf(item);
  const id = textOf(NetworkAclId);
  if (id === undefined) return notAws(ACTION, "a network ACL has no id");
  const subnetIds =
    listOf(itemsOf(Associations).map((association) => fieldsOf(association)["SubnetId"])) ?? [];
  if (!subnetIds.some((subnetId) => asked.includes(subnetId))) return ok(undefined);
  if (!Array.isArray(Entries)) return notAws(ACTION, "a network ACL has no list of entries");
  const entries = readEach(Entries, readEntry);
  return entries.kind === "failed" ? entries : ok({ id, subnetIds, entries: entries.value });
}

/** Every part decides what passes, so an entry that lacks one fails the answer. */
function readEntry(item: unknown): Outcome<NetworkAclEntry> {
  const { RuleNumber, Egress, RuleAction, Protocol, CidrBlock, Ipv6CidrBlock, PortRange } =
    fieldsOf(item);
  const protocol = textOf(Protocol);
  if (
    typeof RuleNumber !== "number" ||
    !Number.isInteger(RuleNumber) ||
    typeof Egress !== "boolean" ||
    (RuleAction !== "allow" && RuleAction !== "deny") ||
    protocol === undefined
  ) {
    return notAws(ACTION, "an entry lacks its number, direction, action or protocol");
  }
  const cidr = readCidr(ACTION, CidrBlock ?? Ipv6CidrBlock);
  if (cidr.kind === "failed") return cidr;
  const { From, To } = fieldsOf(PortRange);
  const fromPort = readPort(ACTION, From);
  if (fromPort.kind === "failed") return fromPort;
  const toPort = readPort(ACTION, To);
  if (toPort.kind === "failed") return toPort;
  return ok({
    number: RuleNumber,
    direction: Egress ? "egress" : "ingress",
    action: RuleAction,
    protocol,
    cidr: cidr.value,
    fromPort: fromPort.value,
    toPort: toPort.value,
  });
}
