import {
  type Check,
  count,
  nextStepFor,
  passed,
  problem,
  sameCause,
  skippedCheck,
} from "./check.ts";

/**
 * EKS keeps two to four interfaces per cluster, each in-use (EKS user guide, network requirements);
 * fewer than two means that the control plane lost a way into the VPC.
 */
const EXPECTED_AT_LEAST = 2;

/** EC2 lists the cluster's interfaces, and enough of them. */
export const enisArePresent: Check = {
  topic: "enis",
  title: "EC2 lists at least two EKS-managed ENIs of the cluster, all in-use",
  run: (evidence) => {
    const { enis, cluster, request } = evidence.snapshot;
    switch (enis.kind) {
      case "skipped":
        return skippedCheck(enis.reason);
      case "unknown":
        return (
          sameCause(enis.failure, evidence) ??
          problem("unknown", enis.failure.message, {
            side: enis.failure.side,
            next: nextStepFor(enis.failure, evidence),
          })
        );
      case "known": {
        if (cluster.kind === "unknown" && enis.value.length === 0) {
          return skippedCheck(
            "no ENI carries this cluster's name, and the cluster itself is not known (C01)",
          );
        }
        if (cluster.kind === "known" && cluster.value.endpoint === undefined) {
          return skippedCheck("a cluster without endpoint need not have its ENIs (C01)");
        }
        const zones = new Set(enis.value.flatMap(({ availabilityZone }) => availabilityZone ?? []));
        const idle = enis.value.filter(({ status }) => status !== undefined && status !== "in-use");
        const summary = `${count(enis.value.length, "EKS ENI")}${zones.size > 0 ? ` in ${[...zones].toSorted().join(", ")}` : ""}`;
        if (enis.value.length < EXPECTED_AT_LEAST) {
          return problem("warn", `${summary}; EKS keeps at least ${EXPECTED_AT_LEAST}`, {
            side: "aws",
            next: `aws eks describe-cluster --name ${request.cluster} --query cluster.health`,
          });
        }
        if (idle.length > 0) {
          return problem(
            "warn",
            `${summary}; not in-use: ${idle.map(({ id, status }) => `${id} (${status})`).join(", ")}`,
            {
              side: "aws",
              next: `aws ec2 describe-network-interfaces --network-interface-ids ${idle.map(({ id }) => id).join(" ")}`,
            },
          );
        }
        return passed(summary);
      }
    }
  },
};
