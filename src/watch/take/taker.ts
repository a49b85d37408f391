import pLimit from "p-limit";
import type { Address } from "../../model/address.ts";
import type { Cluster } from "../../model/cluster.ts";
import { type Fact, known, valueOf } from "../../model/fact.ts";
import type { BearerToken, Deps, ProbePlan } from "../../model/ports.ts";
import type { ProbeRequest, ResolverChoice } from "../../model/request.ts";
import type { Resolution } from "../../model/resolution.ts";
import { isoTime } from "../../model/time.ts";
import type { ProbeSeen, WatchSample } from "../../model/watch/sample.ts";
import { ipsOf } from "../../probe/addresses.ts";
import { IN_ALL } from "../../probe/plan.ts";
import { resolveEndpoint } from "../../probe/resolve.ts";
import type { AwsQuestion } from "../pace/aws.ts";
import { MANY_CONNECTIONS_TO } from "../pace/constants.ts";
import { keepToken } from "../pace/token.ts";
import { type AskedOfAws, answersOf, askDue } from "./ask.ts";
import { keepConnections } from "./kept.ts";
import { knowAddresses } from "./known.ts";
import { type Probing, planAddress, probeAddress, type Way } from "./probe.ts";
import { seenCluster, seenDns, seenEni } from "./seen.ts";
import { thriftyNames } from "./thrifty-names.ts";

/** What a round is to ask; decided before it starts. */
export interface RoundPlan {
  readonly n: number;
  readonly aws: readonly AwsQuestion[];
  readonly resolvers: readonly ResolverChoice[];
  readonly lists: boolean;
  /** By Address.id: what is probed already, named or not. */
  readonly probed: ReadonlyMap<string, { readonly dropped: boolean; readonly connections: number }>;
  /** To an address that is new. */
  readonly connectionsToNew: number;
}

/** A round, and what of it the pace has to know. */
export interface TakenRound {
  readonly sample: WatchSample;
  readonly aws: ReadonlyMap<AwsQuestion, Fact<unknown>>;
  readonly resolutions: readonly Resolution[];
}

/** Takes rounds: it owns the kept connections, the token and what was last known. */
export interface Taker {
  take(plan: RoundPlan, signal: AbortSignal): Promise<TakenRound>;
  /** A plan for each address that DNS names now, as ordinary clients would dial it. */
  targets(): readonly ProbePlan[];
  /** For who sends beside the rounds; signed anew where that is due. */
  token(signal: AbortSignal): Promise<BearerToken | undefined>;
  close(): void;
}

