import { formatShare } from "../../map/topology.ts";
import type { AddressCertainty } from "../../model/certainty.ts";
import type { Path } from "../../model/map.ts";
import { type Check, count, passed, shortAddress, skippedCheck } from "../check.ts";

/** From here on a bound says something; below it is not worth its digits. */
const WORTH_SAYING = 1;

/** How many API servers each address leads to, and how sure that is. */
export const addressesAreSticky: Check = {
  topic: "sticky",
  title: "how many API servers each address leads to can be said",
  run: ({ map }) => {
    const named = map.certainties.filter(({ verdict }) => verdict !== "unknown");
    if (named.length === 0) return skippedCheck("no API server was met");
    const balanced = named.filter(({ verdict }) => verdict === "balanced");
    const pinned = named.filter(({ verdict }) => verdict === "pinned");
    const details = [...balanced.map(tallyWords), ...named.flatMap(reuseWords)];
    if (balanced.length > 0) {
      const rest = pinned.length > 0 ? `, ${restOf(pinned)}` : "";
      return passed(
        `balanced: ${balanced.map(({ address }) => shortAddress(address)).join(", ")} ${balanced.length === 1 ? "leads" : "lead"} to several API servers${rest}`,
        { details, addresses: balanced.map(({ address }) => address) },
      );
    }
    const met = pinned.reduce((sum, { connections }) => sum + connections, 0);
    const made = pinned.reduce((sum, { address }) => sum + probesOf(address, map.paths), 0);
    const bound = boundOf(pinned);
    if (bound >= WORTH_SAYING) {
      return passed(
        `${count(met, "connection")}, too few to tell pinned from balanced; -n 20 tells`,
        { details },
      );
    }
    return passed(
      `pinned: ${met}/${made} fresh connections (another backend ≤${formatShare(bound)} per address, 95 %)`,
      { details },
    );
  },
};

/** The weakest of their bounds. */
function boundOf(pinned: readonly AddressCertainty[]): number {
  return Math.max(...pinned.map(({ unseenShareMax }) => unseenShareMax ?? 1));
}

/** The other addresses beside balanced ones, with the strength of what is said of them. */
function restOf(pinned: readonly AddressCertainty[]): string {
  const bound = boundOf(pinned);
  return bound >= WORTH_SAYING
    ? `${pinned.length} with too few connections to tell`
    : `${pinned.length} pinned (another backend ≤${formatShare(bound)} each, 95 %)`;
}

function probesOf(address: string, paths: readonly Path[]): number {
  return paths.find((path) => path.address === address)?.of ?? 0;
}

function tallyWords({ address, tally, connections }: AddressCertainty): string {
  const shares = tally.map(({ apiServer, seen }) => `${apiServer} ${seen}/${connections}`);
  return `${shortAddress(address)}: ${shares.join(", ")}`;
}

/** What one kept connection showed, beside what fresh ones showed. */
function reuseWords({ address, reused, verdict }: AddressCertainty): readonly string[] {
  if (reused === undefined) return [];
  const met = reused
    .map(({ apiServer, seen }) => `${apiServer} ${seen === 1 ? "once" : `${seen} times`}`)
    .join(", ");
  const hides = verdict === "balanced" && reused.length === 1 ? ": reuse hides the balancing" : "";
  return [
    `${shortAddress(address)} over one kept connection: ${met === "" ? "no answer" : met}${hides}`,
  ];
}
