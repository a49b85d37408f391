import { KUBELET_PORT } from "../node/names.ts";
import { type Capability, hasCapability, isRoot } from "../node/proc/status.ts";
import { parseTcpTable } from "../node/proc/tcp-table.ts";
import { nameOfProcess, pidsOf } from "./processes.ts";
import { type HostView, textOf } from "./view.ts";

/** What this process may see of the machine that it runs on. */
export interface Rights {
  /** No where it is certain. */
  readonly mayReadRules: boolean;
  /** Whether it has the worker's processes before it, and not only a container's. */
  readonly seesProcesses: boolean;
  /** Whether its own network is the worker's: what tools show is of their own. */
  readonly inHostNetwork: boolean;
  /** Whose sockets /proc shows: `unsure` where process 1 is hidden, and nothing else tells. */
  readonly sockets: "worker" | "own" | "unsure";
  /** Whom others' open files and environments are kept from. */
  readonly who:
    | "user"
    | "root"
    | "root without CAP_SYS_PTRACE"
    | "root without CAP_DAC_READ_SEARCH";
}

/** The kernel's number of the first process namespace: PROC_PID_INIT_INO. */
const FIRST_PID_NAMESPACE = "pid:[4026531836]";

/**
 * What this process may see, by what /proc tells of it and of process 1. On the machine itself
 * alone.
 */
export function rightsOn(view: HostView): Rights {
  const status = textOf(view, "/proc/self/status", 64 * 1024) ?? "";
  const seesProcesses = isAmongAll(view) || isWithKubelet(view);
  const [own, first] = ["self", "1"].map((pid) => view.inode(`/proc/${pid}/net/tcp`));
  const network = networkOf(view, seesProcesses, own, first);
  return {
    mayReadRules: hasCapability(status, "netAdmin") !== false,
    seesProcesses,
    inHostNetwork: network === "worker" || network === "unsure",
    sockets: network === "other" ? "worker" : network,
    who: whoReads(status),
  };
}

/** The folders of open files are their process's user's alone, for root as well as for others. */
function whoReads(status: string): Rights["who"] {
  if (!isRoot(status)) return "user";
  const lacks = (capability: Capability): boolean => hasCapability(status, capability) === false;
  if (lacks("sysPtrace")) return "root without CAP_SYS_PTRACE";
  return lacks("dacOverride") && lacks("dacReadSearch")
    ? "root without CAP_DAC_READ_SEARCH"
    : "root";
}

/** Whether its processes are all of the machine. */
function isAmongAll(view: HostView): boolean {
  const namespace = view.link("/proc/self/ns/pid");
  return namespace === undefined || namespace === FIRST_PID_NAMESPACE;
}

/**
 * A container with kubelet in it is itself the worker, as those of kind are. Where /proc hides other
 * users' processes, that something listens at kubelet's port has to do.
 */
function isWithKubelet(view: HostView): boolean {
  const pids = pidsOf(view);
  if (pids[0] !== 1) return listensForKubelet(view);
  return pids.some((pid) => nameOfProcess(view, pid) === "kubelet");
}

/** `other`: not the worker's, which is seen by process 1. */
function networkOf(
  view: HostView,
  seesProcesses: boolean,
  own: number | undefined,
  first: number | undefined,
): "worker" | "other" | "own" | "unsure" {
  if (seesProcesses && own !== undefined && first !== undefined) {
    return own === first ? "worker" : "other";
  }
  if (isFirstNetwork(view) || listensForKubelet(view)) return "worker";
  return seesProcesses ? "unsure" : "own";
}

/** Of the settings below net.core, most are in the first network namespace alone: sysctl_net_core.c. */
function isFirstNetwork(view: HostView): boolean {
  return textOf(view, "/proc/sys/net/core/dev_weight", 64) !== undefined;
}

/** The kernel writes listeners before connections (tcp_ipv4.c, tcp_seq_start): of some 3,000. */
const MAX_LISTENER_BYTES = 512 * 1024;

/** In a pod of the host's network kubelet's port is taken, though its process is not seen. */
function listensForKubelet(view: HostView): boolean {
  const wanted = { local: [KUBELET_PORT], remote: [] };
  return ["tcp", "tcp6"].some((name) => {
    const text = textOf(view, `/proc/net/${name}`, MAX_LISTENER_BYTES) ?? "";
    return parseTcpTable(text, wanted).some(({ state }) => state === "listen");
  });
}

/** Who may read rules and tracked connections, as messages name them. */
export const NEEDS_NET_ADMIN = "root or CAP_NET_ADMIN";
