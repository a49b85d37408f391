import { valueOf } from "../../model/fact.ts";
import type { NodeSnapshot } from "../../model/node/snapshot.ts";
import type { EvidencePort } from "../../model/ports.ts";
import { awsRegion, createDeps } from "../../runtime.ts";
import { parseClusterName, parseRegion } from "../../target/names.ts";
import { VERSION } from "../../version.ts";
import { readAwsTarget, readLocalTarget } from "../options/request.ts";
import { type ValueReader, withDefaults } from "../options/values.ts";

/**
 * The options, with the cluster and the region that the worker itself names where they name none:
 * kubelet's settings first, then what AWS's settings, the instance and its tags say. The region of kubelet's
 * cluster is where that is, whatever AWS_REGION says.
 */
export async function withIdentity(
  values: ValueReader,
  node: NodeSnapshot,
  signal: AbortSignal,
): Promise<ValueReader> {
  // It brings the name and the region with it.
  if (values.has("kubeconfig")) return values;
  const kubelet = valueOf(node.kubelet);
  const evidence = evidenceAt(node, values);
  const cluster =
    values.one("cluster", parseClusterName) ??
    kubelet?.clusterName ??
    (evidence && valueOf(await evidence.clusterTag(signal)));
  const isOwn = kubelet?.clusterName === undefined || kubelet.clusterName === cluster;
  const region = isOwn ? kubelet?.region : undefined;
  if (values.one("region", parseRegion) !== undefined || region !== undefined)
    return withDefaults(values, { cluster, region });
  if (evidence === undefined || (await awsRegion(readAwsTarget(values))) !== undefined)
    return withDefaults(values, { cluster });
  const instance = valueOf(await evidence.instance(signal));
  return withDefaults(values, { cluster, region: instance?.region });
}

/** Undefined for a copy: it is of another machine than the one whose metadata service would answer. */
function evidenceAt({ source }: NodeSnapshot, values: ValueReader): EvidencePort | undefined {
  if (source.kind !== "live") return undefined;
  return createDeps(readAwsTarget(values), 0, VERSION, readLocalTarget(values)).evidence;
}
