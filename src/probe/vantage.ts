import { type Fact, reasonOf, valueOf } from "../model/fact.ts";
import type { Instance } from "../model/investigation.ts";
import { isInCidrs } from "../model/ip.ts";
import type { Observation } from "../model/observation.ts";
import type { Vantage } from "../model/vantage.ts";

/**
 * Where the probes started, judged by the addresses the kernel chose as source. Source addresses
 * on loopback say nothing of the network; then the host's own addresses are the evidence.
 */
export function placeVantage(
  hostname: string,
  localIps: readonly string[],
  observations: readonly Observation[],
  vpcCidrs: Fact<readonly string[]>,
): Vantage {
  const sourceIps = [...new Set(observations.flatMap(({ local }) => (local ? [local.ip] : [])))];
  const place = judge(
    sourceIps.filter((ip) => !isLoopback(ip)),
    localIps,
    vpcCidrs,
  );
  return { hostname, localIps, sourceIps, vpcCidrs, ...place };
}

/**
 * The same place, judged anew by what the instance says of itself: its VPC tells more than an
 * address, which another VPC may have too, or a container hide. Without it nothing changes.
 */
export function placeByInstance(
  vantage: Vantage,
  instance: Fact<Instance>,
  clusterVpcId: string | undefined,
): Vantage {
  const { instanceId, vpcId } = valueOf(instance) ?? {};
  if (vpcId === undefined || clusterVpcId === undefined) return vantage;
  const who = instanceId === undefined ? "this instance" : `this instance, ${instanceId},`;
  return vpcId === clusterVpcId
    ? { ...vantage, insideVpc: "yes", insideVpcReason: `${who} is in the cluster's ${vpcId}` }
    : {
        ...vantage,
        insideVpc: "no",
        insideVpcReason: `${who} is in ${vpcId}, the cluster in ${clusterVpcId}`,
      };
}

function judge(
  sourceIps: readonly string[],
  localIps: readonly string[],
  vpcCidrs: Fact<readonly string[]>,
): Pick<Vantage, "insideVpc" | "insideVpcReason"> {
  const cidrs = valueOf(vpcCidrs);
  if (cidrs === undefined) {
    return {
      insideVpc: "unknown",
      insideVpcReason: `the VPC's address ranges are not known: ${reasonOf(vpcCidrs)}`,
    };
  }
  const evidence = sourceIps.length > 0 ? sourceIps : localIps;
  const inside = evidence.find((ip) => isInCidrs(ip, cidrs));
  if (inside !== undefined) {
    return { insideVpc: "yes", insideVpcReason: `${inside} is in the VPC's ${cidrs.join(", ")}` };
  }
  if (evidence.length === 0) {
    return { insideVpc: "unknown", insideVpcReason: "this host has no address but loopback" };
  }
  return {
    insideVpc: "no",
    insideVpcReason: `no address of this host is in the VPC's ${cidrs.join(", ")}`,
  };
}

export function isLoopback(ip: string): boolean {
  return isInCidrs(ip, ["127.0.0.0/8", "::1/128"]);
}
