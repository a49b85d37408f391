import type { ClusterUpdate } from "../../../model/investigation.ts";
import { parseTimeMs } from "../../../model/time.ts";
import type { EventDraft, EventSeverity } from "../../../model/watch/event.ts";
import { KEPT_UPDATES, UPDATE_ECHO_MS } from "../../constants.ts";
import { draft, type Round, type Step } from "../step.ts";
import { laterOf, msBetween } from "../times.ts";
import { shown, shownLine } from "../words.ts";

export interface UpdateState {
  /** The latest list; undefined until EKS first gave one. */
  readonly list: readonly ClusterUpdate[] | undefined;
  /** ISO 8601: when it was read. */
  readonly listAt: string | undefined;
  /** The latest KEPT_UPDATES at most, in the order in which they were first listed. */
  readonly seen: readonly UpdateSeen[];
  /** ISO 8601: EKS made the newest that was ever listed then. */
  readonly newestAt: string | undefined;
}

export interface UpdateSeen {
  readonly id: string;
  readonly type: string | undefined;
  readonly status: string | undefined;
  /** ISO 8601: it was made then, or was listed first. */
  readonly startedAt: string;
  /** ISO 8601: the latest list in which it was under way; undefined of one that had ended before. */
  readonly underWayAt: string | undefined;
}

export const NO_UPDATES: UpdateState = {
  list: undefined,
  listAt: undefined,
  seen: [],
  newestAt: undefined,
};

const UNDER_WAY = "InProgress";

/**
 * Updates of the cluster that start and end. Those of the first list are how things are, but one that
 * is under way there will have an end. One that is missing from a list is not known to have ended.
 */
export function trackUpdates(state: UpdateState, round: Round): Step<UpdateState> {
  const { updates, at } = round.sample;
  if (updates?.kind !== "known") return { state, events: [] };
  const known = new Map(state.seen.map((seen) => [seen.id, seen]));
  // One without a status that is new is not told from one that has ended: the next list may have it.
  const readable = updates.value.filter(({ id, status }) => status !== undefined || known.has(id));
  const list = new Map(readable.map((update) => [update.id, update]));
  const context: Context = { round, listAt: state.listAt, newestAt: state.newestAt };
  const isFirst = state.list === undefined;
  const events: EventDraft[] = [];
  // Oldest first: in the order in which they happened.
  for (const update of [...list.values()].toReversed()) {
    const before = known.get(update.id);
    known.set(update.id, seenOf(context, before, update));
    if (!isFirst) events.push(...eventsOf(context, before, update));
  }
  const stamps = [state.newestAt, ...readable.map(({ createdAt }) => createdAt)].flatMap(
    (stamp) => stamp ?? [],
  );
  return {
    state: {
      list: readable,
      listAt: at,
      seen: kept([...known.values()], new Set(list.keys())),
      newestAt: stamps.length === 0 ? undefined : stamps.reduce(laterOf),
    },
    events,
  };
}

interface Context {
  readonly round: Round;
  /** ISO 8601: the list before this one. */
  readonly listAt: string | undefined;
  readonly newestAt: string | undefined;
}

/** Those that are listed, and of the others the latest. */
function kept(seen: readonly UpdateSeen[], listed: ReadonlySet<string>): readonly UpdateSeen[] {
  const others = seen.filter(({ id }) => !listed.has(id));
  const spare = Math.max(0, KEPT_UPDATES - listed.size);
  const staying = new Set(spare === 0 ? [] : others.slice(-spare).map(({ id }) => id));
  return seen.filter(({ id }) => listed.has(id) || staying.has(id));
}

function seenOf(
  context: Context,
  before: UpdateSeen | undefined,
  update: ClusterUpdate,
): UpdateSeen {
  const { at } = context.round.sample;
  const { id } = update;
  const type = update.type ?? before?.type;
  // A status that is left out is as it was.
  const status = update.status ?? before?.status;
  const startedAt = before?.startedAt ?? startOf(context, update);
  if (status === UNDER_WAY) return { id, type, status, startedAt, underWayAt: at };
  const isNew = before === undefined && isNews(context, update);
  return {
    id,
    type,
    status,
    startedAt,
    // It came and went between two lists, and ended after the first of them.
    underWayAt: isNew ? laterOf(startedAt, context.listAt ?? startedAt) : before?.underWayAt,
  };
}

/** By EKS's clock, unless that says that it has not begun yet. */
function startOf({ round }: Context, { createdAt }: ClusterUpdate): string {
  const { at } = round.sample;
  if (createdAt === undefined || parseTimeMs(createdAt) === undefined) return at;
  return (msBetween(createdAt, at) ?? -1) < 0 ? at : createdAt;
}

