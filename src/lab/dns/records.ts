import type { DnsRecords, LabCluster } from "../scenario.ts";

/** By lower-cased name, without the trailing dot. */
export type Zone = ReadonlyMap<string, DnsRecords>;

/** The names of a scenario's clusters. A cluster in CREATING has no endpoint yet, so no name. */
export function zoneOf(clusters: readonly LabCluster[]): Zone {
  return new Map(
    clusters
      .filter((cluster) => cluster.status !== "CREATING")
      .map((cluster) => [cluster.endpointHost.toLowerCase(), cluster.dns]),
  );
}
