import pLimit from "p-limit";
import type { Address } from "../model/address.ts";
import type { Cluster, Endpoint, Eni } from "../model/cluster.ts";
import { type Fact, skipped } from "../model/fact.ts";
import type { Inspection } from "../model/inspection.ts";
import type { Observation } from "../model/observation.ts";
import type { Deps, ProbePlan } from "../model/ports.ts";
import type { ProbeRequest } from "../model/request.ts";
import type { Resolution } from "../model/resolution.ts";
import type { Reuse } from "../model/snapshot.ts";
import { settle } from "./abort.ts";
import { collectAddresses, isAskedFor } from "./addresses.ts";
import type { Asked } from "./ask.ts";
import { resolveDial } from "./dial.ts";
import { awaitsItsName, dialTarget, IN_ALL, planProbe, samplePlan } from "./plan.ts";
import { resolveEndpoint } from "./resolve.ts";
import { sampleAddress, unsentObservation } from "./sample.ts";

/** One connection shows what it has to show well before this; the API server's time is not ours. */
const MAX_REUSED = 100;

/** What a caller may show while the run is under way; `made` and `planned` count probes. */
export interface Progress {
  readonly waitingFor: "aws" | "dns" | "probes" | "evidence";
  readonly made: number;
  readonly planned: number;
}

export interface Probing {
  readonly request: ProbeRequest;
  readonly deps: Deps;
  readonly asked: Asked;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

export interface Seen {
  readonly resolutions: readonly Resolution[];
  readonly observations: readonly Observation[];
  readonly inspections: readonly Inspection[];
  readonly reuses: readonly Reuse[];
}

/**
 * Resolves the endpoint and probes every address the moment anyone names it: the first answer of
 * the first resolver does not wait for the last, nor DNS for EC2. An interrupted run returns what
 * there is.
 */
export async function probeEndpoint(
  cluster: Cluster,
  endpoint: Endpoint,
  probing: Probing,
): Promise<Seen> {
  const { request, deps, asked, signal } = probing;
  const resolutions: Resolution[] = [];
  const observations: Observation[] = [];
  const inspections: Inspection[] = [];
  const reuses: Reuse[] = [];
  const plannedEach = samplePlan(request);
  const underWay = new Map<string, Promise<void>>();
  const limit = pLimit(IN_ALL);
  let enis: Fact<readonly Eni[]> = skipped("not asked yet");
  let planned = 0;
  let nameIsDone = !request.paths.includes("vip");

  const tell = (waitingFor: Progress["waitingFor"]): void =>
    probing.onProgress({ waitingFor, made: observations.length, planned });
  const keep = (observation: Observation): void => {
    observations.push(observation);
    tell("probes");
  };
  const probeAddress = async (address: Address): Promise<void> => {
    const dialed = await resolveDial(
      dialTarget(address, endpoint, request),
      request,
      deps.names,
      signal,
    );
    if (dialed.kind === "failed") {
      const plan = planProbe(
        address,
        1,
        { ip: address.ip, port: address.port },
        cluster,
        endpoint,
        request,
      );
      keep(unsentObservation(plan, dialed.failure, deps.clock));
      return;
    }
    const planOf = (sample: number): ProbePlan =>
      planProbe(address, sample, dialed.dial, cluster, endpoint, request);
    await sampleAddress(plannedEach, planOf, {
      sockets: deps.sockets,
      clock: deps.clock,
      token: asked.secret,
      signal,
      limit,
      onObservation: keep,
    });
    const answered = observations.some(
      ({ address: id, http }) => id === address.id && http !== undefined,
    );
    if (answered && !signal.aborted) await askFurther(planOf(plannedEach.samples + 1));
  };
  /** What is asked only of an address that answers: of the server itself, and over a kept connection. */
  const askFurther = async (plan: ProbePlan): Promise<void> => {
    const inspect = async (): Promise<void> => {
      inspections.push(await deps.kube.inspect(plan, asked.secret, signal));
    };
    const reuse = async (): Promise<void> => {
      const count = Math.min(plannedEach.samples, MAX_REUSED);
      const serverAddresses = await deps.kube.reuse(plan, asked.secret, count, signal);
      reuses.push({ address: plan.address, serverAddresses });
    };
    await Promise.all([
      ...(request.deep ? [limit(inspect)] : []),
      ...(request.compareReuse ? [limit(reuse)] : []),
    ]);
  };
  const probeNew = (): void => {
    for (const address of collectAddresses(resolutions, enis, endpoint.port, request)) {
      if (underWay.has(address.id) || !isAskedFor(address, request) || signal.aborted) continue;
      if (!nameIsDone && awaitsItsName(address, endpoint, request)) continue;
      planned += plannedEach.samples;
      underWay.set(address.id, probeAddress(address));
    }
    tell("probes");
  };
  const followEnis = async (): Promise<void> => {
    enis = await asked.enis;
    probeNew();
  };
  const followName = async (): Promise<void> => {
    if (nameIsDone) return;
    await resolveEndpoint(endpoint.host, request, deps.names, signal, (answer) => {
      resolutions.push(answer);
      probeNew();
    });
    nameIsDone = true;
    probeNew();
  };

  tell("dns");
  const everything = async (): Promise<void> => {
    await Promise.all([followEnis(), followName()]);
    await Promise.all(underWay.values());
  };
  await settle(everything(), signal, deps.clock);
  return {
    resolutions: [...resolutions],
    observations: [...observations],
    inspections: [...inspections],
    reuses: [...reuses],
  };
}
