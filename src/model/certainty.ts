/** What n fresh connections to one address say of how many API servers are behind it. */
export interface AddressCertainty {
  /** Address.id */
  readonly address: string;
  /** pinned: all met one server; balanced: they met several; unknown: none could be named. */
  readonly verdict: "pinned" | "balanced" | "unknown";
  /** Connections that met a server that could be named. */
  readonly connections: number;
  /** By ApiServer.id, most seen first. */
  readonly tally: readonly { readonly apiServer: string; readonly seen: number }[];
  /**
   * pinned only: the most that another backend's share of this address can be, as a fraction, with
   * the confidence below (rule of three).
   */
  readonly unseenShareMax: number | undefined;
  readonly confidence: 0.95;
  /** Servers met by the same number of requests over one kept connection, where that was asked for. */
  readonly reused: readonly { readonly apiServer: string; readonly seen: number }[] | undefined;
}

/** Times of one phase over all connections to one address, in milliseconds; nearest rank. */
export interface PhaseTimes {
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface AddressTimes {
  readonly address: string;
  readonly tcp: PhaseTimes | undefined;
  readonly tls: PhaseTimes | undefined;
  readonly ttfb: PhaseTimes | undefined;
  readonly total: PhaseTimes | undefined;
}

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