export function createTaker(request: ProbeRequest, deps: Deps): Taker {
  const { clock, aws } = deps;
  const addresses = knowAddresses(request);
  let cluster: Cluster | undefined;
  let targets: readonly ProbePlan[] = [];
  const tokens = keepToken(clock, (signal) =>
    aws.signToken(cluster?.localId ?? request.cluster, signal),
  );
  const token = (): Promise<BearerToken | undefined> =>
    request.anonymous ? Promise.resolve(undefined) : tokens.current();
  const limit = pLimit(IN_ALL);
  const names = thriftyNames(deps.names, clock);
  const probing: Probing = { request, deps: { ...deps, names }, token, limit };
  const kept = keepConnections(deps, token, limit);

  /** The cluster as described, at once where it is known already. */
  const learnCluster = async ({ cluster: describing }: AskedOfAws): Promise<void> => {
    if (describing === undefined) return;
    const learn = async (): Promise<void> => {
      const before = cluster;
      cluster = valueOf(await describing) ?? cluster;
      // The cluster was made anew: whom the old CA vouched for gets no more tokens.
      if (authorityOf(before) !== authorityOf(cluster)) kept.close();
    };
    const learning = learn();
    if (cluster === undefined) await learning;
  };

  const wayNow = (): Way | undefined =>
    cluster?.endpoint === undefined ? undefined : { cluster, endpoint: cluster.endpoint };

  const probe = async (
    address: Address,
    way: Way,
    plan: RoundPlan,
    connectionsToNew: number,
    probes: ProbeSeen[],
    signal: AbortSignal,
  ): Promise<ProbePlan | undefined> => {
    const planned = await planAddress(address, way, probing, signal);
    if (planned.kind === "failed") {
      if (!signal.aborted) probes.push(planned.seen);
      return undefined;
    }
    const before = plan.probed.get(address.id);
    const { answered } = await probeAddress(
      planned.plan,
      before?.connections ?? connectionsToNew,
      way.endpoint.host,
      probing,
      signal,
      (seen) => probes.push(seen),
    );
    // That of a dropped address is the witness of how old connections end: none takes its place.
    if (answered && before?.dropped !== true) {
      // Recorded: kube-apiserver answers an anonymous request over HTTP/2 with a GOAWAY as well.
      const isAnonymous = request.anonymous && request.httpVersion === "auto";
      await kept.open(
        { ...planned.plan, ...(isAnonymous ? { httpVersion: "http1.1" } : {}) },
        signal,
      );
    }
    return planned.plan;
  };

  const probeAll = async (
    way: Way,
    plan: RoundPlan,
    asked: AskedOfAws,
    signal: AbortSignal,
  ): Promise<Seen> => {
    const probes: ProbeSeen[] = [];
    const resolutions: Resolution[] = [];
    const underWay = new Map<string, Promise<ProbePlan | undefined>>();
    const news = new Set<string>();
    let met = 0;
    const start = (address: Address): void => {
      if (underWay.has(address.id) || signal.aborted) return;
      if (!plan.probed.has(address.id)) met += 1;
      // An answer that names thousands is no reason to dial thousands of times eight.
      const toNew = met <= MANY_CONNECTIONS_TO ? plan.connectionsToNew : 1;
      underWay.set(address.id, probe(address, way, plan, toNew, probes, signal));
    };
    // What only an old answer names, of a server that is silent since, may be given up by now.
    const startNamed = (): void =>
      addresses
        .named(way.endpoint.port)
        .filter(({ id, ip }) => plan.probed.has(id) || news.has(ip))
        .forEach(start);
    const probed = [...plan.probed.keys()];
    for (const id of probed) if (addresses.remembers(id)) start(addresses.byId(id));
    const isResolving = plan.resolvers.length > 0 && request.paths.includes("vip");
    const resolving = isResolving
      ? resolveEndpoint(
          way.endpoint.host,
          { ...request, resolvers: plan.resolvers },
          deps.names,
          signal,
          (answer) => {
            resolutions.push(answer);
            addresses.learnName(answer);
            for (const ip of ipsOf(answer)) news.add(ip);
            startNamed();
          },
        )
      : Promise.resolve();
    // A rule of --connect-to for the name wants an ENI that the name leads to known as such.
    await resolving;
    if (asked.enis !== undefined) {
      const enis = await asked.enis;
      addresses.learnEnis(enis);
      for (const { privateIp, otherIps } of valueOf(enis) ?? [])
        for (const ip of [privateIp, ...otherIps]) news.add(ip);
    }
    startNamed();
    // Since a resume nobody has named these.
    for (const id of probed) start(addresses.byId(id));
    const plans = await Promise.all(underWay.values());
    const byName = addresses
      .named(way.endpoint.port)
      .filter(({ sources }) => sources.some(({ kind }) => kind !== "eni"))
      .map(({ id }) => id);
    targets = plans.flatMap((made) =>
      made !== undefined && byName.includes(made.address) ? [made] : [],
    );
    return { probes, resolutions };
  };

  const take = async (plan: RoundPlan, signal: AbortSignal): Promise<TakenRound> => {
    const at = isoTime(clock.wallMs());
    const startedMs = clock.monotonicMs();
    const asked = askDue(plan.aws, request, deps, signal);
    await learnCluster(asked);
    // After the first description: a local cluster's token names its id.
    const signing = request.anonymous ? undefined : tokens.renew(signal);
    kept.keepOnly(new Set(plan.probed.keys()));
    const looking = kept.look(plan.lists, plan.n, signal);
    const way = wayNow();
    const seen = way && (await probeAll(way, plan, asked, signal));
    const [looked, signed, answers] = await Promise.all([looking, signing, answersOf(asked)]);
    return {
      sample: {
        n: plan.n,
        at,
        durationMs: Math.round(clock.monotonicMs() - startedMs),
        ...(await seenOfAws(asked)),
        dns: seen?.resolutions.length
          ? seen.resolutions.map(seenDns).toSorted(byResolver)
          : undefined,
        token: signed && mapFact(signed, ({ expiresAt }) => ({ expiresAt })),
        probes: (seen?.probes ?? []).toSorted((a, b) => byAddress(a, b) || a.attempt - b.attempt),
        kept: looked.kept.toSorted(byAddress),
        lists: looked.lists,
      },
      aws: answers,
      resolutions: seen?.resolutions ?? [],
    };
  };

  return {
    take,
    targets: () => targets,
    token: (signal) => {
      if (!request.anonymous) void tokens.renew(signal);
      return token();
    },
    close: () => kept.close(),
  };
}

function authorityOf(cluster: Cluster | undefined): string | undefined {
  return cluster && valueOf(cluster.certificateAuthority);
}

interface Seen {
  readonly probes: readonly ProbeSeen[];
  readonly resolutions: readonly Resolution[];
}

async function seenOfAws(
  asked: AskedOfAws,
): Promise<Pick<WatchSample, "cluster" | "enis" | "updates">> {
  const [cluster, enis, updates] = await Promise.all([asked.cluster, asked.enis, asked.updates]);
  return {
    cluster: cluster && mapFact(cluster, seenCluster),
    enis: enis && mapFact(enis, (list) => list.map(seenEni)),
    updates,
  };
}

function mapFact<T, U>(fact: Fact<T>, make: (value: T) => U): Fact<U> {
  return fact.kind === "known" ? known(make(fact.value)) : fact;
}

function byAddress(a: { readonly address: string }, b: { readonly address: string }): number {
  if (a.address === b.address) return 0;
  return a.address < b.address ? -1 : 1;
}

function byResolver(
  a: { readonly resolver: string; readonly type: string },
  b: { readonly resolver: string; readonly type: string },
): number {
  return byAddress({ address: `${a.resolver} ${a.type}` }, { address: `${b.resolver} ${b.type}` });
}
