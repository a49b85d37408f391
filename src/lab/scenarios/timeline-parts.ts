import type {
  LabCluster,
  LabClusterChange,
  LabEni,
  LabFront,
  LabServer,
  LabStep,
  Scenario,
} from "../scenario.ts";
import { READER, scenario, VIEWER } from "./base.ts";
import { REGION } from "./clusters.ts";

/** A server that comes later, with the ENI that leads to it. */
export interface Newcomer {
  readonly server: LabServer;
  readonly eni: LabEni;
  readonly front: LabFront;
}

/** As the cluster's own ENIs are, but for what is given. */
export function newcomer(
  { enis: [eni] }: LabCluster,
  server: LabServer,
  place: Pick<LabEni, "id" | "subnetId" | "availabilityZone">,
): Newcomer {
  if (eni === undefined) throw new Error("a cluster with ENIs");
  return {
    server,
    eni: { ...eni, ...place, ip: server.eniIp },
    front: {
      ip: server.eniIp,
      port: 443,
      policy: "pinned",
      servers: [server.id],
      fault: undefined,
    },
  };
}

/** The cluster with more servers, their ENIs and the fronts there. */
export function joinedBy(cluster: LabCluster, newcomers: readonly Newcomer[]): LabCluster {
  return {
    ...cluster,
    servers: [...cluster.servers, ...newcomers.map(({ server }) => server)],
    enis: [...cluster.enis, ...newcomers.map(({ eni }) => eni)],
    fronts: [...cluster.fronts, ...newcomers.map(({ front }) => front)],
  };
}

export function withServer(
  cluster: LabCluster,
  id: string,
  change: Omit<Partial<LabServer>, "id">,
): readonly LabServer[] {
  return cluster.servers.map((server) => (server.id === id ? { ...server, ...change } : server));
}

export function withFront(
  cluster: LabCluster,
  ip: string,
  change: Partial<LabFront>,
): readonly LabFront[] {
  return cluster.fronts.map((front) => (front.ip === ip ? { ...front, ...change } : front));
}

export function without<T extends { readonly ip: string }>(
  parts: readonly T[],
  ips: readonly string[],
): readonly T[] {
  return parts.filter(({ ip }) => !ips.includes(ip));
}

/** Time, what happens, what is different then. */
export type Moment = readonly [atSeconds: number, what: string, set: LabClusterChange];

export function timeline(
  name: string,
  description: string,
  cluster: LabCluster,
  moments: readonly Moment[],
): Scenario {
  return scenario(name, description, {
    clusters: [cluster],
    principals: [READER, VIEWER],
    timeline: moments.map(([atSeconds, what, set]): LabStep => {
      return { atSeconds, what, cluster: cluster.name, set };
    }),
  });
}

export function zone(letter: "a" | "b" | "c"): string {
  return `${REGION}${letter}`;
}
