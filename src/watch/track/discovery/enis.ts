import type { EventDraft } from "../../../model/watch/event.ts";
import type { EniSeen } from "../../../model/watch/sample.ts";
import { DELETED_AFTER } from "../../constants.ts";
import { draft, type Round, type Step } from "../step.ts";
import { inWords, shown, shownLine, shownList } from "../words.ts";
import { type Absence, absences } from "./absence.ts";

export interface EniState {
  /** Undefined until EC2 first answered. By ENI id; one that is missing stays until it is deleted. */
  readonly listed: Readonly<Record<string, EniSeen>> | undefined;
  /** By IP: ISO 8601; kept until an ENI owns the IP anew or `forget` says so. */
  readonly left: Readonly<Record<string, string>>;
  /** ISO 8601: the latest list. */
  readonly listAt: string | undefined;
  /** By ENI id. */
  readonly missing: Readonly<Record<string, Absence>>;
}

export const NO_ENIS: EniState = { listed: undefined, left: {}, listAt: undefined, missing: {} };

/** ENIs that are created, deleted and changed. The first list is how things are, and no event. */
export function trackEnis(state: EniState, round: Round): Step<EniState> {
  const { enis } = round.sample;
  if (enis?.kind !== "known") return { state, events: [] };
  const { at } = round.sample;
  const known = new Map(Object.entries(state.listed ?? {}));
  const list = new Map(enis.value.map((eni) => [eni.id, merged(known.get(eni.id), eni)]));
  const missing = absences(state.missing, [...known.keys()], new Set(list.keys()), {
    lastListAt: state.listAt,
    at,
  });
  const isDeleted = (id: string): boolean => (missing.get(id)?.lists ?? 0) >= DELETED_AFTER;
  const deleted = [...known.values()].filter(({ id }) => isDeleted(id));
  const staying = [...known].filter(([id]) => !isDeleted(id));
  const listed = new Map([...staying, ...list]);
  const owned = new Set([...listed.values()].map(({ privateIp }) => privateIp));
  const left: readonly (readonly [string, string])[] = [
    ...Object.entries(state.left),
    ...deleted.map(({ id, privateIp }) => [privateIp, missing.get(id)?.since ?? at] as const),
    ...[...list.values()].flatMap(({ id }) => {
      const ip = known.get(id)?.privateIp;
      return ip === undefined ? [] : [[ip, at] as const];
    }),
  ];
  const next: EniState = {
    listed: Object.fromEntries(listed),
    left: Object.fromEntries(left.filter(([ip]) => !owned.has(ip))),
    listAt: at,
    missing: Object.fromEntries([...missing].filter(([id]) => !isDeleted(id))),
  };
  if (state.listed === undefined) return { state: next, events: [] };
  const context: Context = { round, after: state.listAt, list: [...list.values()] };
  const events = [...list.values()].flatMap((eni) => {
    const before = known.get(eni.id);
    return before === undefined ? createdEvent(context, eni) : changedEvents(context, before, eni);
  });
  return {
    state: next,
    events: [...events, ...deleted.map((eni) => deletedEvent(context, eni, missing.get(eni.id)))],
  };
}

interface Context {
  readonly round: Round;
  /** ISO 8601: the list before this one. */
  readonly after: string | undefined;
  readonly list: readonly EniSeen[];
}

/** What an answer leaves out stays as it was. */
function merged(before: EniSeen | undefined, eni: EniSeen): EniSeen {
  return {
    id: eni.id,
    privateIp: eni.privateIp,
    subnetId: eni.subnetId ?? before?.subnetId,
    availabilityZone: eni.availabilityZone ?? before?.availabilityZone,
    status: eni.status ?? before?.status,
    securityGroupIds: eni.securityGroupIds ?? before?.securityGroupIds,
  };
}

function createdEvent({ round, after, list }: Context, eni: EniSeen): readonly EventDraft[] {
  return [
    draft(round, "eni-created", "info", subjectOf(eni), `${nameOf(eni)} was created`, {
      after,
      is: stateWords(eni, ASPECTS),
      evidence: [listWords(list)],
    }),
  ];
}

function deletedEvent(
  { round, list }: Context,
  eni: EniSeen,
  absence: Absence | undefined,
): EventDraft {
  return draft(round, "eni-deleted", "info", subjectOf(eni), `${nameOf(eni)} was deleted`, {
    at: absence?.since ?? round.sample.at,
    after: absence?.after,
    was: stateWords(eni, ASPECTS),
    evidence: [`${listWords(list)}; ${absence?.lists ?? 0} lists in a row without it`],
  });
}

function changedEvents(
  { round, after, list }: Context,
  before: EniSeen,
  eni: EniSeen,
): readonly EventDraft[] {
  const changed = ASPECTS.filter(({ of }) => {
    const [was, is] = [of(before), of(eni)];
    // What becomes known was so before, for all that can be told.
    return was !== undefined && is !== undefined && was !== is;
  });
  if (changed.length === 0) return [];
  const what = inWords(changed.map(({ what: aspect }) => `its ${aspect}`));
  return [
    draft(round, "eni-changed", "info", subjectOf(eni), `${nameOf(eni)} changed ${what}`, {
      after,
      was: stateWords(before, changed),
      is: stateWords(eni, changed),
      evidence: [listWords(list)],
    }),
  ];
}

interface Aspect {
  readonly what: string;
  readonly of: (eni: EniSeen) => string | undefined;
}

const ASPECTS: readonly Aspect[] = [
  { what: "IP", of: ({ privateIp }) => privateIp },
  { what: "subnet", of: ({ subnetId }) => subnetId },
  { what: "zone", of: ({ availabilityZone }) => availabilityZone },
  { what: "status", of: ({ status }) => status },
  {
    what: "security groups",
    of: ({ securityGroupIds }) =>
      securityGroupIds === undefined
        ? undefined
        : [...new Set(securityGroupIds)].toSorted().join(" ") || "none",
  },
];

/** `IP 10.0.20.41, status in-use` */
function stateWords(eni: EniSeen, aspects: readonly Aspect[]): string | undefined {
  return shownList(
    aspects.flatMap(({ what, of }) => {
      const value = of(eni);
      return value === undefined ? [] : [`${what} ${value}`];
    }),
  );
}

/** `ENI eni-0a (10.0.20.41, ap-northeast-2a)` */
function nameOf({ id, privateIp, availabilityZone }: EniSeen): string {
  const zone = availabilityZone === undefined ? "" : `, ${shown(availabilityZone)}`;
  return `ENI ${shown(id)} (${shown(privateIp)}${zone})`;
}

function subjectOf({ id, privateIp }: EniSeen): EventDraft["subject"] {
  return { eni: shown(id), address: shown(privateIp) };
}

function listWords(list: readonly EniSeen[]): string {
  const names = list.map(({ id, privateIp }) => `${id} (${privateIp})`).toSorted();
  return shownLine(`EC2 lists ${shownList(names) ?? "no ENI"}`);
}
