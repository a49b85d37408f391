import { type AddressCertainty, unseenShareMax } from "../model/certainty.ts";
import type { Path } from "../model/map.ts";

/** One verdict an address, from the rows of the map. */
export function certaintyOf(
  paths: readonly Path[],
  reusedByAddress: ReadonlyMap<string, AddressCertainty["reused"]>,
): readonly AddressCertainty[] {
  const addresses = [...new Set(paths.map(({ address }) => address))];
  return addresses.map((address) => {
    const tally = paths
      .filter((path) => path.address === address)
      .flatMap(({ apiServer, seen }) => (apiServer === undefined ? [] : [{ apiServer, seen }]))
      .toSorted((a, b) => b.seen - a.seen);
    const connections = tally.reduce((sum, { seen }) => sum + seen, 0);
    return {
      address,
      verdict: verdictOf(tally.length),
      connections,
      tally,
      unseenShareMax: tally.length === 1 ? unseenShareMax(connections) : undefined,
      confidence: 0.95,
      reused: reusedByAddress.get(address),
    };
  });
}

function verdictOf(servers: number): AddressCertainty["verdict"] {
  if (servers === 0) return "unknown";
  return servers === 1 ? "pinned" : "balanced";
}
