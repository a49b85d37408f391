import type { Tri } from "../../../model/fact.ts";
import { isInCidrs } from "../../../model/ip.ts";
import type { SecurityGroup, SecurityGroupRule } from "../../../model/vpc.ts";

/** Whoever sends the first packet. */
export interface Caller {
  readonly ip: string;
  /** Groups it is a member of; undefined where that is not known. */
  readonly groupIds: readonly string[] | undefined;
}

/**
 * Whether any of these groups lets the caller in to a TCP port; one rule that does is enough. Not
 * known where only a prefix list, a membership or a group that EC2 did not tell could let it in.
 */
export function groupsLetIn(
  ids: readonly string[],
  groups: readonly SecurityGroup[],
  caller: Caller,
  port: number,
): Tri {
  const verdicts = ids.map((id) => {
    const group = groups.find((one) => one.id === id);
    return group === undefined ? "unknown" : groupLetsIn(group, caller, port);
  });
  return anyOf(verdicts);
}

function groupLetsIn({ rules }: SecurityGroup, caller: Caller, port: number): Tri {
  return anyOf(rules.map((rule) => ruleLetsIn(rule, caller, port)));
}

function ruleLetsIn(rule: SecurityGroupRule, { ip, groupIds }: Caller, port: number): Tri {
  if (rule.direction !== "ingress" || !isForTcpPort(rule, port)) return "no";
  if (isInCidrs(ip, rule.cidrs)) return "yes";
  if (groupIds?.some((id) => rule.groupIds.includes(id))) return "yes";
  if (rule.prefixListIds.length > 0) return "unknown";
  return groupIds === undefined && rule.groupIds.length > 0 ? "unknown" : "no";
}

/** A rule for any protocol is one for any port, whatever its ports say (EC2 user guide). */
export function isForTcpPort(
  rule: Pick<SecurityGroupRule, "protocol" | "fromPort" | "toPort">,
  port: number,
): boolean {
  if (rule.protocol === "-1") return true;
  if (!isTcp(rule.protocol)) return false;
  const { from, to } = portsOf(rule);
  return from <= port && port <= to;
}

export function isTcp(protocol: string): boolean {
  return protocol === "6" || protocol.toLowerCase() === "tcp";
}

const LAST_PORT = 65_535;

/** Absent ports, and -1, mean all of them. */
export function portsOf({ fromPort, toPort }: Pick<SecurityGroupRule, "fromPort" | "toPort">): {
  readonly from: number;
  readonly to: number;
} {
  return {
    from: fromPort === undefined || fromPort < 0 ? 0 : fromPort,
    to: toPort === undefined || toPort < 0 ? LAST_PORT : toPort,
  };
}

function anyOf(verdicts: readonly Tri[]): Tri {
  if (verdicts.includes("yes")) return "yes";
  return verdicts.includes("unknown") ? "unknown" : "no";
}
