import { type Fact, known, skipped } from "../../model/fact.ts";
import type { NodeProcess, ProcessOwner } from "../../model/node/process.ts";
import type { NamespaceSockets } from "../../model/node/snapshot.ts";
import type { Endpoint } from "../../model/node/socket.ts";
import { KUBELET_PORT } from "../../node/names.ts";
import { readCommand } from "../../node/proc/command.ts";
import { type NetstatSocket, readNetstat } from "../../node/proc/netstat.ts";
import { type PodNames, withDockerNames } from "../../node/proc/pod-names.ts";
import {
  type ListedProcess,
  readPs,
  readShims,
  readStats,
  readTasks,
  taskOf,
} from "../../node/proc/process-list.ts";
import { bootTimeOf } from "../../node/proc/started.ts";
import { HOST_NAMESPACE } from "../namespaces.ts";
import { shownName, startFrom } from "../processes.ts";
import { type HostView, textOf } from "../view.ts";
import { serviceAddressesOf } from "./cni.ts";
import { BUNDLE_LISTINGS } from "./listings.ts";

const MAX_BYTES = 32 * 1024 * 1024;

/** What the listings of a bundle say in place of /proc. */
export interface BundleProcesses {
  readonly namespaces: readonly NamespaceSockets[];
  readonly owners: Fact<Readonly<Record<string, readonly number[]>>>;
  readonly processes: readonly NodeProcess[];
  readonly serviceAddresses: readonly Endpoint[];
  readonly kubelet: readonly string[];
  readonly blind: readonly string[];
}

/** Sockets and processes of a log collector's bundle: it has listings in place of /proc. */
export function readBundleProcesses(
  view: HostView,
  ports: readonly number[],
  logs: PodNames,
): BundleProcesses {
  const listing = (path: string): string => textOf(view, path, MAX_BYTES) ?? "";
  const stats = readStats(listing(BUNDLE_LISTINGS.stats));
  const commands = readPs(listing(BUNDLE_LISTINGS.processes));
  const tasks = new Map([...readTasks(listing(BUNDLE_LISTINGS.tasks)), ...readShims(commands)]);
  const names = withDockerNames(logs, listing(BUNDLE_LISTINGS.docker));
  const netstat = listing(BUNDLE_LISTINGS.sockets);
  const { sockets: found, cut } = readNetstat(netstat, keeper(ports));
  const isListed = /^Proto\s/m.test(netstat);
  const bootSeconds = bootTimeOf(listing(BUNDLE_LISTINGS.machine));
  const pids = [...new Set(found.flatMap(({ pid }) => pid ?? []))];
  const processes = pids.map((pid): NodeProcess => {
    const stat = stats.get(pid);
    const command = commands.get(pid);
    return {
      pid,
      name: shownName(stat?.name ?? programOf(command) ?? "?"),
      command: command === undefined ? skipped("ps has no such process") : known(split(command)),
      startedAt:
        stat === undefined
          ? skipped("the bundle does not tell when it was started")
          : startFrom(stat.stat, BUNDLE_LISTINGS.stats, bootSeconds),
      owner: ownerOf(pid, stats, tasks, names),
      proxy: skipped("the bundle has no environments"),
      networkNamespace: HOST_NAMESPACE,
    };
  });
  const sockets = found.map(({ socket }) => socket);
  const why = "the bundle has no list of sockets: netstat was not installed";
  return {
    namespaces: [{ id: HOST_NAMESPACE, sockets: isListed ? known(sockets) : skipped(why) }],
    owners: isListed ? known(ownersOf(found)) : skipped(why),
    processes,
    serviceAddresses: serviceAddressesOf(view),
    kubelet: kubeletOf(view, stats, commands),
    blind: isListed ? gapsOf(netstat, cut) : [why],
  };
}

function gapsOf(netstat: string, cut: number): readonly string[] {
  const gaps = ["sockets of pods' own networks: the log collector does not list them"];
  if (cut > 0) {
    const what = cut === 1 ? "1 socket" : `${cut} sockets`;
    gaps.push(`${what} of IPv6: netstat cuts addresses that are too long for its columns`);
  }
  // It is stopped after 75 seconds, and then ends wherever it was.
  if (!netstat.endsWith("\n")) gaps.push("sockets at the end of the list: netstat was stopped");
  return gaps;
}

function keeper(ports: readonly number[]): (localPort: number, remotePort: number) => boolean {
  const wanted = new Set(ports);
  return (localPort, remotePort) => wanted.has(remotePort) || localPort === KUBELET_PORT;
}

function ownersOf(found: readonly NetstatSocket[]): Readonly<Record<string, readonly number[]>> {
  const owned = found.flatMap(({ socket, pid }) =>
    pid === undefined ? [] : [[String(socket.inode), [pid]] as const],
  );
  return Object.fromEntries(owned);
}

/** A listing joins arguments with blanks. */
function split(command: string): readonly string[] {
  return readCommand(command.replace(/ +/g, "\0"));
}

function programOf(command: string | undefined): string | undefined {
  return command?.split(" ", 1)[0]?.split("/").at(-1);
}

function ownerOf(
  pid: number,
  stats: ReadonlyMap<number, ListedProcess>,
  tasks: ReadonlyMap<number, string>,
  names: PodNames,
): ProcessOwner {
  const containerId = taskOf(pid, stats, tasks);
  if (containerId === undefined) {
    return { kind: "unknown", reason: "the bundle has no control groups" };
  }
  const named = names.logs.get(containerId);
  if (named === undefined) return { kind: "container", containerId };
  const uid = [...names.pods].find(
    ([, { namespace, pod }]) => namespace === named.namespace && pod === named.pod,
  )?.[0];
  return { kind: "pod", podUid: uid ?? "", containerId, ...named };
}

/** Its arguments, by `ps`, else by its unit's ExecStart. */
function kubeletOf(
  view: HostView,
  stats: ReadonlyMap<number, ListedProcess>,
  commands: ReadonlyMap<number, string>,
): readonly string[] {
  const pid = [...stats.values()].find(({ name }) => name === "kubelet")?.pid;
  const running =
    pid === undefined
      ? [...commands.values()].find((command) => programOf(command) === "kubelet")
      : commands.get(pid);
  if (running !== undefined) return split(running);
  const unit = textOf(view, BUNDLE_LISTINGS.kubeletUnit, 1024 * 1024) ?? "";
  return split(unit.replace(/\\\n/g, " ").match(/^ExecStart=(.*)$/m)?.[1] ?? "");
}
