import type { Cluster, Eni } from "../../src/model/cluster.ts";
import type { Conversation, WireRequest } from "../../src/model/conversation.ts";
import { type Fact, known, skipped, unknown } from "../../src/model/fact.ts";
import type { Failure } from "../../src/model/failure.ts";
import type { Glance, Inspection } from "../../src/model/inspection.ts";
import type { Investigation } from "../../src/model/investigation.ts";
import {
  type KubeconfigEntry,
  NO_PROXY_SETTINGS,
  type ProxySettings,
} from "../../src/model/local-settings.ts";
import type { Observation } from "../../src/model/observation.ts";
import type {
  BearerToken,
  Clock,
  Deps,
  EvidencePort,
  HeldConnection,
  HeldOutcome,
  ProbePlan,
} from "../../src/model/ports.ts";
import type { RecordType, Resolution } from "../../src/model/resolution.ts";
import { makeCluster, named, PUB_ENIS, PUB_ONE, seen, VPC_CIDR, WORKER_IP } from "./snapshots.ts";

export interface FakeClock extends Clock {
  /** Lets time pass: everything that waits until then goes on. */
  advance(ms: number): void;
  /** Lets time pass and nobody notice yet: what waits goes on with the next `advance`. */
  pass(ms: number): void;
  /** How many wait now. */
  waiting(): number;
}

export function fakeClock(startMs: number = Date.parse("2023-04-21T15:41:31Z")): FakeClock {
  let nowMs = 0;
  const waiters = new Set<{ readonly atMs: number; readonly resume: () => void }>();
  return {
    wallMs: () => startMs + nowMs,
    monotonicMs: () => nowMs,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const waiter = {
          atMs: nowMs + ms,
          resume: () => {
            waiters.delete(waiter);
            signal.removeEventListener("abort", waiter.resume);
            resolve();
          },
        };
        waiters.add(waiter);
        signal.addEventListener("abort", waiter.resume);
      }),
    pass: (ms) => {
      nowMs += ms;
    },
    advance: (ms) => {
      nowMs += ms;
      for (const waiter of waiters) if (waiter.atMs <= nowMs) waiter.resume();
    },
    waiting: () => waiters.size,
  };
}

/** What the fake world answers; each part may be a promise that a test settles itself. */
export interface FakeWorld {
  readonly cluster?: Promise<Fact<Cluster>> | Fact<Cluster>;
  readonly enis?: Promise<Fact<readonly Eni[]>> | Fact<readonly Eni[]>;
  readonly vpcCidrs?: Fact<readonly string[]>;
  readonly token?: Promise<Fact<BearerToken>> | Fact<BearerToken>;
  readonly systemServers?: readonly { readonly ip: string; readonly port: number }[];
  readonly query?: (
    server: { readonly ip: string; readonly port: number },
    name: string,
    type: RecordType,
  ) => Promise<Resolution> | Resolution;
  readonly systemLookup?: readonly Resolution[];
  readonly hostsFile?: readonly Resolution[];
  readonly attempt?: (plan: ProbePlan, signal: AbortSignal) => Promise<Observation> | Observation;
  readonly converse?: (
    plan: ProbePlan,
    steps: readonly (readonly WireRequest[])[],
  ) => Promise<Conversation> | Conversation;
  readonly inspect?: (plan: ProbePlan, signal: AbortSignal) => Promise<Inspection> | Inspection;
  readonly reuse?: (plan: ProbePlan, count: number) => readonly string[];
  readonly hold?: (plan: ProbePlan) => Promise<HeldOutcome> | HeldOutcome;
  readonly glance?: (
    connection: HeldConnection,
    wants: { readonly lists: boolean },
  ) => Promise<Glance> | Glance;
  readonly clock?: FakeClock;
  readonly proxy?: ProxySettings;
  readonly kubeconfig?: Fact<readonly KubeconfigEntry[]>;
  /** Answers to the further questions; those left out are skipped. */
  readonly evidence?: Partial<Investigation> & { readonly egressIp?: Fact<string> };
}

export interface FakeDeps extends Deps {
  readonly clock: FakeClock;
  /** Everything that was asked, in order: `cluster gonz-eks-pub`, `A 10.0.0.2`, `dial 10.0.20.41:443`. */
  readonly asked: readonly string[];
}

/** A server that hears everything and answers nothing. */
function silence(steps: readonly (readonly WireRequest[])[]): Conversation {
  return {
    fingerprint: undefined,
    replies: steps.map((step) => step.map(() => ({ kind: "failed", failure: NO_ANSWER }))),
  };
}

const NO_ANSWER: Failure = {
  code: "http-timeout",
  phase: "http",
  side: "server",
  message: "no answer",
};

/** A look that showed nothing. */
function nothingGlanced(): Glance {
  return {
    api: { kind: "failed", failure: NO_ANSWER },
    readyz: unknown(NO_ANSWER),
    version: unknown(NO_ANSWER),
    lists: undefined,
  };
}

