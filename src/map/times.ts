import type { AddressTimes, PhaseTimes } from "../model/certainty.ts";
import type { Observation, Timings } from "../model/observation.ts";

/** Percentiles of every phase, address by address; a phase that no connection completed is undefined. */
export function timesOf(observations: readonly Observation[]): readonly AddressTimes[] {
  const addresses = [...new Set(observations.map(({ address }) => address))];
  return addresses.map((address) => {
    const own = observations.filter((observation) => observation.address === address);
    const phase = (name: keyof Timings): PhaseTimes | undefined =>
      percentiles(own.flatMap(({ timings }) => timings[name] ?? []));
    return {
      address,
      tcp: phase("tcpMs"),
      tls: phase("tlsMs"),
      ttfb: phase("ttfbMs"),
      // The total of a failed probe is the time until it failed: another thing than an answer's.
      total: percentiles(own.flatMap(({ http, timings }) => (http ? [timings.totalMs] : []))),
    };
  });
}

/** Nearest rank, so that every figure is one that was measured. */
export function percentiles(values: readonly number[]): PhaseTimes | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  if (sorted.length === 0) return undefined;
  return { count: sorted.length, p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), maxMs: at(1) };
}
