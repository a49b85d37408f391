import { valueOf } from "../../model/fact.ts";
import type { KnownControlPlane } from "../../model/node/control-plane.ts";
import type { NodeSnapshot } from "../../model/node/snapshot.ts";
import type { Deps } from "../../model/ports.ts";
import type { ProbeRequest } from "../../model/request.ts";
import { sanitizeText } from "../../model/text.ts";
import {
  controlPlaneOf,
  controlPlaneUnasked,
  type KnownRun,
} from "../../node/known/control-plane.ts";
import { otherCluster } from "../../node/known/same-cluster.ts";
import { readDocument } from "../../report/json/read.ts";
import {
  type GivenCluster,
  parseEndpoint,
  withFallbackCluster,
} from "../../target/given-cluster.ts";
import { parseClusterName } from "../../target/names.ts";
import type { Io } from "../io.ts";
import { nonEmpty, UsageError, type ValueReader } from "../options/values.ts";
import { startProgress } from "../progress.ts";
import { readSavedFile } from "../saved-file.ts";
import { wantsProgress } from "../terminal.ts";

/** A run that the worker is held against; read before anything else, since it may be no good. */
export interface MapFile extends KnownRun {
  readonly source: Extract<KnownControlPlane["source"], { readonly kind: "map" }>;
  readonly simulated: boolean;
}

/**
 * The run that --map names; undefined where it is not given. Throws a UsageError for a file that
 * holds none.
 */
export async function readMapFile(values: ValueReader, io: Io): Promise<MapFile | undefined> {
  const path = values.one("map", nonEmpty("file name"));
  if (path === undefined) return undefined;
  const { kind, document, quoted } = await readSavedFile(path, io);
  if (kind === "record" && document === undefined)
    throw new UsageError(`${quoted} is a record without a whole run`);
  const read = readDocument(document);
  if (read.kind === "bad") throw new UsageError(`${quoted} ${read.problem}`);
  const { snapshot, map } = read.value.report;
  return {
    snapshot,
    map,
    source: { kind: "map", file: sanitizeText(path, 300), startedAt: snapshot.startedAt },
    simulated: snapshot.request.simulated,
  };
}

/** What the worker's connections are held against: a saved run, a run made now, or nothing. */
export async function findControlPlane(
  node: NodeSnapshot,
  file: MapFile | undefined,
  values: ValueReader,
  io: Io,
): Promise<KnownControlPlane> {
  if (file !== undefined) return ofFile(file, node, values);
  if (values.has("noProbe")) return controlPlaneUnasked("--no-probe: nobody was asked", node);
  return probe(node, values, io);
}

function ofFile(file: MapFile, node: NodeSnapshot, values: ValueReader): KnownControlPlane {
  const controlPlane = controlPlaneOf(file, file.source, node);
  const asked = values.one("cluster", parseClusterName);
  if (asked !== undefined && controlPlane.cluster !== asked)
    throw new UsageError(
      `--map: it is of ${controlPlane.cluster ?? "no cluster"}, and --cluster is ${asked}`,
    );
  return sameOrRefuse(controlPlane, node, "--map");
}

async function probe(node: NodeSnapshot, values: ValueReader, io: Io): Promise<KnownControlPlane> {
  const own = await readNodeRun(node, values, io);
  if (own === undefined) {
    const how = "name it with --cluster NAME, or give a saved run with --map FILE";
    return controlPlaneUnasked(`nothing here names the cluster; ${how}`, node);
  }
  const { request, deps } = own;
  const [{ examine }, { warnInsecure }] = await Promise.all([
    import("../../examine.ts"),
    import("../run-input.ts"),
  ]);
  warnInsecure(io, request);
  const progress = wantsProgress(io, values.has("quiet")) ? startProgress() : undefined;
  const input = await examine(request, deps, io.signal, {
    onProgress: (made) => progress?.show(made),
  });
  progress?.stop();
  const source = { kind: "probe", verdict: input.verdict.summary } as const;
  return sameOrRefuse(controlPlaneOf(input, source, node), node, "--cluster");
}

/** The run of `endpoints` for this worker's cluster; undefined where nothing names that. */
async function readNodeRun(
  node: NodeSnapshot,
  values: ValueReader,
  io: Io,
): Promise<{ readonly request: ProbeRequest; readonly deps: Deps } | undefined> {
  const [{ withIdentity }, { readRun }] = await Promise.all([
    import("./identity.ts"),
    import("../run-input.ts"),
  ]);
  const named = await withIdentity(values, node, io.signal);
  if (named.one("cluster", parseClusterName) === undefined && !named.has("kubeconfig"))
    return undefined;
  const { request, deps } = await readRun(named, io);
  const given = values.has("endpoint") || values.has("kubeconfig");
  const kubelet = given ? undefined : kubeletsCluster(node, request.cluster);
  if (kubelet === undefined) return { request, deps };
  const aws = withFallbackCluster(deps.aws, kubelet, ({ message }) => {
    const instead = "kubelet's endpoint and CA are taken instead";
    io.stderr.write(`eks-probe: warning: ${sanitizeText(message, 400)}; ${instead}\n`);
  });
  return { request, deps: { ...deps, aws } };
}

/** The cluster as kubelet is told of it, where that is the one that is asked for. */
function kubeletsCluster(node: NodeSnapshot, cluster: string): GivenCluster | undefined {
  const kubelet = valueOf(node.kubelet);
  if (kubelet === undefined || (kubelet.clusterName ?? cluster) !== cluster) return undefined;
  const endpoint = parseEndpoint(kubelet.server);
  if (endpoint.kind === "bad" || kubelet.certificateAuthority.kind !== "known") return undefined;
  return {
    source: "kubeconfig",
    name: cluster,
    region: kubelet.region,
    endpoint: endpoint.value,
    certificateAuthority: kubelet.certificateAuthority,
  };
}

/** Held against another cluster, every connection of the worker would look lost. */
function sameOrRefuse(
  controlPlane: KnownControlPlane,
  node: NodeSnapshot,
  flag: string,
): KnownControlPlane {
  const problem = otherCluster(controlPlane, node);
  if (problem !== undefined) throw new UsageError(`${flag}: ${problem}`);
  return controlPlane;
}
