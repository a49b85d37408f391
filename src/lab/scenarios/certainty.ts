import type { LabCluster, LabFront, LabServer, Scenario } from "../scenario.ts";
import { READER, scenario, VIEWER } from "./base.ts";
import { GONZ_EKS_PUB, instanceHost } from "./clusters.ts";

/** The public cluster at a version whose API servers tell a caller who it is. */
const CLUSTER: LabCluster = { ...GONZ_EKS_PUB, version: "1.31", platformVersion: "eks.12" };

const VIP_ONE = "43.200.53.253";
const VIPS: readonly string[] = [VIP_ONE, "52.79.39.107"];

/** Where an ENI was before it was replaced: nothing is there any more. */
const OLD_ENI_IP = "10.0.33.7";

type ServerChange = Omit<Partial<LabServer>, "id">;

function withServers(change: (server: LabServer) => ServerChange): LabCluster {
  return {
    ...CLUSTER,
    servers: CLUSTER.servers.map((server) => ({ ...server, ...change(server) })),
  };
}

function withServer(id: string, change: ServerChange): LabCluster {
  return withServers((server) => (server.id === id ? change : {}));
}

/** One VIP that leads to both servers, beside one that leads to one of them. */
function withBalancedVip(more: Pick<LabFront, "weights" | "seed">): LabCluster {
  const balanced = { policy: "balanced", servers: ["one", "two"], ...more } as const;
  return {
    ...CLUSTER,
    fronts: CLUSTER.fronts.map((front) =>
      front.ip === VIP_ONE ? { ...front, ...balanced } : front,
    ),
  };
}

function read(name: string, description: string, cluster: LabCluster): Scenario {
  return scenario(name, description, { clusters: [cluster], principals: [READER, VIEWER] });
}

/** What makes a map more or less sure, one thing at a time. */
export const CERTAINTY_SCENARIOS: readonly Scenario[] = [
  read(
    "balanced",
    "one VIP spreads connections evenly over 2 API servers",
    withBalancedVip({ seed: 1 }),
  ),
  read(
    "unequal",
    "one VIP leads 95 of 100 connections to one API server and 5 to the other",
    withBalancedVip({ weights: [95, 5], seed: 5 }),
  ),
  read("hidden-server", "3 API servers hold live Leases, the addresses lead to 2 of them", {
    ...CLUSTER,
    servers: [
      ...CLUSTER.servers,
      {
        id: "three",
        host: instanceHost("172.16.98.23"),
        eniIp: "10.0.50.17",
        notAfterOffsetSeconds: 131,
      },
    ],
    endpointIps: CLUSTER.servers.map(({ eniIp }) => eniIp),
    // Counting Leases without a look at their times would make it 4.
    deadLeases: [{ host: instanceHost("172.16.12.140"), ageSeconds: 25 * 60 }],
  }),
  read(
    "stale-lease",
    "an API server answers, but has not renewed its Lease for 50 minutes",
    withServer("two", { lease: "stale" }),
  ),
  read("restarted", "an API server was restarted 10 minutes ago; its first Lease lingers", {
    ...withServer("two", { restarted: true }),
    leaseForm: "uuid",
    version: "1.25",
    platformVersion: "eks.3",
  }),
  read("slices-lag", "the EndpointSlice lists an ENI that is gone and lacks one that is there", {
    ...CLUSTER,
    endpointIps: CLUSTER.servers.map(({ id, eniIp }) => (id === "two" ? OLD_ENI_IP : eniIp)),
    // Whoever dials it is refused here, and led nowhere else.
    fronts: [
      ...CLUSTER.fronts,
      { ip: OLD_ENI_IP, port: 443, policy: "pinned", servers: ["one"], fault: { kind: "refuse" } },
    ],
  }),
  read("upgrade", "an upgrade is under way: one API server is at 1.31, one at 1.32", {
    ...withServer("two", { version: "1.32" }),
    status: "UPDATING",
  }),
  read(
    "unready-etcd",
    "one API server fails its etcd check, in livez and readyz",
    withServer("two", { failingChecks: ["etcd"] }),
  ),
  scenario("no-rbac", "the caller may read neither Leases nor EndpointSlices", {
    clusters: [CLUSTER],
    principals: [VIEWER],
  }),
  read("reader", "the caller may read Leases and EndpointSlices", CLUSTER),
  read(
    "clock-skew",
    "one API server's clock is 5 minutes ahead",
    withServer("two", { clockSkewSeconds: 300 }),
  ),
  read("inspection", "a proxy on the way to the VIPs inspects TLS, with a CA of its own", {
    ...CLUSTER,
    fronts: CLUSTER.fronts.map((front) =>
      VIPS.includes(front.ip)
        ? { ...front, fault: { kind: "wrong-certificate", flaw: "inspection" } }
        : front,
    ),
  }),
  read(
    "expiring",
    "one API server's certificate has 12 days left",
    withServer("one", { lifetimeDays: 16 }),
  ),
  read(
    "no-key-ids",
    "the API servers' certificates lack subject and authority key identifiers",
    withServers(() => ({ withoutKeyIds: true })),
  ),
  read(
    "same-name",
    "two API servers with different certificates report the same address",
    withServer("two", { reportsAs: CLUSTER.servers[0]?.host }),
  ),
  scenario("anonymous-only", "nobody has credentials: what the API servers tell to anyone", {
    clusters: [CLUSTER],
    principals: [],
  }),
];
