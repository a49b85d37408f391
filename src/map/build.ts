import { valueOf } from "../model/fact.ts";
import type { ControlPlaneMap } from "../model/map.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { dnsView, endpointMode } from "./mode.ts";
import { tracePaths } from "./paths.ts";
import { groupServers } from "./servers.ts";

/** The join of VIPs, ENIs and API servers: a pure function of what one run saw. */
export function buildMap(snapshot: Snapshot): ControlPlaneMap {
  const cluster = valueOf(snapshot.cluster);
  const order = new Map(snapshot.addresses.map(({ id }, index) => [id, index]));
  const inOrder = snapshot.observations.toSorted(
    (a, b) => (order.get(a.address) ?? 0) - (order.get(b.address) ?? 0) || a.sample - b.sample,
  );
  const sightings = groupServers(inOrder, cluster?.endpoint?.host ?? "");
  return {
    mode: endpointMode(cluster),
    dnsView: dnsView(snapshot),
    apiServers: sightings.map(({ server }) => server),
    paths: tracePaths({ ...snapshot, observations: inOrder }, sightings),
  };
}
