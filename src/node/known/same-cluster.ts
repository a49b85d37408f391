import { valueOf } from "../../model/fact.ts";
import type { KnownControlPlane } from "../../model/node/control-plane.ts";
import type { NodeSnapshot } from "../../model/node/snapshot.ts";

/**
 * Why what is known is of another cluster than the worker's; undefined where it is the same, or may
 * be. A cluster that was made anew under its name has another endpoint, and is the same one.
 */
export function otherCluster(
  { cluster, endpointHost }: Pick<KnownControlPlane, "cluster" | "endpointHost">,
  { kubelet }: Pick<NodeSnapshot, "kubelet">,
): string | undefined {
  const own = valueOf(kubelet);
  if (own === undefined || endpointHost === undefined || !URL.canParse(own.server))
    return undefined;
  const host = new URL(own.server).hostname;
  if (host === endpointHost || own.clusterName === cluster) return undefined;
  // A tunnel's end or an address may stand for any endpoint.
  const areTold = own.clusterName !== undefined || (isEndpoint(host) && isEndpoint(endpointHost));
  if (!areTold) return undefined;
  const name = own.clusterName === undefined ? "" : `${own.clusterName} at `;
  return `${cluster ?? "that cluster"} has the endpoint ${endpointHost}, and this worker's kubelet belongs to ${name}${host}`;
}

/** `1368909F….yl4.ap-northeast-2.eks.amazonaws.com`, and the like in other partitions. */
function isEndpoint(host: string): boolean {
  return /^[0-9a-f]{32}\.[a-z0-9-]+\.[a-z0-9-]+\.(?:eks\.|api\.)/i.test(host);
}
