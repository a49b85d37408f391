/** What to send beside the sampling. */
export interface LoadPlan {
  /** Requests a second. */
  readonly rps: number;
  /** `/version` */
  readonly path: string;
  readonly connections: "fresh" | "kept";
}

/** What a load met. Bounded in size however long it ran. */
export interface LoadReport {
  readonly plan: LoadPlan;
  /** How long it has been sending, back-offs included: what `sent` is a rate of. */
  readonly durationMs: number;
  readonly sent: number;
  /**
   * Due, and not sent, nor made up for: too many were under way; the load was backing off, or there
   * was no address to send to; this machine came too late for it.
   */
  readonly held: { readonly busy: number; readonly backingOff: number; readonly late: number };
  /** Sent, and neither answered nor failed so far; at the end those that were cut off. */
  readonly underWay: number;
  /** By status; `failed` got no answer. */
  readonly statuses: Readonly<Record<string, number>>;
  /** By failure code. */
  readonly failures: Readonly<Record<string, number>>;
  /** Of answers that are not 429; undefined when there was none. Milliseconds. */
  readonly latency: LatencyReport | undefined;
  /** In the order of their first requests; `other` for those beyond 64, where there were as many. */
  readonly byAddress: readonly {
    readonly address: string;
    readonly sent: number;
    readonly answered: number;
    readonly latency: LatencyReport | undefined;
  }[];
  /**
   * 429s by the flow schema that shed them; `unknown` where the answer named none, `other` for those
   * beyond 32.
   */
  readonly shed: readonly {
    readonly flowSchemaUid: string;
    readonly priorityLevelUid: string;
    readonly count: number;
  }[];
  /** Times it backed off, and for how long in all. */
  readonly backedOff: { readonly times: number; readonly totalMs: number };
}

/** From sending the request to the first byte, within 1 %; `p50Ms`: half took at most so long. */
export interface LatencyReport {
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}
