import { type Check, nextStepFor, passed, problem, skippedCheck } from "./check.ts";

/** The cluster is known and has an endpoint. */
export const clusterIsKnown: Check = {
  topic: "cluster",
  title: "DescribeCluster gives an endpoint and a CA",
  run: (evidence) => {
    const { cluster, request } = evidence.snapshot;
    switch (cluster.kind) {
      case "skipped":
        return skippedCheck(cluster.reason);
      case "unknown":
        return problem("unknown", cluster.failure.message, {
          side: cluster.failure.side,
          next: nextStepFor(cluster.failure, evidence),
        });
      case "known": {
        const { status, endpoint, certificateAuthority, version, name, region } = cluster.value;
        if (endpoint === undefined) {
          return problem(
            "unknown",
            `the cluster has no endpoint${isComing(status) ? " yet" : ""}: its status is ${status ?? "unknown"}`,
            {
              side: "aws",
              next: nextWhileNotReady(status, request.cluster, region),
            },
          );
        }
        if (certificateAuthority.kind !== "known" && !request.insecure) {
          const why =
            certificateAuthority.kind === "unknown"
              ? certificateAuthority.failure.message
              : certificateAuthority.reason;
          return problem("unknown", `no server can be verified without the cluster's CA: ${why}`, {
            side: "aws",
            next: `aws eks describe-cluster --name ${name} --query cluster.certificateAuthority`,
          });
        }
        return passed(`${status ?? "status unknown"}, Kubernetes ${version ?? "version unknown"}`);
      }
    }
  },
};

/** Other clusters without one never get one: failed, being deleted, or connected from elsewhere. */
function isComing(status: string | undefined): boolean {
  return status === "CREATING" || status === "PENDING";
}

function nextWhileNotReady(status: string | undefined, name: string, region: string): string {
  const where = `--name ${name} --region ${region}`;
  if (isComing(status)) return `aws eks wait cluster-active ${where}`;
  return `aws eks describe-cluster ${where} --query cluster.health`;
}
