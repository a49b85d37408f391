import type { Address, AddressKind } from "../model/address.ts";
import { compareIps } from "../model/ip.ts";
import { ipsOf, resolverName } from "../probe/addresses.ts";
import { type Check, passed, problem, skippedCheck } from "./check.ts";

/** Several resolvers give the same addresses; where they do not, the horizon is split. */
export const resolversAgree: Check = {
  topic: "views",
  title: "all resolvers give the same addresses",
  run: ({ snapshot, map }) => {
    const views = new Map<string, Set<string>>();
    for (const resolution of snapshot.resolutions) {
      if (resolution.resolver.kind !== "server") continue;
      const name = resolverName(resolution.resolver);
      const view = views.get(name) ?? new Set<string>();
      for (const ip of ipsOf(resolution)) view.add(ip);
      views.set(name, view);
    }
    const answered = [...views].filter(([, ips]) => ips.size > 0);
    if (answered.length === 0) return skippedCheck("needs an answer from DNS (D01)");
    if (answered.length === 1)
      return skippedCheck("one resolver gave addresses; --resolver is repeatable");
    const texts = answered.map(
      ([name, ips]) => [name, [...ips].toSorted(compareIps).join(", ")] as const,
    );
    if (new Set(texts.map(([, ips]) => ips)).size === 1)
      return passed(`${answered.length} resolvers agree`);
    const kinds = answered.map(([, ips]) => kindsOf(ips, snapshot.addresses));
    const details = texts.map(([name, ips]) => `${name} says ${ips}`);
    if (
      map.mode === "public and private" &&
      kinds.every((kind) => kind === "eni" || kind === "vip")
    ) {
      return passed("split horizon by design: ENIs from the VPC's resolver, VIPs from others", {
        details,
      });
    }
    return problem("warn", "the resolvers give different addresses (split horizon, or one lags)", {
      details,
      side: "resolver",
      next: "compare with the endpoint's mode: inside the VPC a private endpoint resolves to the ENIs",
    });
  },
};

/** The one kind of all these addresses, or `mixed`. */
function kindsOf(ips: ReadonlySet<string>, addresses: readonly Address[]): AddressKind | "mixed" {
  const kinds = new Set(addresses.filter(({ ip }) => ips.has(ip)).map(({ kind }) => kind));
  const [only] = kinds;
  return kinds.size === 1 && only !== undefined ? only : "mixed";
}
