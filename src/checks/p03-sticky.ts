import { type Check, count, passed, shortAddress, skippedCheck } from "./check.ts";

/**
 * How many API servers each address leads to. After n fresh connections that all met the same one,
 * another has at most 3/n of the traffic at 95 % (the "rule of three" for a binomial share).
 */
export const addressesAreSticky: Check = {
  topic: "sticky",
  title: "fresh connections to an address meet the same API server",
  run: ({ map }) => {
    const named = map.paths.filter(({ apiServer }) => apiServer !== undefined);
    if (named.length === 0) return skippedCheck("no API server was met");
    const addresses = [...new Set(named.map(({ address }) => address))];
    const balanced = addresses.filter(
      (id) => named.filter(({ address }) => address === id).length > 1,
    );
    const made = addresses.reduce(
      (sum, id) => sum + (named.find(({ address }) => address === id)?.of ?? 0),
      0,
    );
    if (balanced.length > 0) {
      return passed(
        `balanced: ${balanced.map(shortAddress).join(", ")} ${balanced.length === 1 ? "leads" : "lead"} to several API servers`,
        {
          details: ["consistent with a load balancer that spreads connections"],
          addresses: balanced,
        },
      );
    }
    const fewest = Math.min(...named.map(({ seen }) => seen));
    const bound = Math.ceil(300 / fewest);
    if (bound >= 100) {
      return passed(
        `${count(made, "connection")}, too few to tell pinned from balanced; -n 20 tells`,
      );
    }
    const seen = named.reduce((sum, path) => sum + path.seen, 0);
    return passed(
      `pinned: ${seen}/${made} fresh connections (another backend ≤${bound} % per address, 95 %)`,
    );
  },
};
