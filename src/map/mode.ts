import type { Cluster } from "../model/cluster.ts";
import type { DnsView, EndpointMode } from "../model/map.ts";
import type { Snapshot } from "../model/snapshot.ts";

/** The endpoint's mode by DescribeCluster's two switches. Both off does not exist on EKS. */
export function endpointMode(cluster: Cluster | undefined): EndpointMode {
  if (
    cluster === undefined ||
    cluster.publicAccess === "unknown" ||
    cluster.privateAccess === "unknown"
  ) {
    return "unknown";
  }
  if (cluster.publicAccess === "yes")
    return cluster.privateAccess === "yes" ? "public and private" : "public";
  return cluster.privateAccess === "yes" ? "private" : "unknown";
}

/** Whether the addresses that DNS gave are the cluster's ENIs. */
export function dnsView({ addresses, enis }: Snapshot): DnsView {
  const named = addresses.filter(({ sources }) => sources.some(({ kind }) => kind === "dns"));
  if (named.length === 0) return "none";
  const owned = named.filter(({ kind }) => kind === "eni").length;
  if (owned === named.length) return "enis";
  if (named.every(({ kind }) => kind === "vip")) return "vips";
  return enis.kind === "known" || owned > 0 ? "mixed" : "unknown";
}
