import { formatTime } from "../../../model/time.ts";
import type { EventDraft } from "../../../model/watch/event.ts";
import { LEASE_STALE_MS, LEAVES_KEPT } from "../../constants.ts";
import { elapsedMs, hostName, latest, shortFingerprint } from "../paths/path-words.ts";
import { draft, type Round } from "../step.ts";
import type { LeaseRead, LeaseState } from "./leases.ts";
import type { Leaf, Sighting } from "./sightings.ts";

/** Whether a server is still the same process, as its certificate and its Lease tell. */
export interface Incarnation {
  /** Certificates it has shown, latest first. */
  readonly leaves: readonly Leaf[];
  readonly lease: LeaseState | undefined;
  /** Connections to it broke since it was last met undisturbed. */
  readonly broke: boolean;
  /** Something that only its Lease can explain. */
  readonly held: Held | undefined;
  /** A restart was told by one of the two, and the other has to follow: no news of its own. */
  readonly owes: { readonly leaf: boolean; readonly incarnation: boolean };
}

interface Held {
  readonly kind: "leaf" | "return";
  readonly at: string;
  readonly after: string | undefined;
  readonly was: Leaf | undefined;
  readonly is: Leaf | undefined;
  readonly broke: boolean;
  /** ISO 8601: the round. */
  readonly since: string;
  /** The renewal that was listed then; a later one by the same incarnation clears it. */
  readonly renewedMs: number | undefined;
}

const OWES_NOTHING: Incarnation["owes"] = { leaf: false, incarnation: false };

export const UNMET: Incarnation = {
  leaves: [],
  lease: undefined,
  broke: false,
  held: undefined,
  owes: OWES_NOTHING,
};

/** What the round has of it. */
export interface Signs {
  readonly round: Round;
  readonly host: string;
  readonly sighting: Sighting | undefined;
  readonly broken: boolean;
  /** ISO 8601: met before this round. */
  readonly metAt: string | undefined;
  /** Its entry in this round's list, and what that makes known of its lease. */
  readonly read: LeaseRead | undefined;
  readonly lease: LeaseState | undefined;
  /** A list was read lately. */
  readonly readable: boolean;
}

export interface IncarnationStep {
  readonly state: Incarnation;
  readonly event: EventDraft | undefined;
}

export function trackIncarnation(before: Incarnation, signs: Signs): IncarnationStep {
  const { sighting, broken, lease } = signs;
  const seen = sighting?.leaves ?? [];
  const news = seen.filter(({ fingerprint }) => !isKnown(before.leaves, fingerprint));
  const firstEver = before.leaves.length === 0;
  const state: Incarnation = {
    ...before,
    leaves: [...news.toReversed().map(leafOf), ...before.leaves].slice(0, LEAVES_KEPT),
    lease,
    broke: broken || (before.broke && seen.length === 0),
    owes: { ...before.owes, leaf: before.owes.leaf && seen.length === 0 },
  };
  const fresh = firstEver || before.owes.leaf ? undefined : news.at(-1);
  if (isOther(before.lease, signs)) return restartedByLease(before, state, signs, fresh);
  const isRenewed = lease !== undefined && lease.renewedMs > (before.lease?.renewedMs ?? 0);
  const settled: Incarnation = isRenewed
    ? { ...state, owes: { ...state.owes, incarnation: false } }
    : state;
  const held = fresh === undefined ? settled.held : holdLeaf(before, signs, fresh);
  return held === undefined ? { state: settled, event: undefined } : weigh(settled, held, signs);
}

function isKnown(leaves: readonly Leaf[], fingerprint: string): boolean {
  return leaves.some((leaf) => leaf.fingerprint === fingerprint);
}

function leafOf({ fingerprint, notAfter }: Leaf): Leaf {
  return { fingerprint, notAfter };
}

/** Another process holds the lease. */
function isOther(before: LeaseState | undefined, { lease, read }: Signs): boolean {
  if (read === undefined || before?.incarnation === undefined) return false;
  if (lease?.incarnation === undefined || lease.incarnation === before.incarnation) return false;
  return !before.former.includes(lease.incarnation);
}

function restartedByLease(
  before: Incarnation,
  state: Incarnation,
  signs: Signs,
  fresh: (Leaf & { readonly at: string }) | undefined,
): IncarnationStep {
  const { round, lease } = signs;
  const held = fresh === undefined ? before.held : holdLeaf(before, signs, fresh);
  const cleared: Incarnation = { ...state, held: undefined, broke: false, owes: OWES_NOTHING };
  if (before.owes.incarnation) return { state: cleared, event: undefined };
  const [was, is] = [before.lease?.incarnation ?? "", lease?.incarnation ?? ""];
  return {
    // Where no path has met it since, its certificate may yet turn out to be a new one.
    state: { ...cleared, owes: { leaf: held?.is === undefined, incarnation: false } },
    event: restarted(signs, {
      at: held?.at ?? round.sample.at,
      after: held === undefined ? before.lease?.readAt : held.after,
      was: `incarnation ${short(was)}`,
      is: `incarnation ${short(is)}`,
      evidence: [
        `its lease has another incarnation: ${short(was)} before, ${short(is)} now`,
        ...newLeaf(held),
      ],
    }),
  };
}

