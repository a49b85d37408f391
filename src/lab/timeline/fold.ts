import type { LabCluster, LabClusterChange, LabStep, Scenario } from "../scenario.ts";

/** What a cluster is so many seconds after the lab's start: its steps up to then, folded. */
export function clusterAt(
  cluster: LabCluster,
  steps: readonly LabStep[],
  seconds: number,
): LabCluster {
  return stepsUntil(steps, seconds)
    .filter((step) => step.cluster === cluster.name)
    .reduce((state, { set }) => (set === undefined ? state : change(state, set)), cluster);
}

/** The whole world at that time. */
export function scenarioAt(scenario: Scenario, seconds: number): Scenario {
  const steps = scenario.timeline ?? [];
  const past = stepsUntil(steps, seconds);
  const faults = past.findLast(({ awsFaults }) => awsFaults !== undefined)?.awsFaults;
  const told = past.findLast(({ dnsFault }) => dnsFault !== undefined)?.dnsFault;
  return {
    ...scenario,
    clusters: scenario.clusters.map((cluster) => clusterAt(cluster, steps, seconds)),
    awsFaults: faults ?? scenario.awsFaults,
    dnsFault: told === "none" ? undefined : (told ?? scenario.dnsFault),
  };
}

/** When something changes, in seconds after the lab's start: each time once, in order. */
export function timesOf(steps: readonly LabStep[]): readonly number[] {
  return [...new Set(steps.map(({ atSeconds }) => atSeconds))].toSorted((a, b) => a - b);
}

/** Every state that a cluster is ever in, the first one first, with the time it begins. */
export function statesOf(
  cluster: LabCluster,
  steps: readonly LabStep[],
): readonly { readonly atSeconds: number; readonly cluster: LabCluster }[] {
  const states = [{ atSeconds: 0, cluster }];
  let state = cluster;
  // Each from the one before it: a timeline may go on for days.
  for (const { atSeconds, cluster: name, set } of stepsUntil(steps, Infinity)) {
    if (name !== cluster.name) continue;
    if (set !== undefined) state = change(state, set);
    if (states.at(-1)?.atSeconds === atSeconds) states.pop();
    states.push({ atSeconds, cluster: state });
  }
  return states;
}

/** In the order in which they apply: toSorted keeps the order of those of one time. */
function stepsUntil(steps: readonly LabStep[], seconds: number): readonly LabStep[] {
  return steps
    .filter(({ atSeconds }) => atSeconds <= seconds)
    .toSorted((a, b) => a.atSeconds - b.atSeconds);
}

function change(cluster: LabCluster, set: LabClusterChange): LabCluster {
  const given = Object.entries(set).filter(([, value]) => value !== undefined);
  return { ...cluster, ...Object.fromEntries(given) };
}
