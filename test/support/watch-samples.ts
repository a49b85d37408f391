import type { Fact } from "../../src/model/fact.ts";
import { unknown } from "../../src/model/fact.ts";
import type { Failure, FailureCode } from "../../src/model/failure.ts";
import type { ClusterUpdate } from "../../src/model/investigation.ts";
import { isoTime } from "../../src/model/time.ts";
import type { EventDraft } from "../../src/model/watch/event.ts";
import type {
  ClusterSeen,
  DnsSeen,
  EniSeen,
  ListsSeen,
  ProbeSeen,
  WatchSample,
} from "../../src/model/watch/sample.ts";
import type { Round, Step } from "../../src/watch/track/step.ts";

/** 2024-04-21T00:00:00.000Z */
const START_MS = 1_713_657_600_000;

export const INTERVAL_MS = 10_000;

/** When the n-th round of a watch begins that is never late. */
export function timeOf(n: number): string {
  return isoTime(START_MS + (n - 1) * INTERVAL_MS);
}

/** A round that asked nothing but what is given. */
export function sampleOf(n: number, seen: Partial<WatchSample> = {}): WatchSample {
  return {
    n,
    at: timeOf(n),
    durationMs: 200,
    dns: undefined,
    enis: undefined,
    cluster: undefined,
    updates: undefined,
    token: undefined,
    probes: [],
    kept: [],
    lists: undefined,
    ...seen,
  };
}

export function round(
  n: number,
  seen: Partial<WatchSample> = {},
  more: Partial<Round> = {},
): Round {
  return {
    sample: sampleOf(n, seen),
    previousAt: n === 1 ? undefined : timeOf(n - 1),
    baseline: n === 1,
    intervalMs: INTERVAL_MS,
    ...more,
  };
}

/** What a tracker makes of one sample after the other; the first is round 1. */
export function follow<State>(
  tracker: (state: State, round: Round) => Step<State>,
  state: State,
  samples: readonly Partial<WatchSample>[],
): { readonly state: State; readonly events: readonly EventDraft[] } {
  return followRounds(
    tracker,
    state,
    samples.map((seen, index) => round(index + 1, seen)),
  );
}

export function followRounds<State>(
  tracker: (state: State, round: Round) => Step<State>,
  start: State,
  rounds: readonly Round[],
): { readonly state: State; readonly events: readonly EventDraft[] } {
  let state = start;
  const events: EventDraft[] = [];
  for (const one of rounds) {
    const step = tracker(state, one);
    state = step.state;
    events.push(...step.events);
  }
  return { state, events };
}

export function failureOf(code: FailureCode, message: string = `it was ${code}`): Failure {
  return { code, phase: "request", side: "network", message };
}

export function lost(code: FailureCode = "aws-unreachable", message?: string): Fact<never> {
  return unknown(failureOf(code, message));
}

export function dnsAnswer(ips: readonly string[], more: Partial<DnsSeen> = {}): DnsSeen {
  return {
    resolver: "10.0.0.2",
    type: "A",
    answer: { kind: "records", ips, ttlSeconds: 60 },
    ...more,
  };
}

export function dnsFailed(code: FailureCode, more: Partial<DnsSeen> = {}): DnsSeen {
  return dnsAnswer([], { answer: { kind: "failed", failure: failureOf(code) }, ...more });
}

export function eniSeen(id: string, privateIp: string, more: Partial<EniSeen> = {}): EniSeen {
  return {
    id,
    privateIp,
    subnetId: "subnet-a",
    availabilityZone: "ap-northeast-2a",
    status: "in-use",
    securityGroupIds: ["sg-1"],
    ...more,
  };
}

export function clusterSeen(more: Partial<ClusterSeen> = {}): ClusterSeen {
  return {
    status: "ACTIVE",
    version: "1.30",
    platformVersion: "eks.8",
    endpointHost: "1368909f.yl4.ap-northeast-2.eks.amazonaws.com",
    access: "public",
    publicAccessCidrs: ["0.0.0.0/0"],
    securityGroupIds: ["sg-1"],
    subnetIds: ["subnet-a", "subnet-b"],
    scalingTier: "standard",
    ...more,
  };
}

export function updateSeen(
  id: string,
  status: string | undefined,
  more: Partial<ClusterUpdate> = {},
): ClusterUpdate {
  return { id, type: "VersionUpdate", status, createdAt: undefined, errors: [], ...more };
}

export function listsSeen(
  ips: readonly string[],
  more: Partial<ListsSeen> = {},
): Partial<WatchSample> {
  return {
    lists: {
      address: "10.0.20.41:443",
      leases: { kind: "known", value: [] },
      serviceEndpoints: {
        kind: "known",
        value: {
          source: "endpointslices/v1",
          addresses: ips.map((ip) => ({ ip, port: 443, ready: "yes" })),
        },
      },
      ...more,
    },
  };
}

export function probeSeen(address: string, more: Partial<ProbeSeen> = {}): ProbeSeen {
  return {
    address,
    attempt: 1,
    at: timeOf(1),
    status: 200,
    failure: undefined,
    server: undefined,
    fingerprint: undefined,
    notBefore: undefined,
    notAfter: undefined,
    tcpMs: 1,
    tlsMs: 2,
    ttfbMs: 3,
    ...more,
  };
}

/** The few words that a test compares: `address-left-dns 10.0.0.1 left DNS`. */
export function told(events: readonly EventDraft[]): readonly string[] {
  return events.map(({ kind, what }) => `${kind}: ${what}`);
}
