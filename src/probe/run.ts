import { HTTPS_PORT } from "../model/address.ts";
import type { Cluster } from "../model/cluster.ts";
import { valueOf } from "../model/fact.ts";
import { notInvestigated } from "../model/investigation.ts";
import type { LocalSettings } from "../model/local-settings.ts";
import type { Observation } from "../model/observation.ts";
import type { Deps } from "../model/ports.ts";
import type { ProbeRequest } from "../model/request.ts";
import type { Resolution } from "../model/resolution.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { isoTime } from "../model/time.ts";
import { collectAddresses, resolverName } from "./addresses.ts";
import { askAws } from "./ask.ts";
import { type Progress, probeEndpoint, type Seen } from "./probe-endpoint.ts";
import { placeVantage } from "./vantage.ts";

/**
 * One run: discovery, resolution and probes, each started the moment what it needs is known. The
 * questions to AWS (cluster, ENIs, token) need only the name and start together; DNS needs the
 * host; a probe needs its address, the host and the CA. Never rejects for what the world does.
 */
export async function probeCluster(
  request: ProbeRequest,
  deps: Deps,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<Snapshot> {
  const { clock } = deps;
  const startedMs = clock.monotonicMs();
  const startedAt = isoTime(clock.wallMs());
  const asked = askAws(request, deps, signal);
  onProgress({ waitingFor: "aws", made: 0, planned: 0 });

  const cluster = await asked.cluster;
  const ready = valueOf(cluster);
  const endpoint = ready?.endpoint;
  const { resolutions, observations, inspections, reuses } =
    ready === undefined || endpoint === undefined
      ? NOTHING_SEEN
      : await probeEndpoint(ready, endpoint, { request, deps, asked, signal, onProgress });

  // Not beside the probes: the time that a kubeconfig takes to read would look like the network's.
  const local = readLocalSettings(request, ready, deps);
  const [enis, token, vpcCidrs] = await Promise.all([asked.enis, asked.token, asked.vpcCidrs]);
  return {
    request,
    startedAt,
    durationMs: clock.monotonicMs() - startedMs,
    interrupted: signal.aborted,
    vantage: placeVantage(deps.host.hostname, deps.host.localIps(), observations, vpcCidrs),
    cluster,
    enis,
    token,
    resolutions: resolutions.toSorted(compareResolutions),
    addresses: collectAddresses(resolutions, enis, endpoint?.port ?? HTTPS_PORT, request),
    observations: observations.toSorted(compareObservations),
    inspections: inspections.toSorted(byAddress),
    reuses: reuses.toSorted(byAddress),
    local: await local,
    investigation: notInvestigated(),
  };
}

async function readLocalSettings(
  { cluster }: ProbeRequest,
  described: Cluster | undefined,
  { local }: Deps,
): Promise<LocalSettings> {
  return {
    proxy: local.proxySettings(),
    kubeconfig: await local.kubeconfig({
      name: cluster,
      endpointHost: described?.endpoint?.host,
      arn: described?.arn,
      region: described?.region,
    }),
  };
}

const NOTHING_SEEN: Seen = { resolutions: [], observations: [], inspections: [], reuses: [] };

function byAddress(a: { readonly address: string }, b: { readonly address: string }): number {
  if (a.address === b.address) return 0;
  return a.address < b.address ? -1 : 1;
}

/** Not by arrival, so that two runs that saw the same say the same. */
function compareResolutions(a: Resolution, b: Resolution): number {
  const [left, right] = [resolutionKey(a), resolutionKey(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function resolutionKey({ resolver, type }: Resolution): string {
  return `${RESOLVER_ORDER[resolver.kind]} ${resolverName(resolver)} ${type}`;
}

const RESOLVER_ORDER = { server: 0, "system-lookup": 1, "hosts-file": 2 } as const;

function compareObservations(a: Observation, b: Observation): number {
  return byAddress(a, b) || a.sample - b.sample;
}
