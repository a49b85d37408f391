import type { EventDraft } from "../../../model/watch/event.ts";
import {
  DEAD_AFTER,
  LEASE_ABSENT_AFTER,
  LEASE_STALE_BEHIND_PATH_MS,
  LEASE_STALE_MS,
  SERVER_GONE_AFTER,
} from "../../constants.ts";
import { own } from "../own.ts";
import type { AddressesState } from "../paths/addresses.ts";
import { mayYetMeet } from "../paths/moves.ts";
import { addressName, durationWords, hostName, latest, listed } from "../paths/path-words.ts";
import { draft, type Round } from "../step.ts";
import type { LeaseState } from "./leases.ts";

/** What speaks for and against a server that is not met. */
export interface Absence {
  readonly host: string;
  /** Those that have led to it. */
  readonly addresses: readonly string[];
  /** ISO 8601: the round that first knew of it. */
  readonly knownSince: string;
  readonly lastMetAt: string;
  /** Rounds in a row in which others answered and it was not met, and the first of them. */
  readonly missed: number;
  readonly missedSince: string | undefined;
  readonly lease: LeaseState | undefined;
  /** A list of leases was read in this round, or lately. */
  readonly isRead: boolean;
  readonly readable: boolean;
}

/** Where an address leads that has led to the server. */
type Lead =
  | { readonly kind: "elsewhere"; readonly hosts: readonly string[] }
  | { readonly kind: "dead" }
  /** It may yet lead there: it is down, or not looked at any more. */
  | { readonly kind: "open" };

/**
 * The event of a server that is gone; undefined while it may be there. Paths that are merely down
 * show nothing, and a live Lease is a server that is alive out of sight.
 */
export function departureOf(
  round: Round,
  absence: Absence,
  addresses: AddressesState,
  knownSince: (host: string) => string | undefined,
): EventDraft | undefined {
  if (absence.missed < SERVER_GONE_AFTER) return undefined;
  const leads = absence.addresses.map((id) => ({ id, lead: leadOf(absence.host, id, addresses) }));
  const closed = leads.every(({ lead }) => lead.kind !== "open");
  const byPaths = closed && leads.length > 0 && !mayBeAlive(absence);
  if (!byPaths && !isLeaseDead(absence, closed)) return undefined;
  const successor = successorOf(absence, leads, knownSince);
  const { host, missedSince, lastMetAt } = absence;
  const name = `API server ${hostName(host)}`;
  // Of one that no path has ever met only the lease says when.
  const at = leads.length > 0 ? (missedSince ?? round.sample.at) : round.sample.at;
  const more = {
    at,
    after: lastMetAt,
    reportedAt: latest([round.sample.at, at]) ?? at,
    was: host,
    evidence: [...leads.map(({ id, lead }) => leadWords(id, lead)), leaseWords(absence)],
  };
  const subject = { server: host };
  if (successor === undefined) {
    return draft(round, "server-gone", "warn", subject, `${name} is gone`, more);
  }
  const what = `${name} was replaced by ${hostName(successor)}`;
  return draft(round, "server-replaced", "info", subject, what, { ...more, is: successor });
}

function leadOf(host: string, id: string, { byId, unfollowed }: AddressesState): Lead {
  const address = own(byId, id);
  if (address === undefined) return { kind: unfollowed.includes(id) ? "open" : "dead" };
  const { leadsTo, leads, life, dropped, eniDeleted } = address;
  if ((dropped || eniDeleted) && (life.silent?.count ?? 0) >= DEAD_AFTER) return { kind: "dead" };
  // It has died, and the IP was asked again since.
  if (life.answeredAt === undefined) return { kind: "dead" };
  if (leadsTo.length === 0 || leadsTo.includes(host) || leads.pending) return { kind: "open" };
  if (mayYetMeet(leads, host)) return { kind: "open" };
  return { kind: "elsewhere", hosts: leadsTo };
}

/** Its lease was not seen to be stale, by a list that is not too old to say so. */
function mayBeAlive({ readable, lease }: Absence): boolean {
  if (!readable || lease === undefined) return false;
  return lease.behindMs <= LEASE_STALE_MS && lease.absent < LEASE_ABSENT_AFTER;
}

/** A path that leads to it and is down asks for more patience: what hangs renews nothing, either. */
function isLeaseDead({ isRead, lease }: Absence, closed: boolean): boolean {
  if (!isRead || lease === undefined) return false;
  const limit = closed ? LEASE_STALE_MS : LEASE_STALE_BEHIND_PATH_MS;
  return lease.absent >= LEASE_ABSENT_AFTER || lease.behindMs > limit;
}

/** The one server that all its ways lead to now, if it came after it: one of before takes over. */
function successorOf(
  { host, knownSince }: Absence,
  leads: readonly { readonly lead: Lead }[],
  knownSinceOf: (host: string) => string | undefined,
): string | undefined {
  const hosts = leads.flatMap(({ lead }) => (lead.kind === "elsewhere" ? lead.hosts : []));
  const [only, ...others] = new Set(hosts);
  if (only === undefined || others.length > 0 || only === host) return undefined;
  const since = knownSinceOf(only);
  return since !== undefined && since > knownSince ? only : undefined;
}

function leadWords(id: string, lead: Lead): string {
  const name = addressName(id);
  switch (lead.kind) {
    case "elsewhere":
      return `${name} leads to ${listed(lead.hosts.map(hostName))} now`;
    case "dead":
      return `${name} was dropped, and does not answer`;
    case "open":
      return `${name} does not meet it`;
  }
}

function leaseWords({ readable, lease }: Absence): string {
  if (!readable) return "leases cannot be read: it may be there where no path from here leads";
  if (lease === undefined) return "no lease bears its name";
  if (lease.absent > 0) return "its lease was deleted";
  return `its lease was last renewed ${durationWords(lease.behindMs)} before the newest one`;
}
