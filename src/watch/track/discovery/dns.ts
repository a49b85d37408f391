import { compareIps } from "../../../model/ip.ts";
import type { EventDraft } from "../../../model/watch/event.ts";
import type { DnsSeen } from "../../../model/watch/sample.ts";
import { RESOLVER_STALE_MS } from "../../constants.ts";
import { own } from "../own.ts";
import { isRecent, patienceWith, type Rotation, rotated } from "../servers/rotation.ts";
import { isDenial } from "../sources/source-answers.ts";
import { draft, type Round, type Step } from "../step.ts";
import { latestOf, msBetween } from "../times.ts";
import { shown, shownLine, shownList } from "../words.ts";

export interface DnsState {
  /** By IP: in DNS, or not yet missed often enough to say otherwise. */
  readonly named: Readonly<Record<string, NamedIp>>;
  /** By IP: ISO 8601; kept until the IP is named anew or `forget` says so. */
  readonly left: Readonly<Record<string, string>>;
  /** By resolver and record type: its latest usable answer. */
  readonly views: Readonly<Record<string, DnsView>>;
}

export interface NamedIp {
  /** Those that still count as naming it, in order of name. */
  readonly resolvers: readonly string[];
  /** By view: every one that named it since it joined. */
  readonly sightings: Readonly<Record<string, Sighting>>;
  /**
   * It came with the first answer of a resolver that had not answered before, so that nobody can say
   * when it joined; a resolver that answered without it before may still tell.
   */
  readonly unannounced: boolean;
}

export interface Sighting {
  /** ISO 8601: the latest answer with it, and the first without it since then. */
  readonly lastAt: string;
  readonly goneAt: string | undefined;
  /** Answers in a row that lacked it. */
  readonly lacks: number;
}

export interface DnsView {
  readonly resolver: string;
  readonly type: DnsSeen["type"];
  /** ISO 8601. */
  readonly at: string;
  readonly kind: "records" | "nodata" | "nxdomain";
  /** In order. */
  readonly ips: readonly string[];
  readonly ttlSeconds: number | undefined;
  readonly rotation: Rotation | undefined;
}

export const NO_DNS: DnsState = { named: {}, left: {}, views: {} };

/**
 * Addresses that join and leave DNS. An IP is in DNS while any resolver names it, and a resolver names
 * it until it has lacked it in LEFT_DNS_AFTER usable answers in a row: behind one address there may be
 * several caches that do not change at once. One that names addresses again which it had left out is
 * waited for longer: it may answer with another part of a larger set each time. The first usable answer of a resolver to a type is how
 * things are, and no event.
 */
export function trackDns(state: DnsState, round: Round): Step<DnsState> {
  const { at } = round.sample;
  const before = new Map(Object.entries(state.views));
  const answers = (round.sample.dns ?? [])
    .flatMap((seen) => readAnswer(seen, at) ?? [])
    .map((view) => ({ ...view, rotation: rotationOf(state, before.get(keyOf(view)), view) }));
  if (answers.length === 0) return { state, events: [] };
  const began = before.size > 0;
  const left = new Map(Object.entries(state.left));
  const named: Entries = new Map(Object.entries(state.named));
  const joined = new Map<string, string>();
  for (const view of answers) {
    const previous = before.get(keyOf(view));
    for (const ip of missing(named, view)) lack(named, ip, view);
    for (const ip of view.ips) {
      // Having told that it left, one tells that it is back, whoever says so.
      const seenWithoutAt = previous?.at ?? left.get(ip);
      const isNews = sight(named, ip, view, began && seenWithoutAt === undefined);
      if (isNews && seenWithoutAt !== undefined) joined.set(ip, seenWithoutAt);
    }
  }
  const views = new Map([
    ...before,
    ...answers.map((view): [string, DnsView] => [keyOf(view), view]),
  ]);
  const gone = [...named].flatMap(([ip, entry]) => leaving(ip, entry, views, at) ?? []);
  const goneIps = new Set(gone.map(({ ip }) => ip));
  const staying = [...named].filter(([ip]) => !goneIps.has(ip));
  const next: DnsState = {
    named: Object.fromEntries(
      staying.map(([ip, entry]) => [ip, { ...entry, resolvers: resolversOf(entry, views) }]),
    ),
    left: Object.fromEntries([
      ...[...left].filter(([ip]) => !named.has(ip)),
      ...gone.map(({ ip, goneAt }) => [ip, goneAt]),
    ]),
    views: Object.fromEntries(
      [...views].filter(([key, view]) => !isStale(view, at) || holds(key, view, staying)),
    ),
  };
  const sets = { was: ipsOf(state), is: ipsOf(next) };
  return {
    state: next,
    events: [
      ...sorted([...joined.keys()]).map((ip) =>
        joinEvent(round, ip, joined.get(ip), sets, answers),
      ),
      ...gone
        .toSorted((a, b) => compareIps(a.ip, b.ip))
        .map((leave) => leaveEvent(round, leave, sets, views)),
    ],
  };
}

