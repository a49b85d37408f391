import type { HostView } from "./view.ts";

/** Id of the machine's own. */
export const HOST_NAMESPACE = "host";

const MAX_NAMESPACES = 500;

/** Network namespaces by the processes in them. */
export interface NetworkNamespaces {
  /** `host`, `net:[4026532840]`, or `of process 4711`. */
  readonly byPid: ReadonlyMap<number, string>;
  /** Those beside the host's, each with one process that is in it; at most 500. */
  readonly further: readonly { readonly id: string; readonly pid: number }[];
  /** Those beyond that. */
  readonly leftOut: number;
}

/**
 * On the machine itself they are told apart by the number that the kernel gives each namespace's
 * table of sockets: unlike the link in `/proc/PID/ns`, every user may see that. `seesHost`: whether
 * process 1 is in the machine's own, and not in a container's.
 */
export function findNamespaces(
  view: HostView,
  pids: readonly number[],
  seesHost = true,
): NetworkNamespaces {
  const keyOf = view.live
    ? (pid: number | "self"): number | undefined => view.inode(`/proc/${pid}/net/tcp`)
    : (pid: number | "self"): string | undefined => view.link(`/proc/${pid}/ns/net`);
  const keys = pids.flatMap((pid) => {
    const key = keyOf(pid);
    return key === undefined ? [] : [{ pid, key }];
  });
  const first = keyOf(1) ?? (view.live ? keyOf("self") : mostFrequent(keys.map(({ key }) => key)));
  const host = seesHost ? first : undefined;
  const ids = new Map<string | number, string>(host === undefined ? [] : [[host, HOST_NAMESPACE]]);
  const further: { readonly id: string; readonly pid: number }[] = [];
  const byPid = new Map<number, string>();
  let leftOut = 0;
  for (const { pid, key } of keys) {
    let id = ids.get(key);
    if (id === undefined) {
      id = nameOf(view, pid);
      ids.set(key, id);
      if (further.length < MAX_NAMESPACES) further.push({ id, pid });
      else leftOut += 1;
    }
    byPid.set(pid, id);
  }
  return { byPid, further: view.live ? further : withTables(view, further, byPid), leftOut };
}

/** A copy has the table of sockets of one process each, which need not be the first. */
function withTables(
  view: HostView,
  further: NetworkNamespaces["further"],
  byPid: NetworkNamespaces["byPid"],
): NetworkNamespaces["further"] {
  const has = (pid: number): boolean => view.text(`/proc/${pid}/net/tcp`, 1).kind !== "absent";
  const found = new Map<string, number>();
  for (const [pid, id] of byPid) {
    if (id !== HOST_NAMESPACE && !found.has(id) && has(pid)) found.set(id, pid);
  }
  return further.map(({ id, pid }) => ({ id, pid: found.get(id) ?? pid }));
}

function nameOf(view: HostView, pid: number): string {
  const link = view.link(`/proc/${pid}/ns/net`) ?? "";
  return /^net:\[\d{1,20}\]$/.test(link) ? link : `of process ${pid}`;
}

/** Most of a worker's processes are in its own. */
function mostFrequent(keys: readonly (string | number)[]): string | number | undefined {
  const counts = new Map<string | number, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}
