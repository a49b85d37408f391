import type { Address } from "./address.ts";
import type { Cluster, Eni } from "./cluster.ts";
import type { Fact } from "./fact.ts";
import type { Inspection } from "./inspection.ts";
import type { Investigation } from "./investigation.ts";
import type { LocalSettings } from "./local-settings.ts";
import type { Observation } from "./observation.ts";
import type { ProbeRequest } from "./request.ts";
import type { Resolution } from "./resolution.ts";
import type { Vantage } from "./vantage.ts";

/** What is known of the token, without the token. */
export interface TokenFacts {
  readonly expiresAt: string;
}

/** Everything one run learned. Plain data: maps, checks and reports are functions of it. */
export interface Snapshot {
  readonly request: ProbeRequest;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** Stopped before it was done: what is here is what was known by then. */
  readonly interrupted: boolean;
  readonly vantage: Vantage;
  readonly cluster: Fact<Cluster>;
  readonly enis: Fact<readonly Eni[]>;
  readonly token: Fact<TokenFacts>;
  readonly resolutions: readonly Resolution[];
  /** In the order of the report: vip, eni, other, each by number. */
  readonly addresses: readonly Address[];
  readonly observations: readonly Observation[];
  /** One for each address that answered, when asked for. */
  readonly inspections: readonly Inspection[];
  /** What one kept connection to each address met, when asked for. */
  readonly reuses: readonly Reuse[];
  /** What other clients of this machine would do. */
  readonly local: LocalSettings;
  /** Evidence beyond the map, as far as it was asked for. */
  readonly investigation: Investigation;
}

/** Requests over one connection to one address. */
export interface Reuse {
  /** Address.id */
  readonly address: string;
  /** One for each answer that named one. */
  readonly serverAddresses: readonly string[];
}
