import type { Address } from "../model/address.ts";
import { connectionsFor } from "../model/certainty.ts";
import type { Cluster, Endpoint } from "../model/cluster.ts";
import { valueOf } from "../model/fact.ts";
import type { ProbePlan } from "../model/ports.ts";
import type { ProbeRequest } from "../model/request.ts";
import { applyConnectTo, type DialTarget } from "../target/host-port.ts";
import type { SamplePlan } from "./sample.ts";

/**
 * Fresh connections to one address at a time. More would be quicker, but a handshake costs this
 * process a millisecond or two, and what waits for it shows up as the network's latency.
 */
export const PER_ADDRESS = 2;

/**
 * Connections under way in the whole run: enough for every address that EKS hands out and many dead
 * ones beside them, few enough that waiting for this process does not use up a probe's time.
 */
export const IN_ALL = 32;

/** After this many failures in a row an address is dead: asking again only costs its timeout. */
export const GIVE_UP_AFTER = 3;

/**
 * Where an address is dialled. An address that a name led to may be meant by that name as well as
 * by its number; an ENI that no resolver named is reached by number only.
 */
export function dialTarget(
  address: Address,
  endpoint: Endpoint,
  request: ProbeRequest,
): DialTarget {
  const byName = address.sources.some((source) => source.kind !== "eni");
  const names = byName ? [address.ip, endpoint.host] : [address.ip];
  return applyConnectTo(request.connectTo, names, address.ip, address.port);
}

/**
 * Whether a name may still change where the address is dialled: an ENI that EC2 listed first may
 * turn out to be what the endpoint's name resolves to, and a rule for that name then applies.
 */
export function awaitsItsName(
  address: Address,
  endpoint: Endpoint,
  request: ProbeRequest,
): boolean {
  if (address.sources.some((source) => source.kind !== "eni")) return false;
  const byNumber = dialTarget(address, endpoint, request);
  const named = { ...address, sources: [{ kind: "system-lookup" } as const] };
  const byName = dialTarget(named, endpoint, request);
  return byNumber.host !== byName.host || byNumber.port !== byName.port;
}

/** Everything that one sample sends, decided before anything is sent. */
export function planProbe(
  address: Address,
  sample: number,
  dial: ProbePlan["dial"],
  cluster: Cluster,
  endpoint: Endpoint,
  request: ProbeRequest,
): ProbePlan {
  return {
    address: address.id,
    sample,
    dial,
    serverName: endpoint.host,
    serverPort: endpoint.port,
    certificateAuthority: valueOf(cluster.certificateAuthority),
    httpVersion: request.httpVersion,
    insecure: request.insecure,
    sendTokenUnverified: request.insecureSendToken,
    timeoutMs: request.timeoutMs,
  };
}

/** How often and how far apart one address is connected to. */
export function samplePlan(request: ProbeRequest): SamplePlan {
  const { samples, intervalMs, untilSure } = request;
  return untilSure === undefined
    ? { samples, intervalMs, stopAtSecond: false }
    : { samples: connectionsFor(untilSure), intervalMs, stopAtSecond: true };
}
