import { valueOf } from "../model/fact.ts";
import type { NodeProcess } from "../model/node/process.ts";
import type { TcpSocket } from "../model/node/socket.ts";
import { KUBELET_PORT } from "../node/names.ts";
import { isRoot } from "../node/proc/status.ts";
import { commandOf, nameOfProcess, ownerOf } from "./processes.ts";
import { type HostView, textOf } from "./view.ts";

/**
 * Kubelet's arguments; none where it was not found. Names are looked through where something listens
 * at kubelet's port, and nobody is seen there. Anybody may call a process kubelet, and by these
 * arguments it is chosen which files are read, and whom a token is sent to: one in a pod, or of
 * another user than root, is not believed.
 */
export function kubeletCommand(
  view: HostView,
  pids: readonly number[],
  processes: readonly NodeProcess[],
  sockets: readonly TcpSocket[],
): readonly string[] {
  const listens = sockets.length === 0 || sockets.some(({ local }) => local.port === KUBELET_PORT);
  const pid =
    processes.find((one) => one.name === "kubelet" && isBelieved(view, one.pid))?.pid ??
    (listens
      ? pids.find((one) => nameOfProcess(view, one) === "kubelet" && isBelieved(view, one))
      : undefined);
  return pid === undefined ? [] : (valueOf(commandOf(view, pid)) ?? []);
}

/** A copy has no status of processes. */
function isBelieved(view: HostView, pid: number): boolean {
  const status = textOf(view, `/proc/${pid}/status`, 64 * 1024);
  return (status === undefined || isRoot(status)) && ownerOf(view, pid).kind !== "pod";
}
