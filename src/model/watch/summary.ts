import type { Drain, EventKind, Outage } from "./event.ts";
import type { LoadReport } from "./load.ts";

/** What a watch came to. */
export interface WatchSummary {
  readonly cluster: string;
  /** ISO 8601: the first and the last round, over all parts of a resumed watch. */
  readonly from: string;
  readonly until: string;
  readonly samples: number;
  /** How it ended. */
  readonly end: "time" | "signal" | "record-ends";
  readonly events: Readonly<Partial<Record<EventKind, number>>>;
  /** In the order of the addresses; those that are gone as well. */
  readonly paths: readonly PathSummary[];
  /** More paths than are told one by one: those that ended longest ago, as one number. */
  readonly morePaths?: {
    readonly paths: number;
    readonly attempts: number;
    readonly answered: number;
  };
  /** Ended and open ones. */
  readonly outages: readonly (Outage & { readonly address: string })[];
  readonly drains: readonly (Drain & { readonly address: string })[];
  /** Left out of the two lists above, which keep the latest 100 each. */
  readonly omitted: number;
  /** What could not be seen at the end, and why: one line each. */
  readonly blind: readonly string[];
  /** Host names of the API servers at the start and at the end. */
  readonly serversAtStart: readonly string[];
  readonly serversAtEnd: readonly string[];
  readonly enisAtStart: readonly string[] | undefined;
  readonly enisAtEnd: readonly string[] | undefined;
  readonly liveLeasesAtStart: number | undefined;
  readonly liveLeasesAtEnd: number | undefined;
  readonly load: LoadReport | undefined;
}

export interface PathSummary {
  /** Address.id */
  readonly address: string;
  /** Of all its fresh connections. */
  readonly attempts: number;
  readonly answered: number;
  readonly state: "up" | "down" | "never-up" | "dead";
  /** Host of the API server it last led to. */
  readonly server: string | undefined;
}
