import type { Cluster } from "../../model/cluster.ts";
import { type Check, type Outcome, passed, problem, skippedCheck } from "../check.ts";

/** EKS runs the cluster's control plane; of a connected one it has no endpoint. */
export const kindIsReachable: Check = {
  topic: "kind",
  title: "EKS runs the control plane, and not only shows it",
  explains: ["C01"],
  run: ({ snapshot: { cluster } }) => {
    if (cluster.kind !== "known") return skippedCheck("needs the cluster (C01)");
    const { connectorProvider, localId } = cluster.value;
    if (connectorProvider !== undefined) return connected(cluster.value, connectorProvider);
    if (localId !== undefined) {
      // Its API servers know only the id: a token for the name is one for another cluster.
      return passed(`a local cluster on Outposts: the token is signed for its id ${localId}`);
    }
    return passed("a cluster that EKS runs");
  },
};

function connected({ endpoint, name }: Cluster, provider: string): Outcome {
  if (endpoint !== undefined) return passed(`connected from ${provider}, with an endpoint`);
  return problem(
    "unknown",
    `a connected cluster (EKS Connector, ${provider}): EKS shows it, and has no endpoint of it`,
    {
      side: "user",
      next: `kubectl config get-contexts   # ask it by the endpoint in its own kubeconfig: eks-probe check --cluster ${name} --kubeconfig FILE`,
    },
  );
}
