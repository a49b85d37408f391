import type { AddressCertainty } from "../model/certainty.ts";
import type { Path } from "../model/map.ts";

/**
 * The rule of three: after n draws that all gave the same, another outcome has at most this share
 * at 95 %. (Exactly 1 - 0.05^(1/n), which 3/n bounds from above for every n.) Source: J. A. Hanley
 * and A. Lippman-Hand, JAMA 1983.
 */
export function unseenShareMax(connections: number): number {
  return connections < 1 ? 1 : Math.min(1, 3 / connections);
}

/** Connections after which another backend's share is at most `share`. */
export function connectionsFor(share: number): number {
  return Math.ceil(3 / share);
}

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
