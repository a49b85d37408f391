/** Everything that a watch reports. Public and stable: add, never reuse. */
export const EVENT_KINDS = [
  "address-joined-dns",
  "address-left-dns",
  "eni-created",
  "eni-deleted",
  "eni-changed",
  "endpoint-joined-service",
  "endpoint-left-service",
  "server-appeared",
  "server-restarted",
  "server-replaced",
  "server-gone",
  "certificate-rotated",
  "version-changed",
  "cluster-changed",
  "path-moved",
  "path-down",
  "path-up",
  "kept-refused",
  "readyz-lost",
  "readyz-regained",
  "address-dead",
  "update-started",
  "update-finished",
  "source-lost",
  "source-regained",
  "caller-refused",
  "caller-accepted",
  "watch-gap",
] as const;

export type EventKind = (typeof EVENT_KINDS)[number];

/** `bad`: something that worked does not. `good`: it does again. `info`: it is another one now. */
export type EventSeverity = "bad" | "good" | "warn" | "info";

/** One thing that changed. */
export interface WatchEvent {
  /** 1-based, in the order of the reports; goes on over a resume. */
  readonly seq: number;
  readonly kind: EventKind;
  readonly severity: EventSeverity;
  /** ISO 8601: when it was first seen to be so. */
  readonly at: string;
  /** ISO 8601: when it was last seen to be otherwise; it happened in between. Undefined: never seen. */
  readonly after: string | undefined;
  /** ISO 8601: when enough had been seen to say so. Equals `at` where one look is enough. */
  readonly reportedAt: string;
  readonly subject: EventSubject;
  /** One sentence without its time: `ENI eni-0a (10.0.20.41) was deleted`. */
  readonly what: string;
  /** What it was and what it is, in a few words; undefined for nothing. */
  readonly was: string | undefined;
  readonly is: string | undefined;
  /** What was seen, one line each, most telling first. */
  readonly evidence: readonly string[];
  /** Of path-down and path-up. */
  readonly outage?: Outage;
  /** Of address-dead. */
  readonly drain?: Drain;
  /** The cluster's update that was under way, or had just ended, when it happened. */
  readonly during?: { readonly updateId: string; readonly type: string };
}

/** An event before it is numbered and held against the cluster's updates. */
export type EventDraft = Omit<WatchEvent, "seq" | "during">;

/** What it is about; each part where it has one. */
export interface EventSubject {
  /** Address.id, or an IP where no port is meant. */
  readonly address?: string;
  readonly eni?: string;
  /** Host of the API server. */
  readonly server?: string;
  readonly update?: string;
  /** `dns`, `ec2`, `eks`, `updates`, `leases`, `service-endpoints`, `token`. */
  readonly source?: string;
}

/** A time in which fresh connections to an address got no usable answer. */
export interface Outage {
  /** ISO 8601: the first that failed. */
  readonly startedAt: string;
  /** ISO 8601: the first that was answered again; undefined while it lasts. */
  readonly endedAt: string | undefined;
  /** Undefined while it lasts. */
  readonly durationMs: number | undefined;
  readonly attempts: number;
  readonly firstError: string;
  readonly lastError: string;
}

/** How an address ended that DNS or EC2 had dropped. Undefined: was not seen. All ISO 8601. */
export interface Drain {
  readonly droppedFromDnsAt: string | undefined;
  readonly droppedFromEc2At: string | undefined;
  /** Over fresh connections. */
  readonly fresh: DrainSide;
  /** Over the connection that was open when the address was dropped. */
  readonly kept: DrainSide;
  /** When nothing answered any more; undefined when it was given up still answering. */
  readonly deadAt: string | undefined;
  /** From the first drop to the last 200 of either side; 0 where none came after the drop. */
  readonly answeredForMs: number;
}

export interface DrainSide {
  readonly last200At: string | undefined;
  readonly first401At: string | undefined;
  readonly firstResetAt: string | undefined;
  /** Refused, unreachable or silent. */
  readonly firstTimeoutAt: string | undefined;
}
