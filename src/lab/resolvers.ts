import { zoneOf } from "./dns/records.ts";
import { type RunningDns, startDnsServer } from "./dns/server.ts";
import type { LabCluster, Scenario } from "./scenario.ts";
import { statesOf } from "./timeline/fold.ts";

export const DNS_PORT = 53;

/**
 * One resolver as in the VPC, and a second one where the world outside is told otherwise, at any
 * time. `now` is what they answer from.
 */
export function startResolvers(
  scenario: Scenario,
  now: () => Scenario,
  isOnOwnAddresses: boolean,
): Promise<readonly RunningDns[]> {
  const { dnsFaults, resolvers, timeline = [] } = scenario;
  const isSplit =
    dnsFaults !== undefined ||
    scenario.clusters.some((cluster) =>
      statesOf(cluster, timeline).some((state) => state.cluster.outsideDns !== undefined),
    );
  const views = [
    { seen: insideView, ip: resolvers.inside, fault: dnsFaults?.inside },
    ...(isSplit ? [{ seen: outsideView, ip: resolvers.outside, fault: dnsFaults?.outside }] : []),
  ];
  return Promise.all(
    views.map(({ seen, ip, fault }) =>
      startDnsServer({
        zone: () => zoneOf(now().clusters.map(seen)),
        fault: () => fault ?? now().dnsFault,
        latencyMs: scenario.latency.dnsMs,
        ...(isOnOwnAddresses ? { host: ip, port: DNS_PORT } : {}),
      }),
    ),
  );
}

function insideView(cluster: LabCluster): LabCluster {
  return cluster;
}

function outsideView(cluster: LabCluster): LabCluster {
  return { ...cluster, dns: cluster.outsideDns ?? cluster.dns };
}
