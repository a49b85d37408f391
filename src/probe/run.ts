import { valueOf } from "../model/fact.ts";
import type { Observation } from "../model/observation.ts";
import type { Deps } from "../model/ports.ts";
import type { ProbeRequest } from "../model/request.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { isoTime } from "../model/time.ts";
import { collectAddresses } from "./addresses.ts";
import { askAws } from "./ask.ts";
import { type Progress, probeEndpoint } from "./probe-endpoint.ts";
import { placeVantage } from "./vantage.ts";

const HTTPS_PORT = 443;

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
  const { resolutions, observations } =
    ready === undefined || endpoint === undefined
      ? { resolutions: [], observations: [] }
      : await probeEndpoint(ready, endpoint, { request, deps, asked, signal, onProgress });

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
    resolutions,
    addresses: collectAddresses(resolutions, enis, endpoint?.port ?? HTTPS_PORT, request),
    observations: observations.toSorted(compareObservations),
  };
}

function compareObservations(a: Observation, b: Observation): number {
  if (a.address !== b.address) return a.address < b.address ? -1 : 1;
  return a.sample - b.sample;
}