/** Each resolver that named it lacked it in its latest answer. */
export function isMissed(named: NamedIp | undefined): boolean {
  return named !== undefined && Object.values(named.sightings).every(({ lacks }) => lacks > 0);
}

type Entry = Pick<NamedIp, "sightings" | "unannounced">;
type Entries = Map<string, Entry>;

function keyOf({ resolver, type }: Pick<DnsView, "resolver" | "type">): string {
  return `${resolver} ${type}`;
}

/** Undefined for an answer that leaves open what is in DNS. */
function readAnswer(
  { resolver, type, answer }: DnsSeen,
  at: string,
): Omit<DnsView, "rotation"> | undefined {
  const empty = { resolver, type, at, ips: [], ttlSeconds: undefined } as const;
  if (answer.kind === "records") {
    const { ips, ttlSeconds } = answer;
    return { ...empty, kind: "records", ips: sorted([...new Set(ips)]), ttlSeconds };
  }
  if (answer.kind === "nodata") return { ...empty, kind: "nodata" };
  if (!isDenial(answer.failure)) return undefined;
  return { ...empty, kind: answer.failure.code === "dns-nxdomain" ? "nxdomain" : "nodata" };
}

/** How long each address had been left out that it names. */
function rotationOf(
  { named, left }: DnsState,
  before: DnsView | undefined,
  view: Omit<DnsView, "rotation">,
): Rotation | undefined {
  const lacks = view.ips.map((ip) => {
    const leftAt = own(left, ip);
    if (leftAt === undefined) return sightingOf(own(named, ip), keyOf(view))?.lacks ?? 0;
    return isRecent(leftAt, view.at) ? patienceWith(before?.rotation, view.at) : 0;
  });
  return rotated(before?.rotation, lacks, view.at);
}

function missing(named: ReadonlyMap<string, Entry>, view: DnsView): readonly string[] {
  const ips = new Set(view.ips);
  return [...named.keys()].filter((ip) => !ips.has(ip));
}

function lack(named: Entries, ip: string, view: DnsView): void {
  const entry = named.get(ip);
  const sighting = sightingOf(entry, keyOf(view));
  if (entry === undefined || sighting === undefined) return;
  const { lastAt, goneAt = view.at, lacks } = sighting;
  named.set(ip, withSighting(entry, view, { lastAt, goneAt, lacks: lacks + 1 }));
}

/** Whether a resolver with a history says by it that the IP has joined. */
function sight(named: Entries, ip: string, view: DnsView, isLate: boolean): boolean {
  const known = named.get(ip);
  const isNews =
    known === undefined || (known.unannounced && sightingOf(known, keyOf(view)) === undefined);
  const unannounced = isLate
    ? (known?.unannounced ?? true)
    : known?.unannounced === true && !isNews;
  const entry = { sightings: known?.sightings ?? {}, unannounced };
  named.set(ip, withSighting(entry, view, { lastAt: view.at, goneAt: undefined, lacks: 0 }));
  return isNews;
}

function sightingOf(entry: Entry | undefined, key: string): Sighting | undefined {
  return new Map(Object.entries(entry?.sightings ?? {})).get(key);
}

function withSighting({ sightings, unannounced }: Entry, view: DnsView, sighting: Sighting): Entry {
  return { sightings: { ...sightings, [keyOf(view)]: sighting }, unannounced };
}

