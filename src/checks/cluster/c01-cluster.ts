import type { Cluster, ClusterSource } from "../../model/cluster.ts";
import type { Failure } from "../../model/failure.ts";
import {
  type Check,
  type Evidence,
  nextStepFor,
  type Outcome,
  passed,
  problem,
  regionFlag,
  skippedCheck,
} from "../check.ts";

/** The cluster is known and has an endpoint. */
export const clusterIsKnown: Check = {
  topic: "cluster",
  title: "DescribeCluster gives an endpoint and a CA",
  explains: ["D01", "N01"],
  run: (evidence) => {
    const { cluster, request } = evidence.snapshot;
    switch (cluster.kind) {
      case "skipped":
        return skippedCheck(cluster.reason);
      case "unknown":
        return problem("unknown", cluster.failure.message, {
          details: otherWays(cluster.failure),
          side: cluster.failure.side,
          next: nextStepFor(cluster.failure, evidence),
        });
      case "known":
        return cluster.value.endpoint === undefined
          ? withoutEndpoint(cluster.value, evidence)
          : withEndpoint(cluster.value, request.insecure);
    }
  },
};

/** What DescribeCluster would say, others know too. */
function otherWays({ code }: Failure): readonly string[] {
  if (code === "access-denied") {
    return [
      "without this right: --kubeconfig FILE, or --endpoint URL with --ca-file FILE, say where the cluster is",
    ];
  }
  if (code === "cluster-not-found")
    return ["deleted, a typo (names are case-sensitive), or another account or region"];
  return [];
}

function withEndpoint(cluster: Cluster, insecure: boolean): Outcome {
  const { status, certificateAuthority, version, name, region, source } = cluster;
  if (status === "DELETING") {
    return problem("warn", "the cluster is being deleted: its endpoint goes away", {
      side: "user",
      next: describe(name, region, "cluster.status"),
    });
  }
  if (status === "FAILED") {
    return problem("warn", "the cluster's status is FAILED, though it has an endpoint", {
      details: ["EKS could not make it, and does not try again: it has to be created anew"],
      side: "aws",
      next: describe(name, region, "cluster.health"),
    });
  }
  if (certificateAuthority.kind !== "known" && !insecure) {
    const why =
      certificateAuthority.kind === "unknown"
        ? certificateAuthority.failure.message
        : certificateAuthority.reason;
    return problem("unknown", `no server can be verified without the cluster's CA: ${why}`, {
      side: source === "eks" ? "aws" : "user",
      next: nextWithoutAuthority(cluster),
    });
  }
  if (source !== "eks") {
    return passed(`given by ${GIVEN_BY[source]}; DescribeCluster was not asked`);
  }
  return passed(`${status ?? "status unknown"}, Kubernetes ${version ?? "version unknown"}`);
}

const GIVEN_BY = {
  flags: "--endpoint",
  kubeconfig: "--kubeconfig",
} as const satisfies Record<Exclude<ClusterSource, "eks">, string>;

function nextWithoutAuthority({ source, name, region }: Cluster): string {
  switch (source) {
    case "eks":
      return `aws eks describe-cluster --name ${name}${regionFlag(region)} --query cluster.certificateAuthority`;
    case "flags":
      return "add --ca-file FILE   # the cluster's CA, PEM";
    case "kubeconfig":
      return `aws eks update-kubeconfig --name ${name}${regionFlag(region)}   # writes the cluster's CA`;
  }
}

/** Some get one when they are ready; others never: failed, being deleted, or connected from elsewhere. */
function withoutEndpoint({ status, region }: Cluster, { snapshot }: Evidence): Outcome {
  const name = snapshot.request.cluster;
  if (status === "CREATING" || status === "PENDING") {
    return problem("unknown", `the cluster has no endpoint yet: its status is ${status}`, {
      side: "aws",
      next: `aws eks wait cluster-active --name ${name}${regionFlag(region)}`,
    });
  }
  if (status === "FAILED") {
    return problem("fail", "the cluster has no endpoint: its status is FAILED", {
      details: ["EKS could not make it, and does not try again: it has to be created anew"],
      side: "aws",
      next: describe(name, region, "cluster.health"),
    });
  }
  if (status === "DELETING") {
    return problem("fail", "the cluster has no endpoint any more: its status is DELETING", {
      side: "user",
      next: `aws eks list-clusters${regionFlag(region)}   # which clusters there are; point clients at the one that took its place`,
    });
  }
  return problem("unknown", `the cluster has no endpoint: its status is ${status ?? "unknown"}`, {
    side: "aws",
    next: describe(name, region, "cluster.health"),
  });
}

function describe(name: string, region: string | undefined, query: string): string {
  return `aws eks describe-cluster --name ${name}${regionFlag(region)} --query ${query}`;
}
