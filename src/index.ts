/**
 * eks-probe as a library: maps every path to an EKS control plane, and watches it change. Nothing here prints, exits or
 * reads the environment, but for the AWS SDK's own reading of AWS_* and of the AWS config files.
 */
import { examine } from "./examine.ts";
import { examineNode } from "./examine-node.ts";
import type { Expectations } from "./model/expectations.ts";
import type { KnownControlPlane } from "./model/node/control-plane.ts";
import type { NodeReport } from "./model/node/report.ts";
import type { NodeSnapshot } from "./model/node/snapshot.ts";
import type { Deps } from "./model/ports.ts";
import type { ProbeRequest } from "./model/request.ts";
import type { WatchEvent } from "./model/watch/event.ts";
import type { WatchSample } from "./model/watch/sample.ts";
import type { WatchSummary } from "./model/watch/summary.ts";
import { controlPlaneOf, controlPlaneUnasked } from "./node/known/control-plane.ts";
import type { Progress } from "./probe/probe-endpoint.ts";
import type { ReportInput } from "./report/input.ts";
import { type AwsTarget, createDeps, type LocalTarget, systemClock } from "./runtime.ts";
import { type GivenCluster, withGivenCluster } from "./target/given-cluster.ts";
import { makeRequest } from "./target/request.ts";
import { VERSION } from "./version.ts";
import { AWS_INTERVAL_MS, INTERVAL_MS } from "./watch/pace/constants.ts";
import { summarize } from "./watch/track/summarize.ts";
import { watchCluster as watchRounds } from "./watch/watch.ts";

/** Which cluster, and how it is to be reached: what every call has in common. */
export interface ClusterOptions extends Partial<AwsTarget>, Partial<LocalTarget> {
  /** Name of the EKS cluster. */
  readonly cluster: string;
  /**
   * What is known of the cluster without the EKS API, which is then not asked to describe it. Its
   * name is `cluster`. Default: EKS is asked.
   */
  readonly given?: Omit<GivenCluster, "name" | "source">;
  /** The doors to the world, for tests and unusual networks. Default: the real ones. */
  readonly deps?: Deps;
}

