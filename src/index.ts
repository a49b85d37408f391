/**
 * eks-probe as a library: maps every path to an EKS control plane. Nothing here prints, exits or
 * reads the environment, but for the AWS SDK's own reading of AWS_* and of the AWS config files.
 */
import { runChecks } from "./checks/table.ts";
import { judge } from "./checks/verdict.ts";
import { buildMap } from "./map/build.ts";
import type { Deps } from "./model/ports.ts";
import type { ProbeRequest } from "./model/request.ts";
import type { Progress } from "./probe/probe-endpoint.ts";
import { probeCluster as runProbes } from "./probe/run.ts";
import type { ReportInput } from "./report/input.ts";
import { type AwsTarget, createDeps } from "./runtime.ts";
import { makeRequest } from "./target/request.ts";
import { VERSION } from "./version.ts";

/** What to probe and how; everything but the cluster's name has the command line's defaults. */
export interface ProbeClusterOptions
  extends Partial<Omit<ProbeRequest, "cluster">>,
    Partial<AwsTarget> {
  /** Name of the EKS cluster. */
  readonly cluster: string;
  /** Stops the run; what was known by then is returned, with verdict `interrupted`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** The doors to the world, for tests and unusual networks. Default: the real ones. */
  readonly deps?: Deps;
}

/**
 * One run of `eks-probe endpoints`: everything that was seen, the map made of it, the findings and
 * the verdict. Never rejects for what the network, AWS or the cluster do; that is in the result.
 */
export async function probeCluster(options: ProbeClusterOptions): Promise<ReportInput> {
  const { cluster, signal, onProgress, deps, region, profile, roleArn, externalId, ...asked } =
    options;
  const request = makeRequest(cluster, asked);
  const target = { region, profile, roleArn, externalId };
  const snapshot = await runProbes(
    request,
    deps ?? createDeps(target, request.timeoutMs, VERSION),
    signal ?? new AbortController().signal,
    onProgress,
  );
  const map = buildMap(snapshot);
  const findings = runChecks({ snapshot, map });
  return { snapshot, map, findings, verdict: judge({ snapshot, map }, findings) };
}

export type * from "./model/address.ts";
export type * from "./model/certainty.ts";
export type * from "./model/cluster.ts";
export type * from "./model/conversation.ts";
export type * from "./model/coverage.ts";
export type * from "./model/fact.ts";
export type * from "./model/failure.ts";
export type * from "./model/finding.ts";
export type * from "./model/inspection.ts";
export type * from "./model/map.ts";
export type * from "./model/observation.ts";
export type * from "./model/ports.ts";
export type * from "./model/request.ts";
export type * from "./model/resolution.ts";
export type * from "./model/snapshot.ts";
export type * from "./model/topology.ts";
export type * from "./model/vantage.ts";
export type { Progress } from "./probe/probe-endpoint.ts";
export type { ReportInput } from "./report/input.ts";
export type { ReportDocument, Tool } from "./report/json/document.ts";
export { renderJson } from "./report/json/render.ts";
export { REPORT_SCHEMA } from "./report/json/schema.ts";
export { renderText, type TextOptions } from "./report/text/report.ts";
export { plainTheme, type Theme } from "./report/theme.ts";
export type { AwsTarget } from "./runtime.ts";
export { VERSION } from "./version.ts";
