/**
 * eks-probe as a library: maps every path to an EKS control plane. Nothing here prints, exits or
 * reads the environment, but for the AWS SDK's own reading of AWS_* and of the AWS config files.
 */
import { examine } from "./examine.ts";
import type { Expectations } from "./model/expectations.ts";
import type { Deps } from "./model/ports.ts";
import type { ProbeRequest } from "./model/request.ts";
import type { Progress } from "./probe/probe-endpoint.ts";
import type { ReportInput } from "./report/input.ts";
import { type AwsTarget, createDeps, type LocalTarget } from "./runtime.ts";
import { type GivenCluster, withGivenCluster } from "./target/given-cluster.ts";
import { makeRequest } from "./target/request.ts";
import { VERSION } from "./version.ts";

/** What to probe and how; everything but the cluster's name has the command line's defaults. */
export interface ProbeClusterOptions
  extends Partial<Omit<ProbeRequest, "cluster">>,
    Partial<AwsTarget>,
    Partial<LocalTarget> {
  /** Name of the EKS cluster. */
  readonly cluster: string;
  /** Stops the run; what was known by then is returned, with verdict `interrupted`. */
  readonly signal?: AbortSignal;
  /**
   * What is known of the cluster without the EKS API, which is then not asked to describe it. Its
   * name is `cluster`. Default: EKS is asked.
   */
  readonly given?: Omit<GivenCluster, "name" | "source">;
  /** What the cluster is expected to be beyond healthy. Default: nothing. */
  readonly expectations?: Expectations;
  readonly onProgress?: (progress: Progress) => void;
  /** The doors to the world, for tests and unusual networks. Default: the real ones. */
  readonly deps?: Deps;
}

/**
 * One run of `eks-probe endpoints`: everything that was seen, the map made of it, the findings and
 * the verdict. Never rejects for what the network, AWS or the cluster do; that is in the result.
 */
export async function probeCluster(options: ProbeClusterOptions): Promise<ReportInput> {
  const { cluster, signal, onProgress, deps: ownDeps, expectations, given, ...asked } = options;
  const { region = given?.region, profile, roleArn, externalId, metadata, ...more } = asked;
  const request = makeRequest(cluster, more);
  const target = { region, profile, roleArn, externalId };
  const deps = ownDeps ?? createDeps(target, request.timeoutMs, VERSION, { metadata });
  return examine(
    request,
    given === undefined
      ? deps
      : {
          ...deps,
          aws: withGivenCluster(deps.aws, { ...given, name: cluster, source: "flags" }),
        },
    signal ?? new AbortController().signal,
    { onProgress, ...(expectations === undefined ? {} : { expectations }) },
  );
}

export type * from "./model/address.ts";
export type * from "./model/certainty.ts";
export type * from "./model/cluster.ts";
export type * from "./model/conversation.ts";
export type * from "./model/coverage.ts";
export type * from "./model/drift.ts";
export type * from "./model/expectations.ts";
export type * from "./model/fact.ts";
export type * from "./model/failure.ts";
export type * from "./model/finding.ts";
export type * from "./model/finding-code.ts";
export type * from "./model/inspection.ts";
export type * from "./model/investigation.ts";
export type * from "./model/local-settings.ts";
export type * from "./model/map.ts";
export type * from "./model/observation.ts";
export type * from "./model/ports.ts";
export type * from "./model/request.ts";
export type * from "./model/resolution.ts";
export type * from "./model/snapshot.ts";
export type * from "./model/topology.ts";
export type * from "./model/vantage.ts";
export type * from "./model/vpc.ts";
export type { Progress } from "./probe/probe-endpoint.ts";
export type { CheckReport, Gate } from "./report/check-report.ts";
export { renderGithub } from "./report/github/render.ts";
export type { ReportInput } from "./report/input.ts";
export type { ReportDocument, Tool } from "./report/json/document.ts";
export { renderJson } from "./report/json/render.ts";
export { REPORT_SCHEMA } from "./report/json/schema.ts";
export { renderJunit } from "./report/junit/render.ts";
export { renderMarkdown } from "./report/markdown/render.ts";
export { nagiosExitCode } from "./report/nagios/exit-code.ts";
export { renderNagios } from "./report/nagios/render.ts";
export { renderSarif, type SarifOptions } from "./report/sarif/render.ts";
export { renderTap } from "./report/tap/render.ts";
export { renderText, type TextOptions } from "./report/text/report.ts";
export { plainTheme, type Theme } from "./report/theme.ts";
export type { AwsTarget, LocalTarget } from "./runtime.ts";
export type { GivenCluster } from "./target/given-cluster.ts";
export type { MetadataChoice } from "./target/local.ts";
export { VERSION } from "./version.ts";
