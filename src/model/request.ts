import type { HttpVersionChoice } from "./ports.ts";

/** A rule of curl's `--connect-to HOST1:PORT1:HOST2:PORT2`; undefined is an empty part. */
export interface ConnectToRule {
  readonly fromHost: string | undefined;
  readonly fromPort: number | undefined;
  readonly toHost: string | undefined;
  readonly toPort: number | undefined;
}

/** Whom to ask for the endpoint's addresses. */
export type ResolverChoice =
  | { readonly kind: "system" }
  | { readonly kind: "server"; readonly ip: string; readonly port: number };

export type PathChoice = "vip" | "eni";

/** What the user asked for, validated. Every stage reads from this and nothing else. */
export interface ProbeRequest {
  readonly cluster: string;
  /** Empty means: the system's own servers. */
  readonly resolvers: readonly ResolverChoice[];
  readonly connectTo: readonly ConnectToRule[];
  /** Fresh connections per address. */
  readonly samples: number;
  /** Between the starts of two connections to one address; 0: as fast as they come. */
  readonly intervalMs: number;
  /**
   * Go on until another backend's share of each address is at most this fraction, or a second one
   * was met; takes the place of `samples`.
   */
  readonly untilSure: number | undefined;
  /** Also send the samples over one kept connection, to show what reuse hides. */
  readonly compareReuse: boolean;
  /** Also ask every API server about itself, the identity leases and the service's endpoints. */
  readonly deep: boolean;
  /** For each probe, each DNS question and each AWS call. */
  readonly timeoutMs: number;
  readonly paths: readonly PathChoice[];
  readonly httpVersion: HttpVersionChoice;
  readonly family: "any" | 4 | 6;
  /** Send no token at all. */
  readonly anonymous: boolean;
  readonly insecure: boolean;
  readonly insecureSendToken: boolean;
  /** This host's address as the internet sees it, where the user knows it. */
  readonly egressIp: string | undefined;
  /** URL of a service that answers with the caller's address; asked only because the user named it. */
  readonly egressService: string | undefined;
  /** The run is made against a simulation and says so. */
  readonly simulated: boolean;
}
