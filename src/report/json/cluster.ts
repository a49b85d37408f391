import { type Cluster, type ClusterSource, UNDESCRIBED } from "../../model/cluster.ts";
import { type Fact, valueOf } from "../../model/fact.ts";
import type { Failure } from "../../model/failure.ts";
import type { ControlPlaneMap } from "../../model/map.ts";
import { problemOf } from "./fact.ts";

export type ClusterDocument = Omit<Cluster, "source" | "certificateAuthority"> & {
  readonly source: ClusterSource | undefined;
  readonly certificateAuthority: string | undefined;
  readonly mode: ControlPlaneMap["mode"];
  readonly dnsView: ControlPlaneMap["dnsView"];
  readonly problem: Failure | undefined;
};

const NOTHING_KNOWN: Omit<ClusterDocument, "name" | "mode" | "dnsView" | "problem"> = {
  ...UNDESCRIBED,
  source: undefined,
  region: undefined,
  endpoint: undefined,
  certificateAuthority: undefined,
};

export function clusterDocument(
  fact: Fact<Cluster>,
  name: string,
  map: ControlPlaneMap,
): ClusterDocument {
  const { mode, dnsView } = map;
  const cluster = valueOf(fact);
  const facts = cluster
    ? { ...cluster, certificateAuthority: valueOf(cluster.certificateAuthority) }
    : NOTHING_KNOWN;
  return { name, ...facts, mode, dnsView, problem: problemOf(fact) };
}