/** An inspection that had none of its answers. */
function nothingInspected(plan: ProbePlan): Inspection {
  const notAsked = skipped("not asked");
  return {
    address: plan.address,
    serverAddress: notAsked,
    leaseNames: [],
    fingerprint: undefined,
    version: notAsked,
    livez: notAsked,
    readyz: notAsked,
    caller: notAsked,
    leases: notAsked,
    serviceEndpoints: notAsked,
    tokenCost: notAsked,
    largeAnswer: notAsked,
    clockSkewMs: undefined,
  };
}

const TOKEN: BearerToken = { reveal: () => "EXAMPLE", expiresAt: "2023-04-21T15:55:31Z" };

export function fakeDeps(world: FakeWorld = {}): FakeDeps {
  const asked: string[] = [];
  const told = async <T>(question: string, answer: Promise<T> | T): Promise<T> => {
    asked.push(question);
    return answer;
  };
  return {
    asked,
    clock: world.clock ?? fakeClock(),
    aws: {
      describeCluster: (name) => told(`cluster ${name}`, world.cluster ?? known(makeCluster())),
      listClusterEnis: (name) => told(`enis ${name}`, world.enis ?? known(PUB_ENIS)),
      vpcCidrs: (vpcId) => told(`vpc ${vpcId}`, world.vpcCidrs ?? known([VPC_CIDR])),
      signToken: (name) => told(`token ${name}`, world.token ?? known(TOKEN)),
    },
    names: {
      systemServers: () => Promise.resolve(world.systemServers ?? [{ ip: "10.0.0.2", port: 53 }]),
      query: (server, name, type) =>
        told(
          `${type} ${server.ip}`,
          world.query?.(server, name, type) ??
            named(type === "A" ? ["43.200.53.253", "52.79.39.107"] : [], {
              resolver: server,
              type,
              name,
            }),
        ),
      systemLookup: () => told("getaddrinfo", world.systemLookup ?? []),
      hostsFile: () => told("hosts file", world.hostsFile ?? []),
    },
    sockets: {
      attempt: async (plan, token, signal) => {
        asked.push(`dial ${plan.dial.ip}:${plan.dial.port}`);
        await token;
        const observation = await (world.attempt?.(plan, signal) ?? seen(plan.dial.ip, PUB_ONE));
        return { ...observation, address: plan.address, sample: plan.sample, dialed: plan.dial };
      },
      converse: async (plan, token, steps) => {
        asked.push(`converse ${plan.dial.ip}:${plan.dial.port}`);
        await token;
        return world.converse?.(plan, steps) ?? silence(steps);
      },
      hold: async (plan, token) => {
        asked.push(`hold ${plan.dial.ip}:${plan.dial.port}`);
        await token;
        return world.hold?.(plan) ?? { kind: "failed", failure: NO_ANSWER };
      },
    },
    kube: {
      inspect: async (plan, token, signal) => {
        asked.push(`inspect ${plan.dial.ip}:${plan.dial.port}`);
        await token;
        return world.inspect?.(plan, signal) ?? nothingInspected(plan);
      },
      reuse: async (plan, token, count) => {
        asked.push(`reuse ${plan.dial.ip}:${plan.dial.port} ${count}`);
        await token;
        return world.reuse?.(plan, count) ?? [];
      },
      glance: async (connection, wants, token) => {
        await token;
        return world.glance?.(connection, wants) ?? nothingGlanced();
      },
    },
    host: { hostname: "worker", localIps: () => [WORKER_IP] },
    local: {
      proxySettings: () => world.proxy ?? NO_PROXY_SETTINGS,
      kubeconfig: () => Promise.resolve(world.kubeconfig ?? known([])),
    },
    evidence: fakeEvidence(world.evidence ?? {}, told),
  };
}

type Told = <T>(question: string, answer: T) => Promise<T>;

function fakeEvidence(answers: NonNullable<FakeWorld["evidence"]>, told: Told): EvidencePort {
  const none = skipped("the fake world does not say");
  return {
    replayToken: (name) => told(`replay ${name}`, answers.tokenReplay ?? none),
    accessEntries: (name) => told(`access entries ${name}`, answers.accessEntries ?? none),
    securityGroups: (ids) => told(`groups ${ids.join(" ")}`, answers.securityGroups ?? none),
    networkAcls: (ids) => told(`acls ${ids.join(" ")}`, answers.networkAcls ?? none),
    routeTables: (vpcId) => told(`routes ${vpcId}`, answers.routeTables ?? none),
    subnets: (ids) => told(`subnets ${ids.join(" ")}`, answers.subnets ?? none),
    natGateways: (vpcId) => told(`nat ${vpcId}`, answers.natGateways ?? none),
    vpcDns: (vpcId) => told(`vpc dns ${vpcId}`, answers.vpcDns ?? none),
    updates: (name) => told(`updates ${name}`, answers.updates ?? none),
    instance: () => told("instance", answers.instance ?? none),
    clusterTag: () => told("cluster tag", none),
    egressIp: (url) => told(`egress ${url}`, answers.egressIp ?? none),
  };
}

/** A promise that a test settles when it wants. */
export function deferred<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
} {
  const settle: ((value: T) => void)[] = [];
  const promise = new Promise<T>((resolve) => {
    settle.push(resolve);
  });
  return { promise, resolve: (value) => settle[0]?.(value) };
}