/**
 * Whether one that was not listed before is a new one. EKS lists the latest few: when one of those is
 * forgotten an older one, long since ended, may take its place.
 */
function isNews({ listAt, newestAt }: Context, { status, createdAt }: ClusterUpdate): boolean {
  if (listAt === undefined) return false;
  if (status === UNDER_WAY || createdAt === undefined || newestAt === undefined) return true;
  return (msBetween(newestAt, createdAt) ?? 1) > 0;
}

function eventsOf(
  context: Context,
  before: UpdateSeen | undefined,
  update: ClusterUpdate,
): readonly EventDraft[] {
  if (before === undefined) {
    if (!isNews(context, update)) return [];
    const started = startedEvent(context, update);
    if (update.status === UNDER_WAY) return [started];
    return [started, finishedEvent(context, update, started.at)];
  }
  const hasEnded = update.status !== undefined && update.status !== UNDER_WAY;
  if (!hasEnded || before.status !== UNDER_WAY) return [];
  return [finishedEvent(context, update, before.underWayAt)];
}

function startedEvent(context: Context, update: ClusterUpdate): EventDraft {
  const { listAt, round } = context;
  const at = startOf(context, update);
  const isAfterList = listAt !== undefined && (msBetween(listAt, at) ?? -1) >= 0;
  return draft(round, "update-started", "info", subjectOf(update), `${nameOf(update)} started`, {
    at,
    // Two clocks: EKS may say that it began before the list that lacked it.
    after: isAfterList ? listAt : undefined,
    is: UNDER_WAY,
    evidence: [evidenceOf(update)],
  });
}

function finishedEvent(
  { round }: Context,
  update: ClusterUpdate,
  underWayAt: string | undefined,
): EventDraft {
  const status = update.status ?? "";
  const { severity, verb } = endOf(status);
  return draft(round, "update-finished", severity, subjectOf(update), `${nameOf(update)} ${verb}`, {
    after: underWayAt,
    was: UNDER_WAY,
    is: shown(status),
    evidence: [
      ...update.errors.map(({ code, message }) => shownLine(`${code}: ${message}`)),
      evidenceOf(update),
    ],
  });
}

function endOf(status: string): { readonly severity: EventSeverity; readonly verb: string } {
  switch (status) {
    case "Successful":
      return { severity: "good", verb: "succeeded" };
    case "Failed":
      return { severity: "bad", verb: "failed" };
    case "Cancelled":
      return { severity: "warn", verb: "was cancelled" };
    // EKS may come to have others.
    default:
      return { severity: "info", verb: `is no longer under way: ${shown(status)}` };
  }
}

function subjectOf({ id }: ClusterUpdate): EventDraft["subject"] {
  return { update: shown(id) };
}

/** `VersionUpdate of the cluster` */
function nameOf({ type }: Pick<ClusterUpdate, "type">): string {
  return `${typeOf(type)} of the cluster`;
}

function typeOf(type: string | undefined): string {
  return type === undefined ? "update" : shown(type);
}

function evidenceOf({ id, status }: ClusterUpdate): string {
  return `EKS lists update ${shown(id)} as ${shown(status ?? "unknown")}`;
}

/** What an update can bring about; `update-…` are not among them. */
const EFFECTS: readonly string[] = [
  "eni-",
  "server-",
  "path-",
  "kept-",
  "address-",
  "endpoint-",
  "version-changed",
  "cluster-changed",
  "certificate-rotated",
];

/** The update that explains an event: under way when it happened, or ended shortly before. */
export function updateDuring(
  state: UpdateState,
  event: EventDraft,
): { readonly updateId: string; readonly type: string } | undefined {
  if (!EFFECTS.some((prefix) => event.kind.startsWith(prefix))) return undefined;
  const listed = new Set(state.list?.map(({ id }) => id));
  const underWay = new Set(
    state.seen
      .filter(({ id, status }) => status === UNDER_WAY && listed.has(id))
      .map(({ id }) => id),
  );
  const fitting = state.seen.filter((seen) => mayExplain(seen, event.at));
  const best =
    fitting.findLast(({ id }) => underWay.has(id)) ??
    fitting.toSorted((a, b) => msBetween(b.underWayAt ?? "", a.underWayAt ?? "") ?? 0).at(-1);
  if (best === undefined) return undefined;
  return { updateId: shown(best.id), type: typeOf(best.type) };
}

/** While EKS lists it as under way, the latest list is young enough to cover what happens since. */
function mayExplain({ startedAt, underWayAt }: UpdateSeen, at: string): boolean {
  if (underWayAt === undefined || (msBetween(startedAt, at) ?? -1) < 0) return false;
  return (msBetween(underWayAt, at) ?? Infinity) <= UPDATE_ECHO_MS;
}
