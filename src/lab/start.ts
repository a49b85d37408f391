import { type ApiServer, createApiServer } from "./apiserver/server.ts";
import { type RunningAws, startAwsServer } from "./aws/server.ts";
import { startClientWorld } from "./client/start.ts";
import { zoneOf } from "./dns/records.ts";
import { type RunningDns, startDnsServer } from "./dns/server.ts";
import { type RunningFront, startFront } from "./fronts/front.ts";
import { holdSilentPort } from "./fronts/silent-port.ts";
import { type ClusterPki, mintClusterPki } from "./pki.ts";
import { hasEndpoint } from "./scenario/eks.ts";
import type { LabCluster, LabPrincipal, Scenario } from "./scenario.ts";
import { type Sink, startSink } from "./sink.ts";
import { createTokenVerifier } from "./token-verifier.ts";

export interface LabOptions {
  /**
   * Listen on the scenario's own addresses, port 443 and 53, instead of on loopback ports behind
   * --connect-to. For network namespaces that have these addresses.
   */
  readonly ownAddresses?: boolean;
}

/** A simulated EKS that is up. */
export interface Lab {
  readonly scenario: Scenario;
  /** What points a client at it: the variables and flags that anyone may use. */
  readonly environment: Readonly<Record<string, string>>;
  readonly fronts: readonly RunningFront[];
  readonly apiServers: readonly ApiServer[];
  readonly aws: RunningAws;
  readonly dns: readonly RunningDns[];
  /** PEM of each cluster's CA, by cluster name. */
  readonly certificateAuthorities: ReadonlyMap<string, string>;
  /** Connections that would have left the machine. */
  strayConnections(): number;
  close(): Promise<void>;
}

const DNS_PORT = 53;

/** The clusters of the field notes were this old; their certificates say so too. */
const CLUSTER_AGE_MS = 4 * 86_400_000;

export async function startLab(scenario: Scenario, options: LabOptions = {}): Promise<Lab> {
  const nowMs = Date.now();
  const skewMs = (scenario.awsClockSkewSeconds ?? 0) * 1000;
  const minted = await Promise.all(
    scenario.clusters
      .map((cluster) => withClockAhead(cluster, scenario.awsClockSkewSeconds ?? 0))
      .filter(hasEndpoint)
      .map(async (cluster) => ({ cluster, pki: await mintClusterPki(cluster, nowMs) })),
  );
  const certificateAuthorities = new Map(
    minted.map(({ cluster, pki }) => [cluster.name, pki.caPem]),
  );
  const certificateAuthorityOf = (name: string): string | undefined =>
    certificateAuthorities.get(name);
  const aws = await startAwsServer({
    scenario: () => scenario,
    certificateAuthorityOf,
    createdAtMs: nowMs - CLUSTER_AGE_MS,
    nowMs: () => Date.now() + skewMs,
  });
  const built = minted.map(({ cluster, pki }) => ({
    cluster,
    pki,
    apiServers: createApiServers(cluster, pki, scenario, aws, nowMs),
  }));
  const fronts = await Promise.all(
    built.flatMap(({ cluster, pki, apiServers }) =>
      cluster.fronts.map((front) =>
        startFront({
          front,
          pki,
          apiServers,
          roundTripMs: scenario.latency.addressMs,
          ...(options.ownAddresses ? { bindHost: front.ip, bindPort: front.port } : {}),
        }),
      ),
    ),
  );
  const [dns, sink] = await Promise.all([
    startResolvers(scenario, options),
    startCatchAll(scenario),
  ]);
  // Last: what fails before it leaves no file behind.
  const client = await startClientWorld({ scenario, certificateAuthorityOf, nowMs });
  const apiServers = built.flatMap((one) => [...one.apiServers.values()]);
  return {
    scenario,
    environment: {
      // First, so that no scenario takes the place of what points at the lab.
      ...client.environment,
      ...awsEnvironment(scenario, aws),
      ...programEnvironment(fronts, dns, sink, options),
    },
    fronts,
    apiServers,
    aws,
    dns,
    certificateAuthorities,
    strayConnections: () => sink.hits(),
    close: async () => {
      for (const front of fronts) front.close();
      for (const apiServer of apiServers) apiServer.close();
      sink.close();
      await Promise.all([client.close(), aws.close(), ...dns.map((server) => server.close())]);
    },
  };
}

