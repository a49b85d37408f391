import type { KeptSeen, ProbeSeen } from "../../../model/watch/sample.ts";
import { own } from "../own.ts";
import type { AddressesState } from "../paths/addresses.ts";
import { hostOf } from "../paths/identity.ts";
import { elapsedMs } from "../paths/path-words.ts";
import type { Round } from "../step.ts";

export interface Leaf {
  readonly fingerprint: string;
  readonly notAfter: string | undefined;
}

/** What a round showed of one API server. */
export interface Sighting {
  /** ISO 8601: the first and last that met it. */
  readonly firstAt: string;
  readonly lastAt: string;
  readonly addresses: readonly string[];
  /** Of fresh connections, in order of time. */
  readonly leaves: readonly (Leaf & { readonly at: string })[];
  readonly kept: readonly KeptSeen[];
}

export interface Sightings {
  readonly met: ReadonlyMap<string, Sighting>;
  /** Connections to it were refused or reset, or the one that was kept for a while has ended. */
  readonly broken: ReadonlySet<string>;
  /** Something answered: the network here is not what is at fault. */
  readonly anyAnswer: boolean;
}

export function sightingsOf({ sample, intervalMs }: Round, addresses: AddressesState): Sightings {
  const met = new Map<string, Sighting>();
  const broken = new Set<string>();
  for (const probe of sample.probes) {
    const host = hostOf(addresses.hosts, { ...probe, named: probe.status === 200 });
    if (host !== undefined) met.set(host, withProbe(met.get(host), probe));
    const expected = isBreak(probe) ? onlyServer(addresses, probe.address) : undefined;
    if (expected !== undefined) broken.add(expected);
  }
  for (const kept of sample.kept) {
    const host = hostOf(addresses.hosts, { ...kept, named: kept.server !== undefined });
    if (kept.outcome.kind === "answered") {
      if (host !== undefined) met.set(host, withKept(met.get(host), kept));
    } else if (hadLived(kept, intervalMs)) {
      const expected = host ?? onlyServer(addresses, kept.address);
      if (expected !== undefined) broken.add(expected);
    }
  }
  const anyAnswer = met.size > 0 || sample.probes.some(({ status }) => status !== undefined);
  return { met, broken, anyAnswer };
}

/** Some servers, and what stands before them, end every connection after a request or a second. */
function hadLived({ openedAt, at }: KeptSeen, intervalMs: number): boolean {
  return elapsedMs(openedAt, at) > 2 * intervalMs;
}

const BREAKS: readonly string[] = [
  "tcp-refused",
  "tcp-reset",
  "tls-reset",
  "http-reset",
  "body-reset",
];

function isBreak({ failure }: ProbeSeen): boolean {
  return failure !== undefined && BREAKS.includes(failure.code);
}

function onlyServer({ byId }: AddressesState, address: string): string | undefined {
  const leadsTo = own(byId, address)?.leadsTo ?? [];
  return leadsTo.length === 1 ? leadsTo[0] : undefined;
}

function withProbe(before: Sighting | undefined, probe: ProbeSeen): Sighting {
  const { fingerprint, notAfter, at } = probe;
  const seen = widened(before, probe);
  if (fingerprint === undefined) return seen;
  return { ...seen, leaves: [...seen.leaves, { fingerprint, notAfter, at }] };
}

function withKept(before: Sighting | undefined, kept: KeptSeen): Sighting {
  const seen = widened(before, kept);
  return { ...seen, kept: [...seen.kept, kept] };
}

function widened(
  before: Sighting | undefined,
  { at, address }: { readonly at: string; readonly address: string },
): Sighting {
  if (before === undefined) {
    return { firstAt: at, lastAt: at, addresses: [address], leaves: [], kept: [] };
  }
  return {
    ...before,
    firstAt: before.firstAt < at ? before.firstAt : at,
    lastAt: before.lastAt > at ? before.lastAt : at,
    addresses: [...new Set([...before.addresses, address])],
  };
}
