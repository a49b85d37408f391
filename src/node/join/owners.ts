import { reasonOf, valueOf } from "../../model/fact.ts";
import type { NodeProcess } from "../../model/node/process.ts";
import type { NodeSnapshot } from "../../model/node/snapshot.ts";
import type { TcpSocket } from "../../model/node/socket.ts";
import { parseTimeMs } from "../../model/time.ts";

/** Who has a socket, or why that is not known. */
export interface Owner {
  readonly process: NodeProcess | undefined;
  readonly reason: string | undefined;
}

/** Pids start again at their highest: the later of two may have the lower one. */
function older(a: NodeProcess, b: NodeProcess): NodeProcess {
  const [left, right] = [a, b].map(({ startedAt }) => parseTimeMs(valueOf(startedAt) ?? ""));
  const order = (left ?? Number.MAX_VALUE) - (right ?? Number.MAX_VALUE) || a.pid - b.pid;
  return order <= 0 ? a : b;
}

/** Of those that share a socket the oldest: the others have it from there. */
export function ownersOf(snapshot: NodeSnapshot): (socket: TcpSocket) => Owner {
  const { owners, processes } = snapshot;
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  if (owners.kind !== "known") {
    const reason = reasonOf(owners);
    return () => ({ process: undefined, reason });
  }
  const pids = owners.value;
  return ({ inode }) => {
    if (inode === 0) return { process: undefined, reason: "no process has it any more" };
    const own = Object.hasOwn(pids, inode) ? (pids[inode] ?? []) : [];
    const [first, ...more] = own.flatMap((pid) => byPid.get(pid) ?? []);
    const process = first === undefined ? undefined : more.reduce(older, first);
    if (process !== undefined) return { process, reason: undefined };
    const reason =
      own.length === 0 ? "its process could not be seen" : "its process ended while it was read";
    return { process: undefined, reason };
  };
}
