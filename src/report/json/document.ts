import type { Address } from "../../model/address.ts";
import type { AddressCertainty, AddressTimes } from "../../model/certainty.ts";
import type { Eni } from "../../model/cluster.ts";
import type { Drift } from "../../model/drift.ts";
import type { Expectations } from "../../model/expectations.ts";
import { type Fact, type Tri, valueOf } from "../../model/fact.ts";
import type { Failure } from "../../model/failure.ts";
import type { Finding, Verdict } from "../../model/finding.ts";
import type { Path } from "../../model/map.ts";
import type { Observation } from "../../model/observation.ts";
import type { Resolution } from "../../model/resolution.ts";
import { roundMs } from "../../model/time.ts";
import type { Topology } from "../../model/topology.ts";
import type { CheckReport, Gate } from "../check-report.ts";
import type { ReportInput } from "../input.ts";
import {
  type ApiServerDocument,
  type CoverageDocument,
  coverageDocument,
  latencyDocument,
  serverDocument,
} from "./certainty.ts";
import { type ClusterDocument, clusterDocument } from "./cluster.ts";
import {
  type InvestigationDocument,
  investigationDocument,
  type LocalDocument,
  localDocument,
} from "./evidence.ts";
import { problemOf } from "./fact.ts";
import { type RequestDocument, requestDocument } from "./request.ts";

/** Raised by one when a field is removed or changes its meaning; new fields do not raise it. */
export const SCHEMA_VERSION = 1;

export interface Tool {
  readonly name: string;
  readonly version: string;
}

/**
 * The public document of `-o json` of endpoints and check: one run, whole; its JSON Schema is what `schema` prints. What is
 * undefined here is null in JSON: not known, with the reason in the `problem` or `reason` beside it.
 */
export interface ReportDocument {
  readonly schemaVersion: number;
  readonly tool: Tool;
  readonly simulated?: true;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly interrupted: boolean;
  /** Absent in runs of earlier versions. */
  readonly request?: RequestDocument;
  readonly vantage: VantageDocument;
  readonly cluster: ClusterDocument;
  readonly enis: {
    readonly items: readonly Eni[];
    /** Why EC2 was not asked. */
    readonly reason: string | undefined;
    readonly problem: Failure | undefined;
  };
  readonly token: {
    readonly state: "signed" | "none" | "unknown";
    readonly expiresAt: string | undefined;
    readonly reason: string | undefined;
    readonly problem: Failure | undefined;
  };
  readonly resolutions: readonly ResolutionDocument[];
  readonly addresses: readonly Address[];
  readonly probes: readonly ProbeDocument[];
  readonly apiServers: readonly ApiServerDocument[];
  readonly paths: readonly PathDocument[];
  /** How many API servers each address leads to, and how sure that is. */
  readonly certainty: readonly AddressCertainty[];
  readonly latency: readonly AddressTimes[];
  readonly coverage: CoverageDocument;
  readonly topology: Topology;
  /** What other clients of this machine would do. */
  readonly local: LocalDocument;
  /** Evidence beyond the map, as far as it was asked for. */
  readonly investigation: InvestigationDocument;
  readonly expectations: Expectations;
  readonly findings: readonly Finding[];
  readonly verdict: Verdict;
  /** Of check only. */
  readonly gate?: Gate;
  /** Of check only; undefined without a baseline. */
  readonly drift?: Drift | undefined;
}

export interface VantageDocument {
  readonly hostname: string;
  readonly localIps: readonly string[];
  readonly sourceIps: readonly string[];
  readonly insideVpc: Tri;
  readonly insideVpcReason: string;
  readonly vpcCidrs: readonly string[] | undefined;
  readonly problem: Failure | undefined;
}

export interface ResolutionDocument {
  readonly resolver: Resolution["resolver"];
  readonly name: string;
  readonly type: Resolution["type"];
  readonly transport: Resolution["transport"];
  readonly durationMs: number;
  readonly outcome: "records" | "nodata" | "failed";
  readonly records: readonly {
    readonly type: string;
    readonly ip: string;
    readonly ttlSeconds: number | undefined;
  }[];
  readonly cnames: readonly string[];
  readonly problem: Failure | undefined;
}

