import { hasEndpoint } from "../scenario/eks.ts";
import type { DnsRecords, LabCluster } from "../scenario.ts";

/** By lower-cased name, without the trailing dot. */
export type Zone = ReadonlyMap<string, DnsRecords>;

/** The names of a scenario's clusters. A cluster without an endpoint has no name. */
export function zoneOf(clusters: readonly LabCluster[]): Zone {
  return new Map(
    clusters
      .filter(hasEndpoint)
      .map((cluster) => [cluster.endpointHost.toLowerCase(), cluster.dns]),
  );
}