/** What to probe and how; everything but the cluster's name has the command line's defaults. */
export interface ProbeClusterOptions
  extends Partial<Omit<ProbeRequest, "cluster">>,
    ClusterOptions {
  /** Stops the run; what was known by then is returned, with verdict `interrupted`. */
  readonly signal?: AbortSignal;
  /** What the cluster is expected to be beyond healthy. Default: nothing. */
  readonly expectations?: Expectations;
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * One run of `eks-probe endpoints`: everything that was seen, the map made of it, the findings and
 * the verdict. Never rejects for what the network, AWS or the cluster do; that is in the result.
 */
export async function probeCluster(options: ProbeClusterOptions): Promise<ReportInput> {
  const { signal, onProgress, expectations, ...asked } = options;
  const { request, deps } = readOptions(asked);
  return examine(request, deps, signal ?? new AbortController().signal, {
    onProgress,
    ...(expectations === undefined ? {} : { expectations }),
  });
}

/** What only a single run can be asked for. */
type OfOneRun =
  | "samples"
  | "intervalMs"
  | "untilSure"
  | "compareReuse"
  | "deep"
  | "egressIp"
  | "egressService";

/** What to watch and how; everything but the cluster's name has the command line's defaults. */
export interface WatchClusterOptions
  extends Partial<Omit<ProbeRequest, "cluster" | OfOneRun>>,
    ClusterOptions {
  /** Ends the watch; the round that it cuts short is given up as a whole. */
  readonly signal?: AbortSignal;
  /** Milliseconds from the start of one round to the start of the next. Default: 10 s. */
  readonly intervalMs?: number;
  /** Milliseconds until it ends by itself. Default: it ends by `signal` alone. */
  readonly forMs?: number;
  /** Milliseconds between two lists of ENIs, at least; EKS is asked less often. Default: 30 s. */
  readonly awsIntervalMs?: number;
  /** Each event as it is told, in order. Not awaited; what it throws ends the watch. */
  readonly onEvent?: (event: WatchEvent) => void;
  /** Each round, after its events. Not awaited; what it throws ends the watch. */
  readonly onRound?: (sample: WatchSample, events: readonly WatchEvent[]) => void;
}

/**
 * The rounds of `eks-probe watch`, without its first whole run, its record and its load: what
 * changes is told as it is seen, and what it came to is the result; undefined where not one round
 * was made. Never rejects for what the network, AWS or the cluster do.
 */
export async function watchCluster(
  options: WatchClusterOptions,
): Promise<WatchSummary | undefined> {
  const { signal, intervalMs, forMs, awsIntervalMs, onEvent, onRound, ...asked } = options;
  const { request, deps } = readOptions(asked);
  const { state, end } = await watchRounds(
    {
      request,
      intervalMs: intervalMs ?? INTERVAL_MS,
      forMs,
      awsIntervalMs: awsIntervalMs ?? AWS_INTERVAL_MS,
      onRound: ({ sample, events }) => {
        for (const event of events) onEvent?.(event);
        onRound?.(sample, events);
      },
    },
    deps,
    signal ?? new AbortController().signal,
  );
  return summarize(state, request.cluster, end);
}

export interface InspectNodeOptions {
  /**
   * Folder of a copy of a worker's files, or of an unpacked bundle of the EKS log collector. Default:
   * this machine, which has to be Linux.
   */
  readonly root?: string;
  /** A run to hold the worker against, made or read back. Default: nothing is known of the cluster. */
  readonly known?: ReportInput;
}

/**
 * What `eks-probe node` shows: the connections between this worker and the control plane, process by
 * process, and the findings about them. Asks nobody. Never rejects for what the machine's files say.
 */
export async function inspectNode(options: InspectNodeOptions = {}): Promise<NodeReport> {
  const [{ readNode, sourceOf }, { viewOf }, { captureRoot }] = await Promise.all([
    import("./host/read-node.ts"),
    import("./host/view.ts"),
    import("./host/capture-root.ts"),
  ]);
  const { root = "/", known } = options;
  const folder = root === "/" ? root : captureRoot(root);
  const source = root === "/" ? ({ kind: "live" } as const) : sourceOf(folder);
  const clock = systemClock();
  return examineNode({
    read: (ports) => readNode(viewOf(folder), { source, clock, ports }),
    find: (node) => Promise.resolve(controlPlaneBy(known, node)),
    simulated: known?.snapshot.request.simulated === true,
    signal: new AbortController().signal,
  });
}

function controlPlaneBy(known: InspectNodeOptions["known"], node: NodeSnapshot): KnownControlPlane {
  if (known === undefined) return controlPlaneUnasked("no run was given to hold it against", node);
  return controlPlaneOf(known, { kind: "probe", verdict: known.verdict.summary }, node);
}

function readOptions(options: ClusterOptions & Partial<Omit<ProbeRequest, "cluster">>): {
  readonly request: ProbeRequest;
  readonly deps: Deps;
} {
  const { cluster, given, deps: ownDeps, ...asked } = options;
  const { region = given?.region, profile, roleArn, externalId, metadata, ...more } = asked;
  const request = makeRequest(cluster, more);
  const target = { region, profile, roleArn, externalId };
  const deps = ownDeps ?? createDeps(target, request.timeoutMs, VERSION, { metadata });
  if (given === undefined) return { request, deps };
  const known: GivenCluster = { ...given, name: cluster, source: "flags" };
  return { request, deps: { ...deps, aws: withGivenCluster(deps.aws, known) } };
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
export type * from "./model/node/control-plane.ts";
export type * from "./model/node/flow.ts";
export type * from "./model/node/kubelet.ts";
export type * from "./model/node/nat.ts";
export type * from "./model/node/process.ts";
export type * from "./model/node/report.ts";
export type * from "./model/node/snapshot.ts";
export type { Endpoint as SocketEndpoint, TcpSocket, TcpState } from "./model/node/socket.ts";
export type * from "./model/observation.ts";
export type * from "./model/ports.ts";
export type * from "./model/request.ts";
export type * from "./model/resolution.ts";
export type * from "./model/snapshot.ts";
export type * from "./model/topology.ts";
export type * from "./model/vantage.ts";
export type * from "./model/vpc.ts";
export * from "./model/watch/event.ts";
export type * from "./model/watch/load.ts";
export type * from "./model/watch/record.ts";
export type * from "./model/watch/sample.ts";
export type * from "./model/watch/summary.ts";
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
export { renderNodeJson } from "./report/node/json.ts";
export { NODE_SCHEMA } from "./report/node/schema.ts";
export { type NodeTextOptions, renderNodeText } from "./report/node/text.ts";
export { renderSarif, type SarifOptions } from "./report/sarif/render.ts";
export { renderTap } from "./report/tap/render.ts";
export { renderText, type TextOptions } from "./report/text/report.ts";
export { plainTheme, type Theme } from "./report/theme.ts";
export { type EventTextOptions, renderEvent as renderWatchEvent } from "./report/watch/event.ts";
export { WATCH_SCHEMA } from "./report/watch/schema.ts";
export { renderSummary as renderWatchSummary } from "./report/watch/summary.ts";
export type { AwsTarget, LocalTarget } from "./runtime.ts";
export type { GivenCluster } from "./target/given-cluster.ts";
export type { MetadataChoice } from "./target/local.ts";
export { VERSION } from "./version.ts";
