import type { Failure } from "../model/failure.ts";
import type { Observation } from "../model/observation.ts";
import type { BearerToken, Clock, ProbePlan, SocketPort } from "../model/ports.ts";
import { isoTime } from "../model/time.ts";
import { GIVE_UP_AFTER, PER_ADDRESS } from "./plan.ts";

export interface Sampling {
  readonly sockets: SocketPort;
  readonly clock: Clock;
  readonly token: Promise<BearerToken | undefined>;
  readonly signal: AbortSignal;
  /** Runs a piece of work within the run's bound on connections. */
  readonly limit: <T>(work: () => Promise<T>) => Promise<T>;
  readonly onObservation: (observation: Observation) => void;
}

/** How many connections to make, how far apart, and whether a second API server ends it. */
export interface SamplePlan {
  readonly samples: number;
  readonly intervalMs: number;
  readonly stopAtSecond: boolean;
}

/**
 * Fresh connections to one address, a few at a time, numbered from 1. The first is made alone, so
 * that a dead address costs one timeout rather than several; it stops early when the run was
 * interrupted or the address proved dead. With an interval they are made one by one.
 */
export async function sampleAddress(
  { samples, intervalMs, stopAtSecond }: SamplePlan,
  planOf: (sample: number) => ProbePlan,
  sampling: Sampling,
): Promise<void> {
  const { clock, signal } = sampling;
  const met = new Set<string>();
  let next = 1;
  let failuresInARow = 0;
  const takeOne = async (): Promise<void> => {
    const sample = next;
    next += 1;
    const observation = await sampling.limit(() =>
      sampling.sockets.attempt(planOf(sample), sampling.token, signal),
    );
    failuresInARow = observation.http === undefined ? failuresInARow + 1 : 0;
    const server = observation.identity?.serverAddress ?? observation.tls?.leaf?.sha256;
    if (server !== undefined) met.add(server);
    sampling.onObservation(observation);
  };
  const wantsMore = (): boolean =>
    next <= samples &&
    failuresInARow < GIVE_UP_AFTER &&
    !signal.aborted &&
    !(stopAtSecond && met.size > 1);
  const takeRest = async (): Promise<void> => {
    while (wantsMore()) await takeOne();
  };
  const takeSpaced = async (): Promise<void> => {
    for (;;) {
      const startedMs = clock.monotonicMs();
      await takeOne();
      if (!wantsMore()) return;
      // One that took longer than the interval is followed at once, and nothing is made up for.
      await clock.wait(Math.max(0, startedMs + intervalMs - clock.monotonicMs()), signal);
      if (!wantsMore()) return;
    }
  };
  if (intervalMs > 0) return takeSpaced();
  await takeOne();
  await Promise.all(Array.from({ length: PER_ADDRESS }, takeRest));
}

/** A probe that ended before a packet was sent. */
export function unsentObservation(plan: ProbePlan, failure: Failure, clock: Clock): Observation {
  return {
    address: plan.address,
    sample: plan.sample,
    startedAt: isoTime(clock.wallMs()),
    dialed: plan.dial,
    local: undefined,
    timings: { tcpMs: undefined, tlsMs: undefined, ttfbMs: undefined, totalMs: 0 },
    tls: undefined,
    http: undefined,
    identity: undefined,
    token: "none",
    failure,
  };
}
