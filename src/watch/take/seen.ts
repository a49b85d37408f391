import { signalsOf } from "../../map/identity.ts";
import { endpointMode } from "../../map/mode.ts";
import type { Cluster, Eni } from "../../model/cluster.ts";
import type { Observation } from "../../model/observation.ts";
import type { Resolution } from "../../model/resolution.ts";
import type { ClusterSeen, DnsSeen, EniSeen, ProbeSeen } from "../../model/watch/sample.ts";
import { ipsOf, resolverName } from "../../probe/addresses.ts";

/** What of each answer a round keeps: pure. */

export function seenDns(resolution: Resolution): DnsSeen {
  const { resolver, type, answer } = resolution;
  switch (answer.kind) {
    case "records":
      return {
        resolver: resolverName(resolver),
        type,
        answer: {
          kind: "records",
          ips: ipsOf(resolution).toSorted(),
          ttlSeconds:
            resolver.kind === "server"
              ? Math.min(...answer.records.map(({ ttlSeconds }) => ttlSeconds))
              : undefined,
        },
      };
    case "nodata":
    case "failed":
      return { resolver: resolverName(resolver), type, answer };
  }
}

export function seenEni(eni: Eni): EniSeen {
  const { id, privateIp, subnetId, availabilityZone, status } = eni;
  return {
    id,
    privateIp,
    subnetId,
    availabilityZone,
    status,
    securityGroupIds: eni.securityGroupIds?.toSorted(),
  };
}

export function seenCluster(cluster: Cluster): ClusterSeen {
  const mode = endpointMode(cluster);
  return {
    status: cluster.status,
    version: cluster.version,
    platformVersion: cluster.platformVersion,
    endpointHost: cluster.endpoint?.host,
    access: mode === "unknown" ? undefined : mode,
    publicAccessCidrs: cluster.publicAccessCidrs?.toSorted(),
    securityGroupIds: cluster.securityGroupIds?.toSorted(),
    subnetIds: cluster.subnetIds?.toSorted(),
    scalingTier: cluster.scalingTier,
  };
}

export function seenProbe(observation: Observation, at: string, endpointHost: string): ProbeSeen {
  const { host, certificateHost, fingerprint } = signalsOf(observation, endpointHost);
  const leaf = fingerprint === undefined ? undefined : observation.tls?.leaf;
  const { tcpMs, tlsMs, ttfbMs } = observation.timings;
  return {
    address: observation.address,
    attempt: observation.sample,
    at,
    status: observation.http?.status,
    failure: observation.failure,
    server: host ?? certificateHost,
    fingerprint,
    notBefore: leaf?.notBefore,
    notAfter: leaf?.notAfter,
    tcpMs: rounded(tcpMs),
    tlsMs: rounded(tlsMs),
    ttfbMs: rounded(ttfbMs),
  };
}

/** To a hundredth of a millisecond: more is noise, and takes room in a record. */
function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 100) / 100;
}
