import type { Cluster, Eni } from "../../model/cluster.ts";
import { valueOf } from "../../model/fact.ts";
import { compareIps, firstHostOf } from "../../model/ip.ts";
import {
  type Check,
  count,
  type Evidence,
  nextStepFor,
  type Outcome,
  passed,
  problem,
  sameCause,
  skippedCheck,
} from "../check.ts";

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
    const { enis, cluster } = evidence.snapshot;
    switch (enis.kind) {
      case "skipped":
        return skippedCheck(enis.reason);
      case "unknown":
        return (
          sameCause(enis.failure, evidence) ??
          problem("unknown", enis.failure.message, {
            details: otherSources(evidence),
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
        const withoutNeed = needsNone(valueOf(cluster));
        if (withoutNeed !== undefined) return skippedCheck(withoutNeed);
        return judge(enis.value, evidence.snapshot.request.cluster);
      }
    }
  },
};

function needsNone(cluster: Cluster | undefined): string | undefined {
  if (cluster === undefined) return undefined;
  if (cluster.endpoint === undefined)
    return "a cluster without endpoint need not have its ENIs (C01)";
  if (cluster.status === "DELETING") return "a cluster that is being deleted gives them up (C01)";
  return undefined;
}

function judge(enis: readonly Eni[], name: string): Outcome {
  const zones = new Set(enis.flatMap(({ availabilityZone }) => availabilityZone ?? []));
  const idle = enis.filter(({ status }) => status !== undefined && status !== "in-use");
  const summary = `${count(enis.length, "EKS ENI")}${zones.size > 0 ? ` in ${[...zones].toSorted().join(", ")}` : ""}`;
  if (enis.length < EXPECTED_AT_LEAST) {
    return problem("warn", `${summary}; EKS keeps at least ${EXPECTED_AT_LEAST}`, {
      side: "aws",
      next: `aws eks describe-cluster --name ${name} --query cluster.health`,
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

/** Who else names the ENIs' addresses: less than EC2 says, but what can be had without it. */
function otherSources({ snapshot }: Evidence): readonly string[] {
  const own = clusterIps(valueOf(snapshot.cluster));
  const shown = snapshot.observations.flatMap(({ tls }) =>
    tls?.verification.kind === "verified" ? (tls.leaf?.ipAddresses ?? []) : [],
  );
  const fromCertificates = unique(shown.filter((ip) => !own.includes(ip)));
  const fromService = unique(
    snapshot.inspections.flatMap(
      ({ serviceEndpoints }) => valueOf(serviceEndpoints)?.addresses.map(({ ip }) => ip) ?? [],
    ),
  );
  return [
    ...(fromCertificates.length > 0
      ? [`the API servers' certificates name ${fromCertificates.join(", ")}, which may be ENIs`]
      : []),
    ...(fromService.length > 0
      ? [`the service default/kubernetes has ${fromService.join(", ")}, which are ENIs`]
      : []),
  ];
}

/** The two ranges that EKS chooses for services when nobody else does (EKS user guide). */
const DEFAULT_SERVICE_CIDRS = ["10.100.0.0/16", "172.20.0.0/16"];

/** The service's own address is in every certificate, and is no ENI. */
function clusterIps(cluster: Cluster | undefined): readonly string[] {
  const given = [cluster?.serviceIpv4Cidr, cluster?.serviceIpv6Cidr].flatMap((cidr) => cidr ?? []);
  return (given.length > 0 ? given : DEFAULT_SERVICE_CIDRS).flatMap(
    (cidr) => firstHostOf(cidr) ?? [],
  );
}

function unique(ips: readonly string[]): readonly string[] {
  return [...new Set(ips)].toSorted(compareIps);
}
