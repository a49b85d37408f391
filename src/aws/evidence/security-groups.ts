import type { Fact } from "../../model/fact.ts";
import type { SecurityGroup, SecurityGroupRule } from "../../model/vpc.ts";
import { fieldsOf, itemsOf, listOf, readEach, textOf } from "../fields.ts";
import { type Outcome, ok } from "../outcome.ts";
import type { AwsSession } from "../session.ts";
import { notAws } from "./ask.ts";
import { readCidr, readPort } from "./network-fields.ts";
import { listFromEc2 } from "./pages.ts";

const ACTION = "ec2:DescribeSecurityGroups";

/** The groups with all their rules; one that is gone is left out. Fails as listClusterEnis does. */
export function securityGroups(
  session: AwsSession,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Fact<readonly SecurityGroup[]>> {
  return listFromEc2(
    session,
    {
      action: ACTION,
      filter: "group-id",
      values: ids,
      fetch: async ({ ec2, send }, query) => {
        const answer = await send(new ec2.DescribeSecurityGroupsCommand(query));
        return { items: answer.SecurityGroups, nextToken: answer.NextToken };
      },
      read: (item) => readGroup(item, ids),
    },
    signal,
  );
}

function readGroup(item: unknown, ids: readonly string[]): Outcome<SecurityGroup | undefined> {
  const { GroupId, GroupName, IpPermissions, IpPermissionsEgress } = fieldsOf(item);
  const id = textOf(GroupId);
  if (id === undefined) return notAws(ACTION, "a group has no id");
  if (!ids.includes(id)) return ok(undefined);
  if (!Array.isArray(IpPermissions) || !Array.isArray(IpPermissionsEgress)) {
    return notAws(ACTION, "a group has no list of rules");
  }
  const ingress = readEach(IpPermissions, (rule) => readRule("ingress", rule));
  if (ingress.kind === "failed") return ingress;
  const egress = readEach(IpPermissionsEgress, (rule) => readRule("egress", rule));
  if (egress.kind === "failed") return egress;
  return ok({ id, name: textOf(GroupName), rules: [...ingress.value, ...egress.value] });
}

function readRule(
  direction: SecurityGroupRule["direction"],
  item: unknown,
): Outcome<SecurityGroupRule> {
  const fields = fieldsOf(item);
  const protocol = textOf(fields["IpProtocol"]);
  if (protocol === undefined) return notAws(ACTION, "a rule names no protocol");
  const fromPort = readPort(ACTION, fields["FromPort"]);
  if (fromPort.kind === "failed") return fromPort;
  const toPort = readPort(ACTION, fields["ToPort"]);
  if (toPort.kind === "failed") return toPort;
  const cidrs = readEach(
    [
      ...itemsOf(fields["IpRanges"]).map((range) => fieldsOf(range)["CidrIp"]),
      ...itemsOf(fields["Ipv6Ranges"]).map((range) => fieldsOf(range)["CidrIpv6"]),
    ],
    (cidr) => readCidr(ACTION, cidr),
  );
  if (cidrs.kind === "failed") return cidrs;
  const pairs = itemsOf(fields["UserIdGroupPairs"]).map((pair) => fieldsOf(pair)["GroupId"]);
  const lists = itemsOf(fields["PrefixListIds"]).map((list) => fieldsOf(list)["PrefixListId"]);
  const groupIds = listOf(pairs) ?? [];
  const prefixListIds = listOf(lists) ?? [];
  const named = cidrs.value.length + groupIds.length + prefixListIds.length;
  // EC2 has no rule without a peer; where one could not be read, the rule would say too little.
  if (named === 0 || groupIds.length < pairs.length || prefixListIds.length < lists.length) {
    return notAws(ACTION, "a rule does not say whom it is for");
  }
  return ok({
    direction,
    protocol,
    fromPort: fromPort.value,
    toPort: toPort.value,
    cidrs: cidrs.value,
    groupIds,
    prefixListIds,
  });
}
