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
