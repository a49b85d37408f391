import type { AddressTimes, PhaseTimes } from "../../model/certainty.ts";
import type { Coverage, LeaseView } from "../../model/coverage.ts";
import { type Fact, valueOf } from "../../model/fact.ts";
import type { Failure } from "../../model/failure.ts";
import type { Caller, HealthReport } from "../../model/inspection.ts";
import type { ApiServer } from "../../model/map.ts";
import { roundMs } from "../../model/time.ts";

/** An API server with what it said of itself; `inspected` is null when it was not asked. */
export type ApiServerDocument = Omit<ApiServer, "inspected"> & {
  readonly inspected: InspectedDocument | undefined;
};

export interface InspectedDocument {
  readonly through: readonly string[];
  readonly version: string | undefined;
  readonly platform: string | undefined;
  readonly livez: HealthReport | undefined;
  readonly readyz: HealthReport | undefined;
  readonly caller: Caller | undefined;
  readonly tokenCost: { readonly firstMs: number; readonly secondMs: number } | undefined;
  /** GET /apis, an answer of several packets. */
  readonly largeAnswer: { readonly bytes: number } | undefined;
  readonly clockSkewMs: number | undefined;
  /** Its newest identity Lease. */
  readonly lease: LeaseView | undefined;
  /** What could not be had, and why. */
  readonly unknown: readonly Unknown[];
}

/** Something that is not known: `problem` where it was asked for in vain, `reason` in any case. */
export interface Unknown {
  readonly what: string;
  readonly reason: string;
  readonly problem: Failure | undefined;
}

export function serverDocument(server: ApiServer, coverage: Coverage): ApiServerDocument {
  const { inspected } = server;
  if (inspected === undefined) return { ...server, inspected: undefined };
  const leases = valueOf(coverage.leases) ?? [];
  const version = valueOf(inspected.version);
  const cost = valueOf(inspected.tokenCost);
  return {
    ...server,
    inspected: {
      through: inspected.through,
      version: version?.gitVersion,
      platform: version?.platform,
      livez: valueOf(inspected.livez),
      readyz: valueOf(inspected.readyz),
      caller: valueOf(inspected.caller),
      tokenCost: cost && { firstMs: roundMs(cost.firstMs), secondMs: roundMs(cost.secondMs) },
      largeAnswer: valueOf(inspected.largeAnswer),
      clockSkewMs: inspected.clockSkewMs,
      lease: leases.find(({ apiServer }) => apiServer === server.id),
      unknown: unknowns({
        version: inspected.version,
        livez: inspected.livez,
        readyz: inspected.readyz,
        caller: inspected.caller,
        tokenCost: inspected.tokenCost,
        largeAnswer: inspected.largeAnswer,
        lease: coverage.leases,
      }),
    },
  };
}

export interface CoverageDocument {
  readonly leases: readonly LeaseView[] | undefined;
  readonly service: { readonly source: string; readonly ips: readonly string[] } | undefined;
  readonly missingInService: readonly string[];
  readonly missingInEc2: readonly string[];
  readonly unknownInDns: readonly string[];
  readonly clusterIp: { readonly ip: string; readonly inCertificates: string } | undefined;
  readonly unknown: readonly Unknown[];
}

export function coverageDocument({ leases, sources, clusterIp }: Coverage): CoverageDocument {
  return {
    leases: valueOf(leases),
    service: valueOf(sources.service),
    missingInService: sources.missingInService,
    missingInEc2: sources.missingInEc2,
    unknownInDns: sources.unknownInDns,
    clusterIp: valueOf(clusterIp),
    unknown: unknowns({ leases, service: sources.service, clusterIp }),
  };
}

export function latencyDocument({ address, tcp, tls, ttfb, total }: AddressTimes): AddressTimes {
  return {
    address,
    tcp: tcp && roundPhase(tcp),
    tls: tls && roundPhase(tls),
    ttfb: ttfb && roundPhase(ttfb),
    total: total && roundPhase(total),
  };
}

function roundPhase({ count, p50Ms, p90Ms, p99Ms, maxMs }: PhaseTimes): PhaseTimes {
  return {
    count,
    p50Ms: roundMs(p50Ms),
    p90Ms: roundMs(p90Ms),
    p99Ms: roundMs(p99Ms),
    maxMs: roundMs(maxMs),
  };
}

function unknowns(facts: Readonly<Record<string, Fact<unknown>>>): readonly Unknown[] {
  return Object.entries(facts).flatMap(([what, fact]): readonly Unknown[] => {
    switch (fact.kind) {
      case "known":
        return [];
      case "unknown":
        return [{ what, reason: fact.failure.message, problem: fact.failure }];
      case "skipped":
        return [{ what, reason: fact.reason, problem: undefined }];
    }
  });
}
