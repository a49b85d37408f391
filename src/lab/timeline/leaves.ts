import type { LabCluster, LabServer, LabStep } from "../scenario.ts";
import { statesOf } from "./fold.ts";

/** A certificate that a server presents at a later time only. */
export interface LaterLeaf {
  readonly server: LabServer;
  /** Seconds after the lab's start: it is good for its lifetime from then on. */
  readonly issuedAtSeconds: number;
}

/** All that are not among those of the start: they are made then, too, since keys take their time. */
export function laterLeaves(cluster: LabCluster, steps: readonly LabStep[]): readonly LaterLeaf[] {
  const leaves = new Map<string, LaterLeaf>();
  for (const { atSeconds, cluster: state } of statesOf(cluster, steps)) {
    for (const server of state.servers) {
      const key = `${server.id} ${server.leaf ?? 0}`;
      if (!leaves.has(key)) leaves.set(key, { server, issuedAtSeconds: atSeconds });
    }
  }
  return [...leaves.values()].filter(({ issuedAtSeconds }) => issuedAtSeconds > 0);
}

/** Every server that there ever is, as it is when it comes. */
export function everyServer(
  cluster: LabCluster,
  steps: readonly LabStep[],
): ReadonlyMap<string, LabServer> {
  const servers = new Map<string, LabServer>();
  for (const { cluster: state } of statesOf(cluster, steps)) {
    for (const server of state.servers) {
      if (!servers.has(server.id)) servers.set(server.id, server);
    }
  }
  return servers;
}
