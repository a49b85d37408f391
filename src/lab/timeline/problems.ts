import type { LabCluster, LabStep, Scenario } from "../scenario.ts";
import { statesOf } from "./fold.ts";
import { everyServer } from "./leaves.ts";

/** What cannot be in a scenario's clusters, now or by any step; undefined is fine. */
export function findTimelineProblem({ clusters, timeline }: Scenario): string | undefined {
  const steps = timeline ?? [];
  return (
    findLostStep(clusters, steps) ??
    firstProblem(clusters, (cluster) => findLostServer(cluster, steps)) ??
    firstProblem(clusters, (cluster) => findMovedServer(cluster, steps))
  );
}

function firstProblem(
  clusters: readonly LabCluster[],
  find: (cluster: LabCluster) => string | undefined,
): string | undefined {
  for (const cluster of clusters) {
    const problem = find(cluster);
    if (problem !== undefined) return `cluster ${cluster.name}: ${problem}`;
  }
  return undefined;
}

function findLostStep(
  clusters: readonly LabCluster[],
  steps: readonly LabStep[],
): string | undefined {
  for (const { atSeconds, cluster: name, set } of steps) {
    const step = `the step at ${atSeconds} s`;
    if (set !== undefined && name === undefined) return `${step} names no cluster to change`;
    if (name !== undefined && !clusters.some((cluster) => cluster.name === name))
      return `${step} names cluster ${name}, which is not there`;
  }
  return undefined;
}

/** A front may lead to a server that is gone, but not to one that never is. */
function findLostServer(cluster: LabCluster, steps: readonly LabStep[]): string | undefined {
  const servers = everyServer(cluster, steps);
  for (const { cluster: state } of statesOf(cluster, steps)) {
    for (const front of state.fronts) {
      const missing = front.servers.find((id) => !servers.has(id));
      if (missing !== undefined)
        return `the front ${front.ip} leads to server ${missing}, which is not there`;
    }
  }
  return undefined;
}

/** Its certificates name host and address: another one is another server. */
function findMovedServer(cluster: LabCluster, steps: readonly LabStep[]): string | undefined {
  const servers = everyServer(cluster, steps);
  for (const { cluster: state } of statesOf(cluster, steps)) {
    const moved = state.servers.find(({ id, host, eniIp }) => {
      const first = servers.get(id);
      return first?.host !== host || first.eniIp !== eniIp;
    });
    if (moved !== undefined)
      return `server ${moved.id} changes its host or its address; give the new one another id`;
  }
  return undefined;
}
