import type { Address } from "../../model/address.ts";
import type { Cluster, Endpoint } from "../../model/cluster.ts";
import type { BearerToken, Deps, ProbePlan } from "../../model/ports.ts";
import type { ProbeRequest } from "../../model/request.ts";
import { isoTime } from "../../model/time.ts";
import type { ProbeSeen } from "../../model/watch/sample.ts";
import { resolveDial } from "../../probe/dial.ts";
import { dialTarget, PER_ADDRESS, planProbe } from "../../probe/plan.ts";
import { unsentObservation } from "../../probe/sample.ts";
import type { Limit } from "./limit.ts";
import { seenProbe } from "./seen.ts";

/** Where requests go, as far as it is known. */
export interface Way {
  readonly cluster: Cluster;
  readonly endpoint: Endpoint;
}

export interface Probing {
  readonly request: ProbeRequest;
  readonly deps: Deps;
  readonly token: () => Promise<BearerToken | undefined>;
  readonly limit: Limit;
}

/** How an address is dialled now, or what it looks like where the rule's host does not resolve. */
export type Planned =
  | { readonly kind: "ok"; readonly plan: ProbePlan }
  | { readonly kind: "failed"; readonly seen: ProbeSeen };

export async function planAddress(
  address: Address,
  { cluster, endpoint }: Way,
  { request, deps }: Probing,
  signal: AbortSignal,
): Promise<Planned> {
  const target = dialTarget(address, endpoint, request);
  const dialed = await resolveDial(target, request, deps.names, signal);
  const dial = dialed.kind === "ok" ? dialed.dial : { ip: address.ip, port: address.port };
  const plan = planProbe(address, 1, dial, cluster, endpoint, request);
  if (dialed.kind === "ok") return { kind: "ok", plan };
  const at = isoTime(deps.clock.wallMs());
  const unsent = unsentObservation(plan, dialed.failure, deps.clock);
  return { kind: "failed", seen: seenProbe(unsent, at, endpoint.host) };
}

/**
 * Fresh connections to one address: the first alone, so that a dead address costs one timeout, and
 * none after it where that got no answer.
 */
export async function probeAddress(
  plan: ProbePlan,
  connections: number,
  endpointHost: string,
  { deps, token, limit }: Probing,
  signal: AbortSignal,
  onSeen: (seen: ProbeSeen) => void,
): Promise<{ readonly answered: boolean }> {
  let made = 0;
  const takeOne = async (): Promise<ProbeSeen> => {
    made += 1;
    const attempt = made;
    const seen = await limit(async () => {
      const at = isoTime(deps.clock.wallMs());
      const observation = await deps.sockets.attempt({ ...plan, sample: attempt }, token(), signal);
      return seenProbe(observation, at, endpointHost);
    });
    // What an interruption cut short says nothing of the path.
    if (!signal.aborted) onSeen(seen);
    return seen;
  };
  const wantsMore = (): boolean => made < connections && !signal.aborted;
  const takeRest = async (): Promise<void> => {
    // oxlint-disable-next-line eslint/no-await-in-loop -- a few at a time
    while (wantsMore()) await takeOne();
  };
  const { status } = await takeOne();
  if (status === undefined) return { answered: false };
  await Promise.all(Array.from({ length: PER_ADDRESS }, takeRest));
  return { answered: true };
}
