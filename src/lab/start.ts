import type { ApiServer } from "./apiserver/server.ts";
import { type RunningAws, startAwsServer } from "./aws/server.ts";
import { startClientWorld } from "./client/start.ts";
import { startControlPlane } from "./control-plane.ts";
import type { RunningDns } from "./dns/server.ts";
import { awsEnvironment, programEnvironment } from "./environment.ts";
import type { RunningFront } from "./fronts/front.ts";
import { holdSilentPort } from "./fronts/silent-port.ts";
import { mintClusterPki } from "./pki.ts";
import { startResolvers } from "./resolvers.ts";
import { hasEndpoint } from "./scenario/eks.ts";
import type { LabServer, LabStep, Scenario } from "./scenario.ts";
import { type Sink, startSink } from "./sink.ts";
import { scenarioAt, statesOf, timesOf } from "./timeline/fold.ts";
import { laterLeaves } from "./timeline/leaves.ts";
import { type LabClock, playTimeline } from "./timeline/play.ts";

export interface LabOptions {
  /**
   * Listen on the scenario's own addresses, port 443 and 53, instead of on loopback ports behind
   * --connect-to. For network namespaces that have these addresses.
   */
  readonly ownAddresses?: boolean;
  /**
   * Every clock of the lab. With one of the caller's own the timeline goes on at `advance` alone.
   * Default: the machine's, and the timeline goes on by itself.
   */
  readonly clock?: LabClock;
  /** Told of each step when it has come about. */
  readonly onStep?: (step: LabStep) => void;
}

/** A simulated EKS that is up. */
export interface Lab {
  /** As it was at the start. */
  readonly scenario: Scenario;
  /** What points a client at it: the variables and flags that anyone may use. */
  readonly environment: Readonly<Record<string, string>>;
  /** Every address that there ever is. */
  readonly fronts: readonly RunningFront[];
  /** Every API server that there ever is. */
  readonly apiServers: readonly ApiServer[];
  readonly aws: RunningAws;
  readonly dns: readonly RunningDns[];
  /** PEM of each cluster's CA, by cluster name. */
  readonly certificateAuthorities: ReadonlyMap<string, string>;
  /** What the steps so far have made of the scenario. */
  now(): Scenario;
  /**
   * Lets every step come about whose time has come by the lab's clock and that has not, in order.
   * Resolves when their sockets are cut and their listeners are shut or open.
   */
  advance(): Promise<void>;
  /** Connections that would have left the machine. */
  strayConnections(): number;
  close(): Promise<void>;
}

/** The clusters of the field notes were this old; their certificates say so too. */
const CLUSTER_AGE_MS = 4 * 86_400_000;

const SYSTEM_CLOCK: LabClock = { wallMs: () => Date.now() };

export async function startLab(scenario: Scenario, options: LabOptions = {}): Promise<Lab> {
  const clock = options.clock ?? SYSTEM_CLOCK;
  const isOnOwnAddresses = options.ownAddresses === true;
  const nowMs = clock.wallMs();
  const skewMs = (scenario.awsClockSkewSeconds ?? 0) * 1000;
  const world = withClocksAhead(scenario);
  const steps = world.timeline ?? [];
  let seconds = 0;
  let current = scenario;
  const minted = await Promise.all(
    world.clusters
      .filter((cluster) => statesOf(cluster, steps).some((state) => hasEndpoint(state.cluster)))
      .map(async (cluster) => {
        const pki = await mintClusterPki(cluster, nowMs, laterLeaves(cluster, steps));
        return { cluster, pki };
      }),
  );
  const certificateAuthorities = new Map(
    minted.map(({ cluster, pki }) => [cluster.name, pki.caPem]),
  );
  const certificateAuthorityOf = (name: string): string | undefined =>
    certificateAuthorities.get(name);
  const aws = await startAwsServer({
    scenario: () => current,
    certificateAuthorityOf,
    createdAtMs: nowMs - CLUSTER_AGE_MS,
    nowMs: () => clock.wallMs() + skewMs,
  });
  const controlPlanes = await Promise.all(
    minted.map(({ cluster, pki }) =>
      startControlPlane({
        cluster,
        pki,
        steps,
        region: scenario.region,
        principals: () => aws.principals(),
        nowMs: () => clock.wallMs(),
        skewMs,
        startedAtMs: nowMs,
        seconds: () => seconds,
        roundTripMs: scenario.latency.addressMs,
        isOnOwnAddresses,
      }),
    ),
  );
  const [dns, sink] = await Promise.all([
    startResolvers(scenario, () => current, isOnOwnAddresses),
    startCatchAll(scenario),
  ]);
  // Last: what fails before it leaves no file behind.
  const client = await startClientWorld({ scenario, certificateAuthorityOf, nowMs }, clock);
  const player = playTimeline({
    times: timesOf(steps),
    startedAtMs: nowMs,
    clock,
    byItself: options.clock === undefined,
    apply: async (atSeconds) => {
      seconds = atSeconds;
      current = scenarioAt(scenario, atSeconds);
      await Promise.all(controlPlanes.map((one) => one.become(atSeconds)));
      for (const step of steps.filter((one) => one.atSeconds === atSeconds)) options.onStep?.(step);
    },
  });
  const fronts = controlPlanes.flatMap((one) => one.fronts);
  return {
    scenario,
    environment: {
      // First, so that no scenario takes the place of what points at the lab.
      ...client.environment,
      ...awsEnvironment(scenario, aws),
      ...programEnvironment(fronts, dns, sink, isOnOwnAddresses),
    },
    fronts,
    apiServers: controlPlanes.flatMap((one) => one.apiServers),
    aws,
    dns,
    certificateAuthorities,
    now: () => current,
    advance: () => player.advance(),
    strayConnections: () => sink.hits(),
    close: async () => {
      await player.close();
      for (const one of controlPlanes) one.close();
      sink.close();
      await Promise.all([client.close(), aws.close(), ...dns.map((server) => server.close())]);
    },
  };
}

/** The API servers' clocks go with those of AWS, and by their own skew besides, at any time. */
function withClocksAhead(scenario: Scenario): Scenario {
  const ahead = scenario.awsClockSkewSeconds ?? 0;
  const shift = (servers: readonly LabServer[]): readonly LabServer[] =>
    servers.map((server) => ({
      ...server,
      clockSkewSeconds: (server.clockSkewSeconds ?? 0) + ahead,
    }));
  return {
    ...scenario,
    clusters: scenario.clusters.map((cluster) => ({
      ...cluster,
      servers: shift(cluster.servers),
    })),
    timeline: scenario.timeline?.map((step): LabStep => {
      const servers = step.set?.servers;
      return servers ? { ...step, set: { ...step.set, servers: shift(servers) } } : step;
    }),
  };
}

/** Silence instead of the sink where a scenario says so: nothing then leaves the machine either. */
async function startCatchAll({ catchAll }: Scenario): Promise<Sink> {
  if (catchAll !== "drop") return startSink();
  const silent = await holdSilentPort("127.0.0.1", 0);
  return { port: silent.port, hits: () => 0, close: () => silent.close() };
}
