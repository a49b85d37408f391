import { expect } from "vitest";
import type { Ended } from "./run-program.ts";

/** The part of `-o json` that the tests of hostile worlds look at. */
export interface ProgramReport {
  readonly interrupted: boolean;
  readonly durationMs: number;
  readonly cluster: { readonly problem: Problem | null };
  readonly enis: { readonly problem: Problem | null };
  readonly vantage: {
    readonly sourceIps: readonly string[];
    readonly insideVpc: string;
    readonly problem: Problem | null;
  };
  readonly resolutions: readonly {
    readonly resolver: { readonly kind: string; readonly ip?: string };
    readonly type: string;
    readonly transport: string;
    readonly outcome: string;
    readonly durationMs: number;
    readonly records: readonly { readonly ip: string }[];
    readonly problem: Problem | null;
  }[];
  readonly probes: readonly ProgramProbe[];
  readonly paths: readonly {
    readonly address: string;
    readonly kind: string;
    readonly apiServer: string | null;
    readonly seen: number;
    readonly of: number;
    readonly state: string;
    readonly problem: Problem | null;
  }[];
  readonly apiServers: readonly { readonly id: string; readonly host: string | null }[];
  readonly findings: readonly {
    readonly code: string;
    readonly status: string;
    readonly side: string | null;
    readonly next: string | null;
    readonly causedBy: readonly string[];
  }[];
  readonly verdict: { readonly status: string; readonly exitCode: number };
}

export interface ProgramProbe {
  readonly address: string;
  readonly sample: number;
  readonly startedAt: string;
  readonly token: string;
  readonly dialed: { readonly ip: string; readonly port: number };
  readonly local: { readonly ip: string } | null;
  readonly timings: { readonly totalMs: number };
  readonly tls: { readonly leaf: { readonly dnsNames: readonly string[] } | null } | null;
  readonly http: { readonly status: number; readonly auditId: string | null } | null;
  readonly serverAddress: string | null;
  readonly problem: Problem | null;
}

interface Problem {
  readonly code: string;
  readonly phase: string;
  readonly message: string;
}

/** Parses stdout of `-o json`; what was not JSON is in the message of the failure. */
export function readReport(ended: Ended): ProgramReport {
  expect(ended.stdout).toMatch(/^\{[\s\S]*\}\n$/);
  const report: ProgramReport = JSON.parse(ended.stdout);
  return report;
}

/** Each address's probe, by IP; the last one where there were several. */
export function probesByIp(report: ProgramReport): ReadonlyMap<string, ProgramProbe> {
  return new Map(
    report.probes.map((probe) => [probe.address.replace(/:443$/, "").replace(/[[\]]/g, ""), probe]),
  );
}

/** What went wrong at each address, by IP; `ok` where nothing did. */
export function codesByIp(report: ProgramReport): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...probesByIp(report)].map(([ip, { problem }]) => [ip, problem?.code ?? "ok"]),
  );
}
