import type { Cluster, Eni } from "./cluster.ts";
import type { Conversation, WireReply, WireRequest } from "./conversation.ts";
import type { Fact } from "./fact.ts";
import type { Failure } from "./failure.ts";
import type { Glance, Inspection } from "./inspection.ts";
import type { ClusterUpdate, Instance, TokenReplay } from "./investigation.ts";
import type { KubeconfigEntry, ProxySettings } from "./local-settings.ts";
import type { Observation } from "./observation.ts";
import type { RecordType, Resolution, ResolverRef } from "./resolution.ts";
import type { NatGateway, NetworkAcl, RouteTable, SecurityGroup, Subnet, VpcDns } from "./vpc.ts";

/**
 * The program's doors to the world. Stages take them as parameters; src/runtime.ts makes the real
 * ones. None of them rejects for an expected failure; all of them stop when the signal aborts.
 */
export interface Deps {
  readonly clock: Clock;
  readonly aws: AwsPort;
  readonly names: NamePort;
  readonly sockets: SocketPort;
  readonly kube: KubePort;
  readonly host: HostPort;
  readonly local: LocalPort;
  readonly evidence: EvidencePort;
}

export interface Clock {
  /** Milliseconds since the epoch; for stamps only. */
  wallMs(): number;
  /** Monotonic milliseconds; for durations only. */
  monotonicMs(): number;
  /** Resolves after ms, or at once when the signal aborts; never rejects. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * A bearer token for one cluster. The secret is reachable only through `reveal`, so that neither
 * JSON.stringify nor util.inspect nor a template string can print it by accident.
 */
export interface BearerToken {
  reveal(): string;
  readonly expiresAt: string;
}

export interface AwsPort {
  describeCluster(name: string, signal: AbortSignal): Promise<Fact<Cluster>>;
  /** The EKS-managed ENIs of exactly this cluster, all pages. */
  listClusterEnis(name: string, signal: AbortSignal): Promise<Fact<readonly Eni[]>>;
  vpcCidrs(vpcId: string, signal: AbortSignal): Promise<Fact<readonly string[]>>;
  signToken(name: string, signal: AbortSignal): Promise<Fact<BearerToken>>;
}

export interface NamePort {
  /** This machine's DNS servers, in the order a client asks them. Asks nobody. */
  systemServers(): Promise<readonly { readonly ip: string; readonly port: number }[]>;
  /** One question to one DNS server, over UDP and, when truncated, TCP. */
  query(
    server: Extract<ResolverRef, { kind: "server" }>,
    name: string,
    type: RecordType,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Resolution>;
  /** What getaddrinfo gives an ordinary client of this machine. Asks the system's resolvers. */
  systemLookup(
    name: string,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<readonly Resolution[]>;
  /** Entries of the hosts file for the name. Asks nobody; empty when there are none. */
  hostsFile(name: string): Promise<readonly Resolution[]>;
}

export type HttpVersionChoice = "auto" | "http1.1" | "http2";

export interface ProbePlan {
  /** Address.id */
  readonly address: string;
  readonly sample: number;
  readonly dial: { readonly ip: string; readonly port: number };
  /** SNI, Host and the expected name in the certificate. */
  readonly serverName: string;
  /** The port of the endpoint's URL, for the Host header. */
  readonly serverPort: number;
  /** PEM; the only trust. Undefined only with `insecure`. */
  readonly certificateAuthority: string | undefined;
  readonly httpVersion: HttpVersionChoice;
  /** Go on after a refused certificate, without the token unless `sendTokenUnverified`. */
  readonly insecure: boolean;
  readonly sendTokenUnverified: boolean;
  /** For the whole probe: connection, handshake, request and body together. */
  readonly timeoutMs: number;
}

export interface SocketPort {
  /**
   * One fresh connection, one GET /api. `token` may still be under way when the connection is
   * made: it is awaited only after the certificate was verified, and its failure means the request
   * goes out without one.
   */
  attempt(
    plan: ProbePlan,
    token: Promise<BearerToken | undefined>,
    signal: AbortSignal,
  ): Promise<Observation>;
  /**
   * One fresh connection, made and verified as `attempt` makes it, and `steps` over it in their
   * order: the requests of one step at once over HTTP/2, one after another over HTTP/1.1. Making
   * the connection and the first step have `plan.timeoutMs` together, each further step as much
   * again, until two in a row got no answer in time. Every reply stands alone; without a connection
   * all of them fail for its reason.
   */
  converse(
    plan: ProbePlan,
    token: Promise<BearerToken | undefined>,
    steps: readonly (readonly WireRequest[])[],
    signal: AbortSignal,
  ): Promise<Conversation>;
  /**
   * One fresh connection, made and verified as `attempt` makes it, and kept open for the caller, who
   * has to close it. Nothing is asked over it yet. An abort of the signal ends only the making.
   */
  hold(
    plan: ProbePlan,
    token: Promise<BearerToken | undefined>,
    signal: AbortSignal,
  ): Promise<HeldOutcome>;
}

export type HeldOutcome =
  | { readonly kind: "open"; readonly connection: HeldConnection }
  | { readonly kind: "failed"; readonly failure: Failure };

/** A connection that is asked again and again, as a kubelet keeps one. */
export interface HeldConnection {
  /** SHA-256 of the leaf, as in Certificate. */
  readonly fingerprint: string | undefined;
  /**
   * The requests at once over HTTP/2, one after another over HTTP/1.1; `plan.timeoutMs` for all of
   * them together. The token is chosen anew each time, by the rules of the first: one that was
   * renewed meanwhile is the one that goes out. Replies in the order of the requests; what cannot be
   * asked any more fails with why. Never rejects.
   */
  ask(
    requests: readonly WireRequest[],
    token: Promise<BearerToken | undefined>,
    signal: AbortSignal,
  ): Promise<readonly WireReply[]>;
  /**
   * Why it is no longer open; undefined while it is. A GOAWAY and an orderly end are noticed without
   * a request; an `ask` to which nothing came in time is one, too: a kubelet's ping would have told.
   */
  ended(): Failure | undefined;
  /** Ends it, and leaves no socket behind. */
  close(): void;
}

export interface KubePort {
  /** What the API server behind the plan's address says of itself, over one fresh connection. */
  inspect(
    plan: ProbePlan,
    token: Promise<BearerToken | undefined>,
    signal: AbortSignal,
  ): Promise<Inspection>;
  /** Asks /api `count` times over one connection: the serverAddress of each answer that named one. */
  reuse(
    plan: ProbePlan,
    token: Promise<BearerToken | undefined>,
    count: number,
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  /**
   * A look at the API server over a connection that is kept: /api, /readyz, /version, and with
   * `lists` the identity Leases and the service's endpoints. All at once, each answer by itself.
   */
  glance(
    connection: HeldConnection,
    wants: { readonly lists: boolean },
    token: Promise<BearerToken | undefined>,
    signal: AbortSignal,
  ): Promise<Glance>;
}

/** Settings of this machine that other clients go by. Asks nobody; never rejects. */
export interface LocalPort {
  proxySettings(): ProxySettings;
  /** The contexts that mean this endpoint or this cluster; skipped when there is no kubeconfig. */
  kubeconfig(cluster: {
    readonly name: string;
    readonly endpointHost: string | undefined;
    readonly arn?: string | undefined;
    readonly region?: string | undefined;
  }): Promise<Fact<readonly KubeconfigEntry[]>>;
}

/** Further questions, for when something has to be explained. None rejects. */
export interface EvidencePort {
  /** Signs a token as for the cluster and hands the request inside to STS. */
  replayToken(name: string, signal: AbortSignal): Promise<Fact<TokenReplay>>;
  accessEntries(name: string, signal: AbortSignal): Promise<Fact<readonly string[]>>;
  securityGroups(
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<Fact<readonly SecurityGroup[]>>;
  networkAcls(
    subnetIds: readonly string[],
    signal: AbortSignal,
  ): Promise<Fact<readonly NetworkAcl[]>>;
  routeTables(vpcId: string, signal: AbortSignal): Promise<Fact<readonly RouteTable[]>>;
  subnets(ids: readonly string[], signal: AbortSignal): Promise<Fact<readonly Subnet[]>>;
  natGateways(vpcId: string, signal: AbortSignal): Promise<Fact<readonly NatGateway[]>>;
  vpcDns(vpcId: string, signal: AbortSignal): Promise<Fact<VpcDns>>;
  updates(name: string, signal: AbortSignal): Promise<Fact<readonly ClusterUpdate[]>>;
  /** By the instance metadata service; skipped where it is switched off. */
  instance(signal: AbortSignal): Promise<Fact<Instance>>;
  /** The EKS cluster that this instance's tags name, by the same service; skipped where none does. */
  clusterTag(signal: AbortSignal): Promise<Fact<string>>;
  /** Asks the URL for this host's address as it sees it: text of one IP address. */
  egressIp(url: string, signal: AbortSignal): Promise<Fact<string>>;
}

export interface HostPort {
  readonly hostname: string;
  localIps(): readonly string[];
}

/** What a port answers when it was stopped rather than when it failed. */
export function interrupted(phase: Failure["phase"]): Failure {
  return { code: "interrupted", phase, side: "user", message: "interrupted before it was done" };
}
