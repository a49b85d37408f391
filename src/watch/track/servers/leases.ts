import { isSameHost } from "../../../map/coverage.ts";
import type { IdentityLease } from "../../../model/inspection.ts";
import { parseTimeMs } from "../../../model/time.ts";
import type { ListsSeen } from "../../../model/watch/sample.ts";
import { LEASE_ABSENT_AFTER, LEASE_STALE_MS, LEAVES_KEPT } from "../../constants.ts";
import { elapsedMs } from "../paths/path-words.ts";

/** What is known of the identity Lease of one server. */
export interface LeaseState {
  readonly incarnation: string | undefined;
  /** Those of before, latest first: to read one of them again is no news. */
  readonly former: readonly string[];
  /** By the server's clock. */
  readonly renewedMs: number;
  /**
   * How much older than the newest renewal of any, when the list was last read; and no more than the
   * time since it was last seen to be renewed: a server whose clock is behind is not dead.
   */
  readonly behindMs: number;
  /** ISO 8601: the first list with its latest renewal; undefined while it was not seen to be renewed. */
  readonly renewalSeenAt: string | undefined;
  /** Known lists in a row that lacked it. */
  readonly absent: number;
  /** ISO 8601: the last list that had it. */
  readonly readAt: string;
}

export interface LeaseRead {
  readonly host: string | undefined;
  readonly incarnation: string | undefined;
  readonly renewedMs: number;
  readonly behindMs: number;
}

/**
 * The leases of a list that could be read, one a host. How old one is, is reckoned from the newest
 * renewal among them: the servers' clocks are alike, this machine's may be wrong.
 */
export function readLeases(lists: ListsSeen | undefined): readonly LeaseRead[] | undefined {
  if (lists?.leases.kind !== "known") return undefined;
  const all = lists.leases.value.map((lease) => ({ ...lease, renewedMs: renewedMs(lease) }));
  const newest = Math.max(...all.map((lease) => lease.renewedMs));
  return all.map((lease) => ({
    host: lease.host,
    incarnation: lease.incarnation,
    renewedMs: lease.renewedMs,
    behindMs: newest - lease.renewedMs,
  }));
}

function renewedMs({ renewTime }: IdentityLease): number {
  return parseTimeMs(renewTime) ?? 0;
}

export function isLive({ behindMs }: { readonly behindMs: number }): boolean {
  return behindMs <= LEASE_STALE_MS;
}

/** The one that was renewed last, where a host has several. */
export function leaseOf(
  read: readonly LeaseRead[] | undefined,
  host: string,
): LeaseRead | undefined {
  const own = (read ?? []).filter((lease) => isSameHost(lease.host, host));
  return own.toSorted((a, b) => b.renewedMs - a.renewedMs)[0];
}

/** An empty list says of no single server that it is gone: it may be that nobody writes any. */
export function trackLease(
  state: LeaseState | undefined,
  read: readonly LeaseRead[] | undefined,
  host: string,
  at: string,
): LeaseState | undefined {
  const lease = leaseOf(read, host);
  if (lease === undefined) {
    if (state === undefined || read === undefined || read.length === 0) return state;
    return { ...state, absent: Math.min(state.absent + 1, LEASE_ABSENT_AFTER) };
  }
  // A server that lags behind may still list what was before.
  if (state !== undefined && lease.renewedMs < state.renewedMs) {
    return { ...state, behindMs: behind(lease, state.renewalSeenAt, at), absent: 0 };
  }
  const isRenewed = state !== undefined && lease.renewedMs > state.renewedMs;
  const renewalSeenAt = isRenewed ? at : state?.renewalSeenAt;
  const incarnation = lease.incarnation ?? state?.incarnation;
  return {
    incarnation,
    former: formerOf(state, incarnation),
    renewedMs: lease.renewedMs,
    behindMs: behind(lease, renewalSeenAt, at),
    renewalSeenAt,
    absent: 0,
    readAt: at,
  };
}

function behind({ behindMs }: LeaseRead, renewalSeenAt: string | undefined, at: string): number {
  if (renewalSeenAt === undefined) return behindMs;
  return Math.min(behindMs, Math.max(0, elapsedMs(renewalSeenAt, at)));
}

function formerOf(
  state: LeaseState | undefined,
  incarnation: string | undefined,
): readonly string[] {
  if (state?.incarnation === undefined || state.incarnation === incarnation) {
    return state?.former ?? [];
  }
  const others = state.former.filter((each) => each !== state.incarnation);
  return [state.incarnation, ...others].slice(0, LEAVES_KEPT);
}
