import type { Coverage, LeaseView, Sources } from "../model/coverage.ts";
import { type Fact, known, skipped, valueOf } from "../model/fact.ts";
import type { IdentityLease, Inspection } from "../model/inspection.ts";
import { compareIps, firstHostOf, isPublicIp } from "../model/ip.ts";
import type { ApiServer } from "../model/map.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { parseTimeMs } from "../model/time.ts";

/** Renewed every 10 s (kubernetes, pkg/controlplane/apiserver); six missed renewals are no hiccup. */
const LIVE_WITHIN_SECONDS = 60;

const NOT_ASKED = "not asked; --deep asks";

/** What there is against what was reached: leases, the three lists of addresses, the service's IP. */
export function coverageOf(snapshot: Snapshot, servers: readonly ApiServer[]): Coverage {
  return {
    leases: leasesOf(snapshot, servers),
    sources: sourcesOf(snapshot),
    clusterIp: clusterIpOf(snapshot, servers),
  };
}

/** The first answer that is known; else the first reason why not. */
function firstKnown<T>(
  inspections: readonly Inspection[],
  pick: (inspection: Inspection) => Fact<T>,
): { readonly fact: Fact<T>; readonly by: Inspection | undefined } {
  const by = inspections.find((inspection) => pick(inspection).kind === "known") ?? inspections[0];
  return { fact: by ? pick(by) : skipped(NOT_ASKED), by };
}

function leasesOf(snapshot: Snapshot, servers: readonly ApiServer[]): Coverage["leases"] {
  const { fact, by } = firstKnown(snapshot.inspections, ({ leases }) => leases);
  if (fact.kind !== "known") return fact;
  const startedMs = parseTimeMs(snapshot.startedAt) ?? 0;
  const serverNowMs = startedMs + snapshot.durationMs + (by?.clockSkewMs ?? 0);
  const views = fact.value.map((lease) => viewOf(lease, serverNowMs, servers));
  return known(views.toSorted((a, b) => a.ageSeconds - b.ageSeconds));
}

function viewOf(
  lease: IdentityLease,
  serverNowMs: number,
  servers: readonly ApiServer[],
): LeaseView {
  const server = servers.find(
    ({ host, inspected }) =>
      isSameHost(lease.host, host) || inspected?.leaseNames.includes(lease.name) === true,
  );
  const ageSeconds = Math.max(
    0,
    Math.round((serverNowMs - (parseTimeMs(lease.renewTime) ?? 0)) / 1_000),
  );
  return {
    name: lease.name,
    host: lease.host ?? server?.host,
    incarnation: lease.incarnation,
    ageSeconds,
    live: ageSeconds <= LIVE_WITHIN_SECONDS,
    apiServer: server?.id,
  };
}

/** A host may call itself by its first label where others have the whole name. */
export function isSameHost(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a === b || (!a.includes(".") && b.startsWith(`${a}.`)) || a.startsWith(`${b}.`);
}

function sourcesOf(snapshot: Snapshot): Sources {
  const enis: Sources["enis"] =
    snapshot.enis.kind === "known"
      ? known(snapshot.enis.value.map(({ privateIp }) => privateIp).toSorted(compareIps))
      : snapshot.enis;
  const asked = firstKnown(snapshot.inspections, ({ serviceEndpoints }) => serviceEndpoints).fact;
  const service: Sources["service"] =
    asked.kind === "known"
      ? known({
          source: asked.value.source,
          ips: [...new Set(asked.value.addresses.map(({ ip }) => ip))].toSorted(compareIps),
        })
      : asked;
  const named = snapshot.addresses.filter(({ sources }) =>
    sources.some(({ kind }) => kind === "dns"),
  );
  const inDns = named.map(({ ip }) => ip).filter((ip) => !isPublicIp(ip));
  const dns: Sources["dns"] = named.length > 0 ? known(inDns) : skipped("DNS named no address");
  const [ec2, slices] = [valueOf(enis), valueOf(service)?.ips];
  const givesEnis = ec2 !== undefined && inDns.some((ip) => ec2.includes(ip));
  return {
    enis,
    service,
    dns,
    missingInService: ec2 && slices ? ec2.filter((ip) => !slices.includes(ip)) : [],
    missingInEc2: ec2 && slices ? slices.filter((ip) => !ec2.includes(ip)) : [],
    unknownInDns: givesEnis ? inDns.filter((ip) => !ec2.includes(ip)) : [],
  };
}

/** The API server's service always gets the first address of the range (kubernetes, service IPs). */
function clusterIpOf(snapshot: Snapshot, servers: readonly ApiServer[]): Coverage["clusterIp"] {
  const cluster = valueOf(snapshot.cluster);
  const cidr = cluster?.serviceIpv4Cidr ?? cluster?.serviceIpv6Cidr;
  const ip = cidr === undefined ? undefined : firstHostOf(cidr);
  if (ip === undefined) return skipped("DescribeCluster names no service range");
  const leaves = servers.flatMap(({ certificates }) => certificates);
  if (leaves.length === 0) return known({ ip, inCertificates: "unknown" });
  return known({
    ip,
    inCertificates: leaves.every(({ ipAddresses }) => ipAddresses.includes(ip)) ? "yes" : "no",
  });
}
