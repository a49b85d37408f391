import type { AddressCertainty } from "../model/certainty.ts";
import { valueOf } from "../model/fact.ts";
import type { ApiServer, ControlPlaneMap } from "../model/map.ts";
import type { Reuse, Snapshot } from "../model/snapshot.ts";
import { certaintyOf } from "./certainty.ts";
import { coverageOf } from "./coverage.ts";
import { withInspections, withLeases } from "./inspected.ts";
import { dnsView, endpointMode } from "./mode.ts";
import { tracePaths } from "./paths.ts";
import { groupServers } from "./servers.ts";
import { timesOf } from "./times.ts";
import { readTopology } from "./topology.ts";

/** The join of VIPs, ENIs and API servers: a pure function of what one run saw. */
export function buildMap(snapshot: Snapshot): ControlPlaneMap {
  const cluster = valueOf(snapshot.cluster);
  const order = new Map(snapshot.addresses.map(({ id }, index) => [id, index]));
  const inOrder = snapshot.observations.toSorted(
    (a, b) => (order.get(a.address) ?? 0) - (order.get(b.address) ?? 0) || a.sample - b.sample,
  );
  const sightings = groupServers(inOrder, cluster?.endpoint?.host ?? "");
  const inspected = withInspections(
    sightings.map(({ server }) => server),
    snapshot.inspections,
  );
  const coverage = coverageOf(snapshot, inspected);
  const apiServers = withLeases(inspected, coverage.leases);
  const [mode, view] = [endpointMode(cluster), dnsView(snapshot)];
  const paths = tracePaths({ ...snapshot, observations: inOrder }, sightings);
  const certainties = certaintyOf(paths, reusedServers(snapshot.reuses, apiServers));
  return {
    mode,
    dnsView: view,
    apiServers,
    paths,
    certainties,
    times: timesOf(inOrder),
    coverage,
    topology: readTopology(mode, view, paths, certainties, valueOf(snapshot.enis) ?? []),
  };
}

/** What one kept connection to each address met, by API server. */
function reusedServers(
  reuses: readonly Reuse[],
  servers: readonly ApiServer[],
): ReadonlyMap<string, AddressCertainty["reused"]> {
  return new Map(
    reuses.map(({ address, serverAddresses }) => [
      address,
      servers
        .map(({ id, serverAddress }) => ({
          apiServer: id,
          seen: serverAddresses.filter((met) => met === serverAddress).length,
        }))
        .filter(({ seen }) => seen > 0),
    ]),
  );
}
