import { compareIps } from "../../model/ip.ts";
import type { Resolution, ResolverRef } from "../../model/resolution.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { ipsOf, resolverName } from "../../probe/addresses.ts";

/** What one DNS server says of the endpoint's name, over all record types. */
export interface ResolverView {
  readonly name: string;
  readonly resolver: Extract<ResolverRef, { kind: "server" }>;
  /** In order, each once. */
  readonly ips: readonly string[];
  /** It answered, and says that there is no such name or no such record. */
  readonly denies: boolean;
}

/** One view for each DNS server that was asked. */
export function resolverViews({ resolutions, request }: Snapshot): readonly ResolverView[] {
  const wanted = request.family === 6 ? "AAAA" : "A";
  const byName = new Map<string, ResolverView>();
  for (const resolution of resolutions) {
    const { resolver } = resolution;
    if (resolver.kind !== "server") continue;
    const name = resolverName(resolver);
    const before = byName.get(name) ?? { name, resolver, ips: [], denies: false };
    byName.set(name, {
      ...before,
      ips: [...new Set([...before.ips, ...ipsOf(resolution)])].toSorted(compareIps),
      denies: before.denies || (resolution.type === wanted && deniesName(resolution)),
    });
  }
  return [...byName.values()];
}

function deniesName({ answer }: Resolution): boolean {
  switch (answer.kind) {
    case "records":
      return false;
    case "nodata":
      return true;
    case "failed":
      return answer.failure.code === "dns-nxdomain" || answer.failure.code === "dns-nodata";
  }
}

/** `@10.0.0.2 -p 5353`, as dig wants it: an IPv6 address without brackets, the port apart. */
export function digServer({ ip, port }: ResolverView["resolver"]): string {
  return `@${ip}${port === 53 ? "" : ` -p ${port}`}`;
}
