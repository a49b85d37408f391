import { valueOf } from "../../model/fact.ts";
import { familyOf, isInCidrs } from "../../model/ip.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { isLoopback } from "../../probe/vantage.ts";
import type { Caller } from "./filters/security-group.ts";

/** This host as the VPC's filters see it. */
export interface Origin extends Caller {
  /** How it is known, for the evidence. */
  readonly words: string;
}

/**
 * The address this host's packets come from: the one the kernel chose, unless it is an address that
 * an instance of the VPC hides behind its own (a container's); else the instance's; else the host's.
 */
export function originOf(snapshot: Snapshot, family: 4 | 6): Origin | undefined {
  const { vantage, investigation } = snapshot;
  const instance = valueOf(investigation.instance);
  const cidrs = valueOf(vantage.vpcCidrs) ?? [];
  const groupIds = membershipOf(snapshot);
  const usable = (ips: readonly string[]): readonly string[] =>
    ips.filter((ip) => familyOf(ip) === family && !isLoopback(ip) && !isInCidrs(ip, LINK_LOCAL));
  const chosen = best(usable(vantage.sourceIps), cidrs);
  const hidden = instance?.privateIp !== undefined && vantage.insideVpc === "yes";
  if (chosen !== undefined && !(hidden && cidrs.length > 0 && !isInCidrs(chosen, cidrs))) {
    return { ip: chosen, groupIds, words: "the source of this host's connections" };
  }
  const [ofInstance] = usable(instance?.privateIp === undefined ? [] : [instance.privateIp]);
  if (ofInstance !== undefined)
    return { ip: ofInstance, groupIds, words: "this instance's private address" };
  const own = best(usable(vantage.localIps), cidrs);
  return own === undefined ? undefined : { ip: own, groupIds, words: "an address of this host" };
}

const LINK_LOCAL = ["169.254.0.0/16", "fe80::/10"];

function best(ips: readonly string[], cidrs: readonly string[]): string | undefined {
  return ips.find((ip) => isInCidrs(ip, cidrs)) ?? ips[0];
}

/** Only an instance has groups; whether a host in the VPC is one may not be known. */
function membershipOf({ vantage, investigation }: Snapshot): readonly string[] | undefined {
  const groupIds = valueOf(investigation.instance)?.securityGroupIds ?? [];
  if (groupIds.length > 0) return groupIds;
  return vantage.insideVpc === "no" ? [] : undefined;
}
