import { type Fact, known, unknown } from "../model/fact.ts";
import type { NamespaceSockets } from "../model/node/snapshot.ts";
import type { TcpSocket } from "../model/node/socket.ts";
import { KUBELET_PORT } from "../node/names.ts";
import { parseTcpTable, type WantedPorts } from "../node/proc/tcp-table.ts";
import { hostFailure, problemFailure } from "./failure.ts";
import { HOST_NAMESPACE, type NetworkNamespaces } from "./namespaces.ts";
import type { Rights } from "./rights.ts";
import { type HostView, textOf } from "./view.ts";

/** Of some 400,000 sockets. */
const MAX_TABLE_BYTES = 64 * 1024 * 1024;

/** What is kept of one namespace. */
const MAX_SOCKETS = 100_000;

/** Sockets by network namespace, the host's first; and which were not seen, one line each. */
export interface SocketsRead {
  readonly namespaces: readonly NamespaceSockets[];
  readonly blind: readonly string[];
}

/**
 * The sockets that matter: to one of `ports` somewhere else, and at kubelet's port here. Of others
 * nothing is built: a worker has tens of thousands.
 */
export function readSockets(
  view: HostView,
  { further, leftOut }: NetworkNamespaces,
  ports: readonly number[],
  whose: Rights["sockets"] = "worker",
): SocketsRead {
  const blind: string[] = [];
  const wanted = { local: [KUBELET_PORT], remote: ports };
  const namespaces = [{ id: HOST_NAMESPACE, sockets: ofHost(view, wanted, blind, whose) }];
  for (const { id, pid } of further) {
    const folder = `/proc/${pid}/net`;
    const sockets = isWithoutTcp(view, folder)
      ? known([])
      : readTables(view, folder, wanted, blind);
    namespaces.push({ id, sockets });
  }
  if (leftOut > 0) blind.push(`${leftOut} further network namespaces were left out`);
  return { namespaces, blind: [...new Set(blind)] };
}

function ofHost(
  view: HostView,
  wanted: WantedPorts,
  blind: string[],
  whose: Rights["sockets"],
): Fact<readonly TcpSocket[]> {
  if (whose === "own") {
    const why =
      "sockets of the worker: only this container's are seen; hostNetwork would show them";
    blind.push(why);
    return unknown(hostFailure("file-unreadable", why));
  }
  const first = readTables(view, "/proc/1/net", wanted, blind);
  if (first.kind === "known") return first;
  const second = readTables(view, "/proc/net", wanted, blind);
  if (second.kind === "known" && whose === "unsure") {
    blind.push(
      "the sockets are those of this process's network, which may be a container's own: in a pod, hostPID and hostNetwork would show the worker's",
    );
  }
  return second.kind === "known" ? second : first;
}

/** Reading a table goes through the sockets of all namespaces; this asks for a number. */
function isWithoutTcp(view: HostView, folder: string): boolean {
  const counts = ["sockstat", "sockstat6"].map((name) => {
    const text = textOf(view, `${folder}/${name}`, 4_096) ?? "";
    return /^TCP6?: inuse (\d+)/m.exec(text)?.[1];
  });
  return counts.every((count) => count === "0");
}

function readTables(
  view: HostView,
  folder: string,
  wanted: WantedPorts,
  blind: string[],
): Fact<readonly TcpSocket[]> {
  const sockets: TcpSocket[] = [];
  for (const name of ["tcp", "tcp6"]) {
    const found = view.text(`${folder}/${name}`, MAX_TABLE_BYTES);
    if (found.kind === "text") {
      for (const socket of parseTcpTable(found.text, wanted)) {
        if (sockets.length < MAX_SOCKETS) sockets.push(socket);
      }
      if (found.cut) blind.push(`${folder}/${name} is longer than what is read of it`);
    } else if (name === "tcp") {
      return unknown(problemFailure(`${folder}/${name}`, found, "root"));
    } else if (found.kind !== "absent") {
      blind.push(`${folder}/${name} could not be read: sockets of IPv6 are missing`);
    }
  }
  if (sockets.length === MAX_SOCKETS) blind.push(`of ${folder} ${MAX_SOCKETS} sockets are kept`);
  return known(sockets);
}
