import { type ApiServer, createApiServer } from "./apiserver/server.ts";
import { type RunningAws, startAwsServer } from "./aws/server.ts";
import { type Zone, zoneOf } from "./dns/records.ts";
import { type RunningDns, startDnsServer } from "./dns/server.ts";
import { type RunningFront, startFront } from "./fronts/front.ts";
import { type ClusterPki, mintClusterPki } from "./pki.ts";
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
  const minted = await Promise.all(
    scenario.clusters
      .filter(({ status }) => status !== "CREATING")
      .map(async (cluster) => ({ cluster, pki: await mintClusterPki(cluster, nowMs) })),
  );
  const certificateAuthorities = new Map(
    minted.map(({ cluster, pki }) => [cluster.name, pki.caPem]),
  );
  const aws = await startAwsServer({
    scenario: () => scenario,
    certificateAuthorityOf: (name) => certificateAuthorities.get(name),
    createdAtMs: nowMs - CLUSTER_AGE_MS,
    nowMs: () => Date.now(),
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
  const [dns, sink] = await Promise.all([startResolvers(scenario, options), startSink()]);
  const apiServers = built.flatMap((one) => [...one.apiServers.values()]);
  return {
    scenario,
    environment: {
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
      await Promise.all([aws.close(), ...dns.map((server) => server.close())]);
    },
  };
}

function createApiServers(
  cluster: LabCluster,
  pki: ClusterPki,
  scenario: Scenario,
  aws: RunningAws,
  startedAtMs: number,
): ReadonlyMap<string, ApiServer> {
  return new Map(
    cluster.servers.map((server) => {
      const authenticate = createTokenVerifier({
        region: scenario.region,
        clusterName: cluster.name,
        principals: () => aws.principals(),
        nowMs: () => Date.now(),
        clockSkewMs: (server.clockSkewSeconds ?? 0) * 1000,
      });
      const options = { cluster, server, pki, authenticate, startedAtMs };
      return [server.id, createApiServer(options)];
    }),
  );
}

/** One resolver as in the VPC, and a second one where the world outside is told otherwise. */
function startResolvers(scenario: Scenario, options: LabOptions): Promise<readonly RunningDns[]> {
  const isSplit = scenario.clusters.some(({ outsideDns }) => outsideDns !== undefined);
  const outside = scenario.clusters.map((cluster) => ({
    ...cluster,
    dns: cluster.outsideDns ?? cluster.dns,
  }));
  const views: readonly { readonly zone: Zone; readonly ip: string }[] = [
    { zone: zoneOf(scenario.clusters), ip: scenario.resolvers.inside },
    ...(isSplit ? [{ zone: zoneOf(outside), ip: scenario.resolvers.outside }] : []),
  ];
  return Promise.all(
    views.map(({ zone, ip }) =>
      startDnsServer({
        zone: () => zone,
        fault: () => scenario.dnsFault,
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
    ({ ip, port, boundPort }) => `${bracket(ip)}:${port}:127.0.0.1:${boundPort}`,
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
