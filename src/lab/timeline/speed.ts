import type { LabClusterChange, LabStep, Scenario } from "../scenario.ts";

/** The same timeline so many times as fast. What ages before the lab's start stays as old. */
export function speedUp(scenario: Scenario, times: number): Scenario {
  if (scenario.timeline === undefined) return scenario;
  const timeline = scenario.timeline.map((step): LabStep => {
    const atSeconds = step.atSeconds / times;
    return { ...step, atSeconds, ...(step.set && { set: speedUpChange(step.set, times) }) };
  });
  return { ...scenario, timeline };
}

/** An update that a step makes is as old as negative seconds before the start. */
function speedUpChange(set: LabClusterChange, times: number): LabClusterChange {
  const updates = set.updates?.map((update) => ({
    ...update,
    ageSeconds: update.ageSeconds < 0 ? update.ageSeconds / times : update.ageSeconds,
  }));
  return { ...set, ...(updates && { updates }) };
}