/** The API servers' clocks go with those of AWS, and by their own skew besides. */
function withClockAhead(cluster: LabCluster, seconds: number): LabCluster {
  const servers = cluster.servers.map((server) => ({
    ...server,
    clockSkewSeconds: (server.clockSkewSeconds ?? 0) + seconds,
  }));
  return { ...cluster, servers };
}

function createApiServers(
  cluster: LabCluster,
  pki: ClusterPki,
  scenario: Scenario,
  aws: RunningAws,
  startedAtMs: number,
): ReadonlyMap<string, ApiServer> {
  const skewMs = (scenario.awsClockSkewSeconds ?? 0) * 1000;
  return new Map(
    cluster.servers.map((server) => {
      const authenticate = createTokenVerifier({
        region: scenario.region,
        clusterName: cluster.localId ?? cluster.name,
        principals: () => aws.principals(),
        nowMs: () => Date.now() + skewMs,
        clockSkewMs: (server.clockSkewSeconds ?? 0) * 1000 - skewMs,
      });
      const options = { cluster, server, pki, authenticate, startedAtMs };
      return [server.id, createApiServer(options)];
    }),
  );
}

/** Silence instead of the sink where a scenario says so: nothing then leaves the machine either. */
async function startCatchAll({ catchAll }: Scenario): Promise<Sink> {
  if (catchAll !== "drop") return startSink();
  const silent = await holdSilentPort("127.0.0.1", 0);
  return { port: silent.port, hits: () => 0, close: () => silent.close() };
}

/** One resolver as in the VPC, and a second one where the world outside is told otherwise. */
function startResolvers(scenario: Scenario, options: LabOptions): Promise<readonly RunningDns[]> {
  const { dnsFaults } = scenario;
  const isSplit =
    dnsFaults !== undefined || scenario.clusters.some(({ outsideDns }) => outsideDns !== undefined);
  const outside = scenario.clusters.map((cluster) => ({
    ...cluster,
    dns: cluster.outsideDns ?? cluster.dns,
  }));
  const { inside, outside: beyond } = scenario.resolvers;
  const views = [
    { zone: zoneOf(scenario.clusters), ip: inside, fault: dnsFaults?.inside },
    ...(isSplit ? [{ zone: zoneOf(outside), ip: beyond, fault: dnsFaults?.outside }] : []),
  ];
  return Promise.all(
    views.map(({ zone, ip, fault }) =>
      startDnsServer({
        zone: () => zone,
        fault: () => fault ?? scenario.dnsFault,
        latencyMs: scenario.latency.dnsMs,
        ...(options.ownAddresses ? { host: ip, port: DNS_PORT } : {}),
      }),
    ),
  );
}

/** Made-up credentials, every service at the simulation, and no way to the real world's settings. */
function awsEnvironment({ region, principals }: Scenario, aws: RunningAws): Record<string, string> {
  const caller: LabPrincipal | undefined = principals[0];
  return {
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: region,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    ...(caller
      ? { AWS_ACCESS_KEY_ID: caller.accessKeyId, AWS_SECRET_ACCESS_KEY: caller.secretAccessKey }
      : {}),
    ...(caller?.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: caller.sessionToken }),
  };
}

function programEnvironment(
  fronts: readonly RunningFront[],
  dns: readonly RunningDns[],
  sink: Sink,
  options: LabOptions,
): Record<string, string> {
  const rules = fronts.map(
    ({ ip, port, boundAddress, boundPort }) =>
      `${bracket(ip)}:${port}:${boundAddress}:${boundPort}`,
  );
  return {
    EKS_PROBE_RESOLVER: dns
      .map(({ host, port }) => (port === DNS_PORT ? host : `${host}:${port}`))
      .join(" "),
    ...(options.ownAddresses
      ? {}
      : { EKS_PROBE_CONNECT_TO: [...rules, `::127.0.0.1:${sink.port}`].join(" ") }),
    EKS_PROBE_SIMULATED: "1",
  };
}

function bracket(ip: string): string {
  return ip.includes(":") ? `[${ip}]` : ip;
}
