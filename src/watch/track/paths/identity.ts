import { isSameHost } from "../../../map/coverage.ts";
import { CERTIFICATES_KEPT } from "../../constants.ts";
import { own, withOwn } from "../own.ts";

/** Whose certificate it is, by its fingerprint. Bounded: the ones first seen go first. */
export type Hosts = Readonly<Record<string, Owner>>;

interface Owner {
  /** Undefined: several servers showed it, so that it names none of them. */
  readonly host: string | undefined;
  readonly named: boolean;
}

/** What a connection showed of the server at its end. */
export interface Shown {
  readonly server: string | undefined;
  readonly fingerprint: string | undefined;
  /** /api itself named the server, rather than its certificate. */
  readonly named: boolean;
}

/**
 * The host that was met. What /api says goes first; without it, what it said over this certificate
 * before, so that a server that answers 401 keeps its name; a fingerprint alone names nobody.
 */
export function hostOf(hosts: Hosts, shown: Shown): string | undefined {
  const known = shown.fingerprint === undefined ? undefined : own(hosts, shown.fingerprint);
  if (known?.host !== undefined && (!shown.named || known.host === shown.server)) {
    return known.host;
  }
  return shown.server === undefined ? undefined : canonical(hosts, shown.server);
}

export function learn(hosts: Hosts, { fingerprint, server, named }: Shown): Hosts {
  if (fingerprint === undefined || server === undefined) return hosts;
  const known = own(hosts, fingerprint);
  if (known?.named === true && (!named || known.host === server)) return hosts;
  const host = canonical(hosts, server);
  if (known !== undefined && known.named === named) {
    const settled = known.host === host || known.host === undefined;
    return settled ? hosts : withOwn(hosts, fingerprint, { host: undefined, named });
  }
  const room = Object.entries(hosts).slice(known === undefined ? 1 - CERTIFICATES_KEPT : 0);
  return withOwn(Object.fromEntries(room), fingerprint, { host, named });
}

/** A host may call itself by its first label where it has had the whole name before. */
function canonical(hosts: Hosts, server: string): string {
  const names = Object.values(hosts).flatMap(({ host }) => host ?? []);
  if (names.includes(server)) return server;
  return names.find((name) => isSameHost(name, server)) ?? server;
}
