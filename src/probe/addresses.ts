import { type Address, type AddressKind, type AddressSource, addressId } from "../model/address.ts";
import type { Eni } from "../model/cluster.ts";
import { type Fact, valueOf } from "../model/fact.ts";
import { compareIps, familyOf, isPublicIp } from "../model/ip.ts";
import type { ProbeRequest } from "../model/request.ts";
import type { Resolution, ResolverRef } from "../model/resolution.ts";

/** IPs that a resolution names; empty when it failed. */
export function ipsOf(resolution: Resolution): readonly string[] {
  return resolution.answer.kind === "records"
    ? resolution.answer.records.map((record) => record.ip)
    : [];
}

/** How reports name a resolver. */
export function resolverName(resolver: ResolverRef): string {
  switch (resolver.kind) {
    case "server":
      return resolver.port === 53 ? resolver.ip : addressId(resolver.ip, resolver.port);
    case "system-lookup":
      return "system lookup";
    case "hosts-file":
      return "hosts file";
  }
}

/**
 * Every address that any source named, each once with all its sources, in the order of the report.
 * Independent of the order in which answers came in.
 */
export function collectAddresses(
  resolutions: readonly Resolution[],
  enis: Fact<readonly Eni[]>,
  port: number,
  request: ProbeRequest,
): readonly Address[] {
  const sources = new Map<string, AddressSource[]>();
  const add = (ip: string, source: AddressSource): void => {
    if (request.family !== "any" && familyOf(ip) !== request.family) return;
    const list = sources.get(ip) ?? [];
    if (!list.some((other) => JSON.stringify(other) === JSON.stringify(source))) list.push(source);
    sources.set(ip, list);
  };
  for (const resolution of resolutions) {
    for (const ip of ipsOf(resolution)) add(ip, sourceOf(resolution.resolver));
  }
  const owned = valueOf(enis) ?? [];
  for (const eni of owned) {
    add(eni.privateIp, { kind: "eni", eniId: eni.id, primary: true });
    // A further address leads to the API server only when somebody hands it out as the endpoint.
    for (const ip of eni.otherIps) {
      if (sources.has(ip)) add(ip, { kind: "eni", eniId: eni.id, primary: false });
    }
  }
  return [...sources]
    .map(([ip, named]) => ({
      id: addressId(ip, port),
      ip,
      port,
      family: familyOf(ip),
      kind: kindOf(ip, named, enis),
      sources: named.toSorted(compareSources),
    }))
    .toSorted(compareAddresses);
}

function sourceOf(resolver: ResolverRef): AddressSource {
  if (resolver.kind === "server") return { kind: "dns", resolver: resolverName(resolver) };
  return { kind: resolver.kind };
}

/**
 * A public IPv4 address is no ENI's private one, so it is a VIP even when the ENIs are unknown; an
 * ENI's IPv6 addresses are public ones (VPC user guide, IPv6 addressing), so they tell nothing.
 */
function kindOf(
  ip: string,
  sources: readonly AddressSource[],
  enis: Fact<readonly Eni[]>,
): AddressKind {
  if (sources.some((source) => source.kind === "eni")) return "eni";
  if (!sources.some((source) => source.kind === "dns")) return "other";
  return enis.kind === "known" || (familyOf(ip) === 4 && isPublicIp(ip)) ? "vip" : "other";
}

const KIND_ORDER = { vip: 0, eni: 1, other: 2 } as const satisfies Record<AddressKind, number>;

function compareAddresses(a: Address, b: Address): number {
  return KIND_ORDER[a.kind] - KIND_ORDER[b.kind] || compareIps(a.ip, b.ip) || a.port - b.port;
}

function compareSources(a: AddressSource, b: AddressSource): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Whether the user's choice of paths includes dialling this address. */
export function isAskedFor(address: Address, request: ProbeRequest): boolean {
  const fromEni = address.sources.some((source) => source.kind === "eni" && source.primary);
  const fromName = address.sources.some((source) => source.kind !== "eni");
  return (fromName && request.paths.includes("vip")) || (fromEni && request.paths.includes("eni"));
}
