import { type Fact, known, skipped } from "../model/fact.ts";
import type { HostView } from "./view.ts";

/** Open files that are looked at in all: hours of work for nobody. */
const MAX_LINKS = 2_000_000;

/** Who has the sockets, and how much of the search was in vain. */
export interface OwnersFound {
  /** Pids by inode. */
  readonly owners: Fact<Readonly<Record<string, readonly number[]>>>;
  /** Sockets that none of those holds that could be looked at. */
  readonly missing: number;
  /** Processes whose open files this user may not see, of all that were looked at. */
  readonly hidden: number;
  readonly looked: number;
}

/**
 * Which processes hold the sockets, by the links in `/proc/PID/fd`. No further than until each
 * socket has an owner.
 */
export function findOwners(
  view: HostView,
  pids: readonly number[],
  inodes: ReadonlySet<number>,
): OwnersFound {
  const search: Search = { inodes, missing: new Set(inodes), owners: new Map() };
  let [hidden, looked, folders] = [0, 0, 0];
  let left = MAX_LINKS;
  for (const pid of pids) {
    if (search.missing.size === 0 || left <= 0) break;
    looked += 1;
    const found = view.links(`/proc/${pid}/fd`, left);
    if (found.kind === "denied") hidden += 1;
    if (found.kind !== "links") continue;
    folders += 1;
    left -= found.targets.length;
    const readable = lookAt(pid, found.targets, search);
    // Root without CAP_SYS_PTRACE may list the folder, and follow nothing in it.
    if (view.live && readable === 0 && found.targets.length > 0) hidden += 1;
  }
  if (!view.live && folders === 0 && inodes.size > 0) {
    return { owners: skipped("the copy has no /proc/PID/fd"), missing: 0, hidden: 0, looked };
  }
  const missing = search.missing.size;
  return { owners: known(Object.fromEntries(search.owners)), missing, hidden, looked };
}

interface Search {
  readonly inodes: ReadonlySet<number>;
  /** Without an owner so far. */
  readonly missing: Set<number>;
  readonly owners: Map<string, number[]>;
}

/** How many of a process's open files could be seen; those that are looked for are taken. */
function lookAt(pid: number, targets: readonly (string | undefined)[], search: Search): number {
  let readable = 0;
  for (const target of targets) {
    if (target === undefined) continue;
    readable += 1;
    const inode = inodeOf(target);
    if (inode === undefined || !search.inodes.has(inode)) continue;
    search.missing.delete(inode);
    take(search.owners, String(inode), pid);
  }
  return readable;
}

const PREFIX = "socket:[";

function inodeOf(target: string): number | undefined {
  if (!target.startsWith(PREFIX)) return undefined;
  const inode = Number(target.slice(PREFIX.length, -1));
  return Number.isSafeInteger(inode) && inode > 0 ? inode : undefined;
}

/** A process may hold a socket twice. */
function take(owners: Map<string, number[]>, inode: string, pid: number): void {
  const pids = owners.get(inode);
  if (pids === undefined) owners.set(inode, [pid]);
  else if (pids.at(-1) !== pid) pids.push(pid);
}
