import type { Observation } from "../model/observation.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { roundMs } from "../model/time.ts";

/**
 * The snapshot with its times as a saved run has them: what is rendered now and what is rendered of
 * the saved run are then the same to the last digit, medians included.
 */
export function roundTimes(snapshot: Snapshot): Snapshot {
  return {
    ...snapshot,
    durationMs: roundMs(snapshot.durationMs),
    resolutions: snapshot.resolutions.map((resolution) => ({
      ...resolution,
      durationMs: roundMs(resolution.durationMs),
    })),
    observations: snapshot.observations.map((observation) => ({
      ...observation,
      timings: roundPhases(observation.timings),
    })),
  };
}

function roundPhases({
  tcpMs,
  tlsMs,
  ttfbMs,
  totalMs,
}: Observation["timings"]): Observation["timings"] {
  return {
    tcpMs: roundKnown(tcpMs),
    tlsMs: roundKnown(tlsMs),
    ttfbMs: roundKnown(ttfbMs),
    totalMs: roundMs(totalMs),
  };
}

function roundKnown(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : roundMs(ms);
}
