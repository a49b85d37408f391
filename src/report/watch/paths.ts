/** What of a watch's state is shown; the state itself is one. */
export interface KnownState {
  readonly n: number;
  /** ISO 8601: the last round. */
  readonly at: string | undefined;
  /** Events so far. */
  readonly seq: number;
  readonly dns: {
    readonly named: Readonly<Record<string, { readonly resolvers: readonly string[] }>>;
  };
  readonly enis: {
    readonly listed:
      | Readonly<Record<string, { readonly id: string; readonly privateIp: string }>>
      | undefined;
  };
  readonly addresses: {
    readonly byId: Readonly<
      Record<
        string,
        {
          readonly leadsTo: readonly string[];
          readonly path: "up" | "down" | "never-up";
          readonly dropped: boolean;
        }
      >
    >;
  };
  readonly lists: { readonly serviceIps: readonly string[] | undefined };
  readonly servers: { readonly liveLeases: number | undefined };
  readonly sources: { readonly blind: Readonly<Record<string, string>> };
  readonly tally: { readonly from: string | undefined };
}

/** One address that is watched, and what is behind it. */
export interface WatchedPath {
  readonly address: string;
  /** As in a map: `eni` where an ENI owns its IP, `vip` where DNS names it. */
  readonly kind: "vip" | "eni" | "other";
  readonly state: "up" | "down" | "never-up";
  /** Hosts of API servers, latest first. */
  readonly leadsTo: readonly string[];
  /** Nobody names it any more. */
  readonly dropped: boolean;
}

const ORDER = ["vip", "eni", "other"] as const;

/** What is watched now: VIPs first, then ENIs; each kind in the order in which it was met. */
export function watchedPaths(state: KnownState): readonly WatchedPath[] {
  const owned = new Set(Object.values(state.enis.listed ?? {}).map(({ privateIp }) => privateIp));
  const named = new Set(Object.keys(state.dns.named));
  const paths = Object.entries(state.addresses.byId).map(
    ([address, { path, leadsTo, dropped }]): WatchedPath => {
      const ip = ipOf(address);
      const kind = owned.has(ip) ? "eni" : named.has(ip) ? "vip" : "other";
      return { address, kind, state: path, leadsTo, dropped };
    },
  );
  return ORDER.flatMap((kind) => paths.filter((path) => path.kind === kind));
}

/** `10.0.0.1` of `10.0.0.1:443`, `2001:db8::1` of `[2001:db8::1]:443`. */
function ipOf(address: string): string {
  return address.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

/** Everybody who names an address, in the order in which they were met. */
export function namingResolvers(state: KnownState): readonly string[] {
  return [...new Set(Object.values(state.dns.named).flatMap(({ resolvers }) => resolvers))];
}
