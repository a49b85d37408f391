import { compareParts, type Differences, known, type Part, type PartState } from "./parts.ts";
import type { SavedRun, SavedServer } from "./saved-run.ts";
import { listed } from "./views.ts";

/** Two runs, seen from the side of who answered where. */

/** By host; one that no signal gave a host is known by its certificate. */
function nameOf({ host, certificates }: SavedServer): string {
  return host ?? `with certificate ${listed(certificates.map(({ sha256 }) => shorten(sha256)))}`;
}

/** As much of a fingerprint as tells it apart in one line. */
function shorten(fingerprint: string): string {
  return `${fingerprint.slice(0, 23)}…`;
}

export function serverComparison(before: SavedRun, after: SavedRun): Differences {
  const [left, right] = [namesOf(before), namesOf(after)];
  return compareParts(
    before.apiServers.flatMap((server) => serverParts(server, right.has(nameOf(server)))),
    after.apiServers.flatMap((server) => serverParts(server, left.has(nameOf(server)))),
    ({ key }, side) => {
      const [there, here] = side === "before" ? [after, before] : [before, after];
      const server = there.apiServers.find((one) => nameOf(one) === key);
      if (here.paths.every(({ apiServer }) => apiServer == null))
        return { kind: "unknown", reason: "nobody was met" };
      return couldHaveBeenMissed(server, there, here)
        ? { kind: "unknown", reason: "perhaps by chance not met" }
        : { kind: "absent" };
    },
  );
}

function namesOf({ apiServers }: SavedRun): ReadonlySet<string> {
  return new Set(apiServers.map(nameOf));
}

function serverParts(server: SavedServer, stayed: boolean): readonly Part[] {
  const name = nameOf(server);
  const what = `API server ${name}`;
  if (!stayed) return [{ key: name, what, state: known(name, "") }];
  const version = server.inspected?.version;
  return [
    {
      key: `${name} certificate`,
      what: `certificate of ${what}`,
      state: certificateState(server),
    },
    {
      key: `${name} version`,
      what: `version of ${what}`,
      state: version == null ? { kind: "not-asked" } : known(version),
    },
  ];
}

function certificateState({ certificates }: SavedServer): PartState {
  if (certificates.length === 0) return { kind: "unknown", reason: "not seen" };
  const all = certificates.map(({ sha256 }) => sha256);
  return known(listed(all), listed(all.map(shorten)));
}

/**
 * Whether a server that was met `there` may be up unseen `here`: where one of its addresses led to
 * nobody, or is balanced, so that chance decides who is met.
 */
function couldHaveBeenMissed(
  server: SavedServer | undefined,
  there: SavedRun,
  here: SavedRun,
): boolean {
  return (server?.reachedBy ?? []).some((address) => {
    const [met, others] = [hostsByAddress(here), hostsByAddress(there)].map((hosts) =>
      hosts.get(address),
    );
    return met !== undefined && (met.length !== 1 || (others?.length ?? 0) > 1);
  });
}

/**
 * Who answers behind an address that both runs have. Behind a balanced one chance decides who is
 * met: it has changed only where the two runs met nobody in common.
 */
export function addressComparison(before: SavedRun, after: SavedRun): Differences {
  const [left, right] = [hostsByAddress(before), hostsByAddress(after)];
  const common = [...left.keys()].filter((address) => right.has(address));
  const parts = (own: HostsByAddress, other: HostsByAddress): readonly Part[] =>
    common.map((address) => {
      const [hosts, others] = [own.get(address) ?? [], other.get(address) ?? []];
      return {
        key: address,
        what: `API server behind ${address}`,
        state: stateOfAddress(hosts, others),
      };
    });
  return compareParts(parts(left, right), parts(right, left));
}

type HostsByAddress = ReadonlyMap<string, readonly string[]>;

function hostsByAddress({ apiServers, paths }: SavedRun): HostsByAddress {
  const names = new Map(apiServers.map((server) => [server.id, nameOf(server)]));
  const addresses = [...new Set(paths.map(({ address }) => address))];
  return new Map(
    addresses.map((address) => [
      address,
      paths
        .filter((path) => path.address === address)
        .flatMap(({ apiServer }) => (apiServer == null ? [] : (names.get(apiServer) ?? []))),
    ]),
  );
}

function stateOfAddress(hosts: readonly string[], others: readonly string[]): PartState {
  if (hosts.length === 0) return { kind: "unknown", reason: "nobody was met" };
  const isBalanced = hosts.length > 1 || others.length > 1;
  const meetsSame = hosts.some((host) => others.includes(host));
  return isBalanced && meetsSame ? known("balanced", listed(hosts)) : known(listed(hosts));
}