function holdLeaf(before: Incarnation, signs: Signs, leaf: Leaf & { readonly at: string }): Held {
  const is = leafOf(leaf);
  const broke = before.broke || signs.broken;
  if (before.held) return { ...before.held, is, broke: before.held.broke || broke };
  return {
    kind: "leaf",
    at: leaf.at,
    after: signs.metAt,
    was: before.leaves[0],
    is,
    broke,
    since: signs.round.sample.at,
    renewedMs: undefined,
  };
}

/** One that was gone and is met again so soon, that it is the same process or a restarted one. */
export function holdReturn(gone: Incarnation, at: string, after: string, since: string): Held {
  return {
    kind: "return",
    at,
    after,
    was: gone.leaves[0],
    is: undefined,
    broke: true,
    since,
    renewedMs: undefined,
  };
}

/** What is held is told when the lease speaks, or cannot. */
function weigh(state: Incarnation, asHeld: Held, signs: Signs): IncarnationStep {
  const { round, lease, read } = signs;
  const held: Held = { ...asHeld, broke: asHeld.broke || signs.broken };
  if (read !== undefined && lease !== undefined && lease.renewedMs > (held.renewedMs ?? Infinity)) {
    const same = `its lease has the same incarnation as before: ${short(lease.incarnation ?? "")}`;
    return {
      state: { ...state, held: undefined, broke: false },
      event: held.kind === "leaf" ? rotated(signs, held, same) : isBack(signs, held, same),
    };
  }
  if (!mayExplain(held, signs) || elapsedMs(held.since, round.sample.at) > LEASE_STALE_MS) {
    return unexplained(state, held, signs);
  }
  const listed = read === undefined ? undefined : lease?.renewedMs;
  const renewedMs = held.renewedMs ?? listed;
  return { state: { ...state, held: { ...held, renewedMs } }, event: undefined };
}

/** There is a lease to wait for. One that has just come back may have to write it first. */
function mayExplain({ kind }: Held, { readable, lease }: Signs): boolean {
  return readable && lease?.incarnation !== undefined && (kind === "return" || lease.absent === 0);
}

function unexplained(state: Incarnation, held: Held, signs: Signs): IncarnationStep {
  const told: Incarnation = { ...state, held: undefined, broke: false };
  if (held.kind === "leaf" && !held.broke) {
    return { state: told, event: rotated(signs, held, UNTOLD) };
  }
  if (held.kind === "return" && held.is === undefined) {
    return { state: told, event: isBack(signs, held, UNTOLD_RETURN) };
  }
  return {
    state: { ...told, owes: { leaf: held.is === undefined, incarnation: true } },
    event: restarted(signs, blindRestart(held, signs)),
  };
}

const UNTOLD = "its lease does not tell: without leases a rotation cannot be told from a restart";

const UNTOLD_RETURN =
  "its certificate is the one of before, and its lease does not tell whether it is the same process";

type Told = Pick<EventDraft, "at" | "after" | "was" | "is" | "evidence">;

function blindRestart(held: Held, { metAt }: Signs): Told {
  const how =
    held.kind === "return"
      ? "it was gone, and is met again"
      : "connections to it were refused, reset or ended before it had another certificate";
  return {
    at: held.at,
    after: held.after ?? metAt,
    was: held.was && leafWords(held.was),
    is: held.is && leafWords(held.is),
    evidence: [how, ...newLeaf(held), "its lease does not tell"],
  };
}

function restarted({ round, host }: Signs, told: Told): EventDraft {
  const what = `API server ${hostName(host)} was restarted`;
  const reportedAt = reportedOf(round, told.at);
  return draft(round, "server-restarted", "warn", { server: host }, what, { ...told, reportedAt });
}

function rotated({ round, host }: Signs, held: Held, evidence: string): EventDraft {
  const what = `API server ${hostName(host)} has a new certificate`;
  return draft(round, "certificate-rotated", "info", { server: host }, what, {
    at: held.at,
    after: held.after,
    reportedAt: reportedOf(round, held.at),
    was: held.was && leafWords(held.was),
    is: held.is && leafWords(held.is),
    evidence: [evidence],
  });
}

function isBack({ round, host }: Signs, held: Held, evidence: string): EventDraft {
  const what = `API server ${hostName(host)} is there again`;
  return draft(round, "server-appeared", "info", { server: host }, what, {
    at: held.at,
    after: held.after,
    reportedAt: reportedOf(round, held.at),
    evidence: [evidence, ...newLeaf(held)],
  });
}

function reportedOf({ sample }: Round, at: string): string {
  return latest([sample.at, at]) ?? at;
}

function newLeaf(held: Held | undefined): readonly string[] {
  return held?.is === undefined ? [] : [`it has a new certificate: ${leafWords(held.is)}`];
}

function leafWords({ fingerprint, notAfter }: Leaf): string {
  const until = notAfter === undefined ? "" : `, valid until ${formatTime(notAfter)}`;
  return `${shortFingerprint(fingerprint)}${until}`;
}

/** Of a UUID the first part. */
function short(incarnation: string): string {
  return incarnation.length > 8 ? `${incarnation.slice(0, 8)}…` : incarnation;
}
