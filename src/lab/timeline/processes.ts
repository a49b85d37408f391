import type { LabCluster, LabServer, LabStep } from "../scenario.ts";
import { statesOf } from "./fold.ts";

/** One run of an API server, from its start until it works no more; its Lease outlives it. */
export interface LabProcess {
  /** As it was last seen. */
  readonly server: LabServer;
  /** Seconds after the lab's start; undefined for one that ran before. */
  readonly startedAtSeconds: number | undefined;
  /** When it was told to stop, was scaled in, or was gone; undefined while it works. */
  readonly endedAtSeconds: number | undefined;
}

/** Every process that there was until then, in the order of their starts. */
export function processesAt(
  cluster: LabCluster,
  steps: readonly LabStep[],
  seconds: number,
): readonly LabProcess[] {
  const states = statesOf(cluster, steps).filter(({ atSeconds }) => atSeconds <= seconds);
  const processes = new Map<string, LabProcess>();
  for (const [index, state] of states.entries()) {
    const working = new Map(
      state.cluster.servers.filter(isWorking).map((server) => [keyOf(server), server]),
    );
    for (const [key, process] of processes) {
      if (!working.has(key) && process.endedAtSeconds === undefined)
        processes.set(key, { ...process, endedAtSeconds: state.atSeconds });
    }
    for (const [key, server] of working) {
      const startedAtSeconds = index === 0 ? undefined : state.atSeconds;
      const known = processes.get(key) ?? { startedAtSeconds };
      processes.set(key, { ...known, server, endedAtSeconds: undefined });
    }
  }
  return [...processes.values()];
}

/** The processes of a cluster that never changes. */
export function processesOf({ servers }: LabCluster): readonly LabProcess[] {
  return servers.map((server) => ({
    server,
    startedAtSeconds: undefined,
    endedAtSeconds: undefined,
  }));
}

/** Neither told to stop nor scaled in. */
export function isWorking({ down, retired }: LabServer): boolean {
  return down !== true && retired !== true;
}

function keyOf({ id, starts }: LabServer): string {
  return `${id} ${starts ?? 0}`;
}
