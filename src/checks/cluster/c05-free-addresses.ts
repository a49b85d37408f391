import type { Cluster } from "../../model/cluster.ts";
import { valueOf } from "../../model/fact.ts";
import type { Subnet } from "../../model/vpc.ts";
import { type Check, count, passed, problem, skippedCheck } from "../check.ts";
import { notGathered } from "../evidence.ts";

/** So many free addresses EKS asks for in each subnet (EKS user guide, network requirements). */
const NEEDED = 6;

/** An upgrade puts new ENIs beside the old ones, and needs room for them. */
export const subnetsHaveRoom: Check = {
  topic: "subnets",
  title: `each of the cluster's subnets has at least ${NEEDED} free addresses`,
  optional: true,
  needs: ["C01"],
  run: (evidence) => {
    const { cluster, investigation } = evidence.snapshot;
    if (investigation.subnets.kind !== "known") return notGathered(investigation.subnets, evidence);
    const all = investigation.subnets.value;
    const { own, missing } = pickOwn(all, valueOf(cluster));
    const full = own.filter(({ freeIps }) => freeIps !== undefined && freeIps < NEEDED);
    const counted = own.filter(({ freeIps }) => freeIps !== undefined);
    if (full.length > 0 || missing.length > 0) {
      return problem("warn", summarize(full, missing), {
        details: own.map(describeSubnet),
        side: "user",
        next: `aws ec2 describe-subnets --subnet-ids ${[...full.map(({ id }) => id), ...missing].join(" ")} --query 'Subnets[].[SubnetId,AvailableIpAddressCount]'   # free some, or name other subnets with aws eks update-cluster-config`,
      });
    }
    if (counted.length === 0) return skippedCheck("EC2 does not say how many addresses are free");
    const least = Math.min(...counted.flatMap(({ freeIps }) => freeIps ?? []));
    return passed(`${count(counted.length, "subnet")}, each with ${least} or more free addresses`);
  },
};

function pickOwn(
  all: readonly Subnet[],
  cluster: Cluster | undefined,
): { readonly own: readonly Subnet[]; readonly missing: readonly string[] } {
  const ids = cluster?.subnetIds;
  if (ids === undefined) return { own: all, missing: [] };
  return {
    own: all.filter(({ id }) => ids.includes(id)),
    missing: ids.filter((wanted) => !all.some(({ id }) => id === wanted)),
  };
}

function summarize(full: readonly Subnet[], missing: readonly string[]): string {
  const parts = [
    ...full.map(
      ({ id, freeIps }) => `${id} has ${count(freeIps ?? 0, "free address", "free addresses")}`,
    ),
    ...missing.map((id) => `EC2 lists no ${id}`),
  ];
  return `${parts.join(", ")}; EKS needs ${NEEDED} in each for new ENIs`;
}

function describeSubnet({ id, availabilityZone, freeIps }: Subnet): string {
  const zone = availabilityZone === undefined ? "" : ` in ${availabilityZone}`;
  return `${id}${zone}: ${freeIps === undefined ? "free addresses unknown" : `${freeIps} free`}`;
}
