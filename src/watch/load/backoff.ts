const LEAST_MS = 1_000;
/** Longer than any API server asks for; one that asks for more is asked again all the same. */
const LOAD_MOST_MS = 60_000;
const ADDRESS_MOST_MS = 30_000;
/** So long without a refusal, and the next one is a new matter. */
const QUIET_MS = 30_000;

/** When what may be asked again. Times are monotonic milliseconds. */
export interface Backoff {
  /** Of the whole load; undefined while nothing was ever shed. */
  readonly load: Rest | undefined;
  /** By Address.id: those that took no connection, until one answers. */
  readonly addresses: Readonly<Record<string, Rest>>;
  /** Times in which nothing could be sent, and for how long; the last one by itself. */
  readonly times: number;
  readonly endedMs: number;
  readonly last: { readonly fromMs: number; readonly untilMs: number } | undefined;
}

interface Rest {
  readonly untilMs: number;
  /** What is doubled when it comes to the next. */
  readonly waitMs: number;
}

export const NO_BACKOFF: Backoff = {
  load: undefined,
  addresses: {},
  times: 0,
  endedMs: 0,
  last: undefined,
};

/**
 * A server shed the request: nothing is sent anywhere for as long as it said, since the servers of a
 * cluster are equally full. One that did not say is left alone for 1 s, and twice as long each time
 * that it goes on. Answers to what was sent before the rest began double nothing: they only see to it
 * that a second goes by after them.
 */
export function noteShed(
  backoff: Backoff,
  retryAfterSeconds: number | undefined,
  nowMs: number,
): Backoff {
  const { load } = backoff;
  const isResting = load !== undefined && nowMs < load.untilMs;
  const isNew = load === undefined || nowMs - load.untilMs >= QUIET_MS;
  const lastMs = isNew ? 0 : load.waitMs;
  const statedMs = readSeconds(retryAfterSeconds);
  // What a server states is not doubled: it knows.
  const doublesNow = statedMs === undefined && !isResting;
  const waitMs = doublesNow ? Math.min(LOAD_MOST_MS, Math.max(LEAST_MS, 2 * lastMs)) : lastMs;
  const restMs = statedMs ?? (isResting ? LEAST_MS : waitMs);
  const untilMs = Math.max(load?.untilMs ?? 0, nowMs + restMs);
  return rest({ ...backoff, load: { untilMs, waitMs } }, nowMs, untilMs);
}

/** The address took no connection, or broke it off: the others are asked in its place for a while. */
export function noteUnreachable(backoff: Backoff, address: string, nowMs: number): Backoff {
  const before = backoff.addresses[address];
  if (before !== undefined && nowMs < before.untilMs) return backoff;
  const waitMs = Math.min(ADDRESS_MOST_MS, before === undefined ? LEAST_MS : 2 * before.waitMs);
  const addresses = { ...backoff.addresses, [address]: { untilMs: nowMs + waitMs, waitMs } };
  return { ...backoff, addresses };
}

/** An answer, whichever it is: the way there is good. */
export function noteAnswered(backoff: Backoff, address: string, nowMs: number): Backoff {
  const before = backoff.addresses[address];
  if (before === undefined || nowMs < before.untilMs) return backoff;
  const { [address]: _, ...addresses } = backoff.addresses;
  return { ...backoff, addresses };
}

export interface Openness {
  readonly backoff: Backoff;
  /** Those of the addresses that may be asked now, in their order. Empty: nothing may be sent. */
  readonly open: readonly string[];
}

/** Which of the addresses may be asked at this time; what is known of others is forgotten. */
export function findOpen(backoff: Backoff, addresses: readonly string[], nowMs: number): Openness {
  const kept = keepOnly(backoff, addresses);
  if (kept.load !== undefined && nowMs < kept.load.untilMs) return { backoff: kept, open: [] };
  const open = addresses.filter((address) => nowMs >= (kept.addresses[address]?.untilMs ?? nowMs));
  if (open.length > 0 || addresses.length === 0) return { backoff: kept, open };
  const untilMs = Math.min(...Object.values(kept.addresses).map((each) => each.untilMs));
  return { backoff: rest(kept, nowMs, untilMs), open };
}

/** For how long nothing could be sent, up to now. */
export function restedMs({ endedMs, last }: Backoff, nowMs: number): number {
  return (
    endedMs + (last === undefined ? 0 : Math.max(0, Math.min(nowMs, last.untilMs) - last.fromMs))
  );
}

/** Nothing is sent in this time; one that begins within the last makes that longer. */
function rest(backoff: Backoff, fromMs: number, untilMs: number): Backoff {
  const { last } = backoff;
  if (last !== undefined && fromMs <= last.untilMs) {
    const longer = { fromMs: last.fromMs, untilMs: Math.max(last.untilMs, untilMs) };
    return { ...backoff, last: longer };
  }
  const endedMs = backoff.endedMs + (last === undefined ? 0 : last.untilMs - last.fromMs);
  return { ...backoff, times: backoff.times + 1, endedMs, last: { fromMs, untilMs } };
}

function keepOnly(backoff: Backoff, addresses: readonly string[]): Backoff {
  const entries = Object.entries(backoff.addresses);
  const kept = entries.filter(([address]) => addresses.includes(address));
  return kept.length === entries.length
    ? backoff
    : { ...backoff, addresses: Object.fromEntries(kept) };
}

/** At least 1 s, or it would be no back-off; undefined for what is no time. */
function readSeconds(seconds: number | undefined): number | undefined {
  if (seconds === undefined || Number.isNaN(seconds) || seconds < 0) return undefined;
  return Math.min(LOAD_MOST_MS, Math.max(LEAST_MS, seconds * 1_000));
}