function resolversOf({ sightings }: Entry, views: ReadonlyMap<string, DnsView>): readonly string[] {
  const naming = Object.entries(sightings)
    .filter(([key, sighting]) => isNaming(sighting, views.get(key)))
    .flatMap(([key]) => views.get(key)?.resolver ?? []);
  return [...new Set(naming)].toSorted();
}

/** By the patience of its latest answer. */
function isNaming(sighting: Sighting | undefined, view: DnsView | undefined): boolean {
  return sighting !== undefined && sighting.lacks < patienceWith(view?.rotation, view?.at ?? "");
}

function holds(
  key: string,
  view: DnsView,
  entries: readonly (readonly [string, Entry])[],
): boolean {
  return entries.some(([, entry]) => isNaming(sightingOf(entry, key), view));
}

interface Leave {
  readonly ip: string;
  /** ISO 8601: the last answer with it, of any resolver, and the first without it of the last one. */
  readonly lastAt: string | undefined;
  readonly goneAt: string;
  readonly sightings: NamedIp["sightings"];
}

/** Undefined while anybody names it. */
function leaving(
  ip: string,
  { sightings }: Entry,
  views: ReadonlyMap<string, DnsView>,
  at: string,
): Leave | undefined {
  const all = Object.entries(sightings);
  const holding = all.filter(([key, sighting]) => isNaming(sighting, views.get(key)));
  if (holding.length === all.length) return undefined;
  if (!holding.every(([key]) => isStale(views.get(key), at))) return undefined;
  const goneAt = holding.length > 0 ? at : latestOf(all.flatMap(([, seen]) => seen.goneAt ?? []));
  const lastAt = latestOf(all.map(([, seen]) => seen.lastAt));
  return { ip, lastAt, goneAt: goneAt ?? at, sightings };
}

function isStale(view: DnsView | undefined, at: string): boolean {
  if (view === undefined) return true;
  const limitMs = Math.max(RESOLVER_STALE_MS, 2000 * (view.ttlSeconds ?? 0));
  return (msBetween(view.at, at) ?? 0) > limitMs;
}

interface Sets {
  readonly was: readonly string[];
  readonly is: readonly string[];
}

function joinEvent(
  round: Round,
  ip: string,
  after: string | undefined,
  sets: Sets,
  answers: readonly DnsView[],
): EventDraft {
  const telling = answers.filter(({ ips }) => ips.includes(ip));
  return draft(
    round,
    "address-joined-dns",
    "info",
    { address: shown(ip), source: "dns" },
    `${shown(ip)} joined DNS`,
    { after, ...setWords(sets), evidence: telling.map(answerWords) },
  );
}

function leaveEvent(
  round: Round,
  { ip, lastAt, goneAt, sightings }: Leave,
  sets: Sets,
  views: ReadonlyMap<string, DnsView>,
): EventDraft {
  const evidence = Object.entries(sightings).flatMap(([key, sighting]) => {
    const view = views.get(key);
    if (view === undefined) return [];
    return isNaming(sighting, view)
      ? [`${shown(view.resolver)} named it last and has not answered since`]
      : [`${answerWords(view)}; ${sighting.lacks} answers in a row without it`];
  });
  return draft(
    round,
    "address-left-dns",
    "info",
    { address: shown(ip), source: "dns" },
    `${shown(ip)} left DNS`,
    { at: goneAt, after: lastAt, ...setWords(sets), evidence },
  );
}

/** `10.0.0.2 answers 43.200.53.253, 52.79.39.107 (A, TTL 60 s)` */
function answerWords({ resolver, type, kind, ips, ttlSeconds }: DnsView): string {
  const ttl = ttlSeconds === undefined ? "" : `, TTL ${ttlSeconds} s`;
  const said = {
    records: `answers ${shownList(ips) ?? "nothing"} (${type}${ttl})`,
    nodata: `has no ${type} record`,
    nxdomain: `knows no such name (${type})`,
  }[kind];
  return shownLine(`${shown(resolver)} ${said}`);
}

function setWords({ was, is }: Sets): Pick<EventDraft, "was" | "is"> {
  return { was: shownList(was), is: shownList(is) };
}

function ipsOf({ named }: DnsState): readonly string[] {
  return sorted(Object.keys(named));
}

function sorted(ips: readonly string[]): readonly string[] {
  return ips.toSorted(compareIps);
}
