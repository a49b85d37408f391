import type { Address, AddressKind } from "../../model/address.ts";
import { type Check, passed, problem, skippedCheck } from "../check.ts";
import { resolverViews } from "./views.ts";

/** Several resolvers give the same addresses; where they do not, the horizon is split. */
export const resolversAgree: Check = {
  topic: "views",
  title: "all resolvers give the same addresses",
  run: ({ snapshot, map }) => {
    const answered = resolverViews(snapshot).filter(({ ips }) => ips.length > 0);
    if (answered.length === 0) return skippedCheck("needs an answer from DNS (D01)");
    if (answered.length === 1)
      return skippedCheck("one resolver gave addresses; --resolver is repeatable");
    if (new Set(answered.map(({ ips }) => ips.join(", "))).size === 1)
      return passed(`${answered.length} resolvers agree`);
    const kinds = answered.map(({ ips }) => kindsOf(ips, snapshot.addresses));
    const details = answered.map(({ name, ips }) => `${name} says ${ips.join(", ")}`);
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
export function kindsOf(
  ips: readonly string[],
  addresses: readonly Address[],
): AddressKind | "mixed" {
  const kinds = new Set(addresses.filter(({ ip }) => ips.includes(ip)).map(({ kind }) => kind));
  const [only] = kinds;
  return kinds.size === 1 && only !== undefined ? only : "mixed";
}