export type ProbeDocument = Omit<Observation, "failure" | "identity"> & {
  readonly serverAddress: string | undefined;
  readonly problem: Failure | undefined;
};

export interface PathDocument {
  readonly address: string;
  readonly kind: Path["kind"];
  readonly apiServer: string | undefined;
  readonly seen: number;
  readonly of: number;
  readonly state: Path["state"]["kind"];
  readonly reason: string | undefined;
  readonly problem: Failure | undefined;
}

export function toDocument(input: ReportInput | CheckReport, tool: Tool): ReportDocument {
  const { snapshot, map, findings, verdict } = input;
  return {
    schemaVersion: SCHEMA_VERSION,
    tool,
    ...(snapshot.request.simulated ? { simulated: true } : {}),
    startedAt: snapshot.startedAt,
    durationMs: roundMs(snapshot.durationMs),
    interrupted: snapshot.interrupted,
    request: requestDocument(snapshot.request),
    vantage: {
      ...snapshot.vantage,
      vpcCidrs: valueOf(snapshot.vantage.vpcCidrs),
      problem: problemOf(snapshot.vantage.vpcCidrs),
    },
    cluster: clusterDocument(snapshot.cluster, snapshot.request.cluster, map),
    enis: {
      items: valueOf(snapshot.enis) ?? [],
      reason: snapshot.enis.kind === "skipped" ? snapshot.enis.reason : undefined,
      problem: problemOf(snapshot.enis),
    },
    token: tokenDocument(snapshot.token),
    resolutions: snapshot.resolutions.map(resolutionDocument),
    addresses: snapshot.addresses,
    probes: snapshot.observations.map(probeDocument),
    apiServers: map.apiServers.map((server) => serverDocument(server, map.coverage)),
    paths: map.paths.map(pathDocument),
    certainty: map.certainties,
    latency: map.times.map(latencyDocument),
    coverage: coverageDocument(map.coverage),
    topology: map.topology,
    local: localDocument(snapshot.local),
    investigation: investigationDocument(snapshot.investigation),
    expectations: input.expectations,
    findings,
    verdict,
    ...("gate" in input ? { gate: input.gate, drift: input.drift } : {}),
  };
}

function tokenDocument(fact: Fact<{ readonly expiresAt: string }>): ReportDocument["token"] {
  const problem = problemOf(fact);
  switch (fact.kind) {
    case "known":
      return { state: "signed", expiresAt: fact.value.expiresAt, reason: undefined, problem };
    case "skipped":
      return { state: "none", expiresAt: undefined, reason: fact.reason, problem };
    case "unknown":
      return { state: "unknown", expiresAt: undefined, reason: fact.failure.message, problem };
  }
}

function resolutionDocument(resolution: Resolution): ResolutionDocument {
  const { answer, resolver, name, type, transport, durationMs } = resolution;
  const found = answer.kind === "records" ? answer : { records: [], cnames: [] };
  const hasTtl = resolver.kind === "server";
  return {
    resolver,
    name,
    type,
    transport,
    durationMs: roundMs(durationMs),
    outcome: answer.kind,
    records: found.records.map((record) => ({
      ...record,
      ttlSeconds: hasTtl ? record.ttlSeconds : undefined,
    })),
    cnames: found.cnames,
    problem: answer.kind === "failed" ? answer.failure : undefined,
  };
}

function probeDocument(observation: Observation): ProbeDocument {
  const { failure, timings, identity, http, ...rest } = observation;
  return {
    ...rest,
    http: http && { ...http, clockSkewMs: roundKnown(http.clockSkewMs) },
    timings: {
      tcpMs: roundKnown(timings.tcpMs),
      tlsMs: roundKnown(timings.tlsMs),
      ttfbMs: roundKnown(timings.ttfbMs),
      totalMs: roundMs(timings.totalMs),
    },
    serverAddress: identity?.serverAddress,
    problem: failure,
  };
}

function pathDocument({ state, ...path }: Path): PathDocument {
  return {
    ...path,
    state: state.kind,
    reason: state.kind === "skipped" ? state.reason : undefined,
    problem: state.kind === "ok" ? undefined : state.failure,
  };
}

function roundKnown(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : roundMs(ms);
}
