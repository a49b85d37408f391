import * as v from "valibot";
import type { AddressCertainty, AddressTimes, PhaseTimes } from "../../../model/certainty.ts";
import type { Coverage, LeaseView } from "../../../model/coverage.ts";
import { type Fact, skipped } from "../../../model/fact.ts";
import type { Failure } from "../../../model/failure.ts";
import type { Caller, HealthReport, ServiceEndpoints } from "../../../model/inspection.ts";
import type { Agreement, ApiServer, InspectedServer, Path } from "../../../model/map.ts";
import type { Topology } from "../../../model/topology.ts";
import type { Unknown } from "../certainty.ts";
import {
  anyWord,
  duration,
  factOf,
  failure,
  flag,
  list,
  listOrNone,
  maybe,
  NOT_SAVED,
  name,
  number,
  type Read,
  text,
  tri,
  unreadable,
  word,
} from "./parts.ts";
import { addressKind, certificate } from "./probes.ts";

/** Who is where, and how sure that is. */

const unknown: Read<Unknown> = v.object({ what: name, reason: text, problem: maybe(failure) });

/** A value, or what the list of what is not known says of it. */
function among<T>(unknowns: readonly Unknown[], what: string, value: T | undefined): Fact<T> {
  const why = unknowns.find((one) => one.what === what);
  return factOf(value, why?.problem, why?.reason);
}

const health: Read<HealthReport> = v.object({
  healthy: flag,
  checks: number,
  failing: list(name),
});

const caller: Read<Caller> = v.object({ username: text, groups: list(text), arn: maybe(text) });

const inspected: Read<InspectedServer> = v.pipe(
  v.object({
    through: list(name),
    version: maybe(name),
    platform: maybe(name),
    livez: maybe(health),
    readyz: maybe(health),
    caller: maybe(caller),
    tokenCost: maybe(v.object({ firstMs: duration, secondMs: duration })),
    largeAnswer: maybe(v.object({ bytes: number })),
    clockSkewMs: maybe(number),
    unknown: listOrNone(unknown),
  }),
  v.transform(({ unknown: gaps, version, platform, ...rest }) => ({
    through: rest.through,
    version: among(
      gaps,
      "version",
      version === undefined ? undefined : { gitVersion: version, platform },
    ),
    livez: among(gaps, "livez", rest.livez),
    readyz: among(gaps, "readyz", rest.readyz),
    caller: among(gaps, "caller", rest.caller),
    tokenCost: among(gaps, "tokenCost", rest.tokenCost),
    largeAnswer: among(gaps, "largeAnswer", rest.largeAnswer),
    clockSkewMs: rest.clockSkewMs,
    leaseNames: [],
  })),
);

const agreement: Read<Agreement> = v.pipe(
  v.object({
    kind: name,
    signals: listOrNone(anyWord<Extract<Agreement, { kind: "agree" }>["signals"][number]>()),
    signal: maybe(anyWord<ApiServer["identifiedBy"]>()),
    reason: v.nullish(text, ""),
    detail: v.nullish(text, ""),
  }),
  v.transform(({ kind, signals, signal, reason, detail }): Agreement => {
    if (kind === "agree") return { kind, signals };
    if (kind === "disagree") return { kind, detail };
    return {
      kind: "single",
      signal: signal ?? "certificate-fingerprint",
      reason: kind === "single" ? reason : unreadable(kind).message,
    };
  }),
);

export const apiServer: Read<ApiServer> = v.object({
  id: name,
  host: maybe(name),
  serverAddress: maybe(name),
  identifiedBy: anyWord<ApiServer["identifiedBy"]>(),
  certificates: list(certificate),
  reachedBy: list(name),
  inspected: maybe(inspected),
  agreement,
});

export const path: Read<Path> = v.pipe(
  v.object({
    address: name,
    kind: addressKind,
    apiServer: maybe(name),
    seen: number,
    of: number,
    state: name,
    reason: maybe(text),
    problem: maybe(failure),
  }),
  v.transform(({ state, reason, problem, ...rest }) => ({
    ...rest,
    state: stateOf(state, reason, problem),
  })),
);

function stateOf(
  state: string,
  reason: string | undefined,
  problem: Failure | undefined,
): Path["state"] {
  switch (state) {
    case "ok":
      return { kind: state };
    case "answered":
    case "failed":
      return { kind: state, failure: problem ?? unreadable(state) };
    case "skipped":
      return { kind: state, reason: reason ?? NOT_SAVED, failure: problem };
    default:
      return { kind: "unknown", failure: problem ?? unreadable(state) };
  }
}

const tally = list(v.object({ apiServer: name, seen: number }));

export const certainty: Read<AddressCertainty> = v.object({
  address: name,
  verdict: word(["pinned", "balanced", "unknown"], "unknown"),
  connections: number,
  tally,
  unseenShareMax: maybe(number),
  confidence: v.literal(0.95),
  reused: maybe(tally),
});

const phase: Read<PhaseTimes> = v.object({
  count: number,
  p50Ms: duration,
  p90Ms: duration,
  p99Ms: duration,
  maxMs: duration,
});

export const latency: Read<AddressTimes> = v.object({
  address: name,
  tcp: maybe(phase),
  tls: maybe(phase),
  ttfb: maybe(phase),
  total: maybe(phase),
});

const lease: Read<LeaseView> = v.object({
  name,
  host: maybe(name),
  incarnation: maybe(name),
  ageSeconds: number,
  live: flag,
  apiServer: maybe(name),
});

const service = v.object({ source: anyWord<ServiceEndpoints["source"]>(), ips: list(name) });

const clusterIp = v.object({ ip: name, inCertificates: tri });

export const coverage: Read<Coverage> = v.pipe(
  v.object({
    leases: maybe(list(lease)),
    service: maybe(service),
    missingInService: list(name),
    missingInEc2: list(name),
    unknownInDns: list(name),
    clusterIp: maybe(clusterIp),
    unknown: listOrNone(unknown),
  }),
  v.transform(({ unknown: gaps, leases, clusterIp: ip, ...rest }) => ({
    leases: among(gaps, "leases", leases),
    sources: {
      enis: skipped(NOT_SAVED),
      service: among(gaps, "service", rest.service),
      dns: skipped(NOT_SAVED),
      missingInService: rest.missingInService,
      missingInEc2: rest.missingInEc2,
      unknownInDns: rest.unknownInDns,
    },
    clusterIp: among(gaps, "clusterIp", ip),
  })),
);

/** Of runs that did not look at it. */
export const NO_COVERAGE: Coverage = {
  leases: skipped(NOT_SAVED),
  sources: {
    enis: skipped(NOT_SAVED),
    service: skipped(NOT_SAVED),
    dns: skipped(NOT_SAVED),
    missingInService: [],
    missingInEc2: [],
    unknownInDns: [],
  },
  clusterIp: skipped(NOT_SAVED),
};

export const topology: Read<Topology> = v.object({
  sentence: text,
  confidence: text,
  routes: list(
    v.object({
      direction: anyWord<Topology["routes"][number]["direction"]>(),
      who: text,
      path: text,
    }),
  ),
});

export const NO_TOPOLOGY: Topology = { sentence: NOT_SAVED, confidence: NOT_SAVED, routes: [] };
