import { HTTPS_PORT } from "../model/address.ts";
import { type Fact, unknown, valueOf } from "../model/fact.ts";
import type { Failure } from "../model/failure.ts";
import { compareIps } from "../model/ip.ts";
import type { ConntrackUse } from "../model/node/nat.ts";
import type { NodeProcess } from "../model/node/process.ts";
import type { NamespaceSockets, NodeSnapshot } from "../model/node/snapshot.ts";
import { type Endpoint, endpointId, type TcpSocket } from "../model/node/socket.ts";
import type { Clock } from "../model/ports.ts";
import { sanitizeText } from "../model/text.ts";
import { readLocalAddresses, readPodAddresses } from "../node/proc/local-addresses.ts";
import { type PodNames, readPodNames } from "../node/proc/pod-names.ts";
import { readBundleProcesses } from "./bundle/processes.ts";
import { isBundle } from "./capture-root.ts";
import { captureTime } from "./capture-time.ts";
import { readTracked, readUse } from "./conntrack.ts";
import { hostFailure } from "./failure.ts";
import { readKubelet } from "./kubelet.ts";
import { kubeletCommand } from "./kubelet-command.ts";
import { findNamespaces } from "./namespaces.ts";
import { type NatRead, readLiveNat } from "./nat.ts";
import { findOwners } from "./owners.ts";
import { BUNDLE_PLACES, COPY_PLACES, type HostPlaces, MACHINE_PLACES } from "./places.ts";
import { readPrintedNat } from "./printed-nat.ts";
import { bootSecondsOf, type ProcessRead, pidsOf, readProcess } from "./processes.ts";
import { readResolver } from "./resolver.ts";
import { type Rights, rightsOn } from "./rights.ts";
import { readSockets } from "./sockets.ts";
import type { ToolRunner } from "./tools.ts";
import { type HostView, namesIn, textOf } from "./view.ts";
import { workerFiles } from "./worker-files.ts";

/** What is read, when, and how much of it. */
export interface ReadNodeOptions {
  readonly source: NodeSnapshot["source"];
  readonly clock: Clock;
  /** Ports of the control plane: 443, and the endpoint's where it is another. */
  readonly ports?: readonly number[];
  /** The tools of this machine; for a copy none is run. */
  readonly tools?: ToolRunner;
}

/** All pods are told the same address of the API servers, but for a few that are told another. */
const ENOUGH_TOLD = 20;

/** Owners of sockets that are described. */
const MAX_PROCESSES = 5_000;

const MAX_LOG_NAMES = 100_000;
const MAX_SMALL_BYTES = 64 * 1024;
const MAX_ROUTES_BYTES = 8 * 1024 * 1024;
const MAX_HOSTNAME = 255;

/**
 * All that a worker's kernel and files say of its connections to the control plane. Reads files and,
 * on the machine itself, runs the few tools that show what is in no file; asks nobody. Each part
 * stands alone: what could not be read says why. Never rejects for what it reads.
 */
export async function readNode(view: HostView, options: ReadNodeOptions): Promise<NodeSnapshot> {
  const ports = options.ports ?? [HTTPS_PORT];
  const places = placesOf(options.source);
  const rights = view.live ? rightsOn(view) : undefined;
  const worker = workerFiles(view, rights);
  const names = worker.kind === "seen" ? podNames(worker.files, places) : readPodNames([], []);
  const seen =
    options.source.kind === "bundle"
      ? readBundleProcesses(view, ports, names)
      : readProcesses(view, ports, names, rights);
  const remotes = remotesOf(seen.namespaces);
  // For a copy none is run, and what runs them is not loaded.
  const live = rights && { rights, tools: options.tools ?? (await machineTools()) };
  const [nat, conntrack, kubelet] = await Promise.all([
    readNat(view, places, live, remotes),
    readTracked(view, places, { ips: remotes, ports }, live),
    worker.kind === "seen"
      ? readKubelet(worker.files, places, seen.kubelet)
      : unknown(filesHidden(worker.why)),
  ]);
  const time = captureTime(view, options.source, options.clock);
  const use = readUse(view, rights);
  const resolver =
    worker.kind === "seen"
      ? readResolver(worker.files, places)
      : { servers: unknown(filesHidden(worker.why)), file: undefined };
  const routes = routesOf(view, places);
  return {
    readAt: time.at,
    hostname: hostnameOf(view, places),
    source: options.source,
    localIps: sortedIps(routes.flatMap(readLocalAddresses)),
    podIps: sortedIps(routes.flatMap(readPodAddresses)),
    namespaces: seen.namespaces,
    processes: seen.processes,
    owners: seen.owners,
    nat: nat.nat,
    conntrack,
    conntrackUse: use,
    kubelet,
    serviceAddresses: seen.serviceAddresses,
    nameServers: resolver.servers,
    nameServersFile: resolver.file,
    blind: [
      ...new Set([...seen.blind, ...nat.blind, ...blindTo(conntrack, use, kubelet), ...time.blind]),
    ],
  };
}

function filesHidden(why: string): Failure {
  return hostFailure(
    "file-unreadable",
    `files of the worker, with kubelet's settings, name servers and the names of pods: ${why}`,
  );
}

function placesOf(source: NodeSnapshot["source"]): HostPlaces {
  switch (source.kind) {
    case "live":
      return MACHINE_PLACES;
    case "root":
      return COPY_PLACES;
    case "bundle":
      return BUNDLE_PLACES;
  }
}

/** What a folder is: a copy of a machine's files, or an unpacked bundle of the EKS log collector. */
export function sourceOf(root: string): NodeSnapshot["source"] {
  const path = sanitizeText(root, 300);
  return { kind: isBundle(root) ? "bundle" : "root", path };
}

interface Seen {
  readonly namespaces: readonly NamespaceSockets[];
  readonly owners: NodeSnapshot["owners"];
  readonly processes: readonly NodeProcess[];
  readonly serviceAddresses: readonly Endpoint[];
  /** Kubelet's arguments; none where it was not found. */
  readonly kubelet: readonly string[];
  readonly blind: readonly string[];
}

function readProcesses(
  view: HostView,
  ports: readonly number[],
  names: PodNames,
  rights: Rights | undefined,
): Seen {
  const pids = pidsOf(view);
  const spaces = findNamespaces(view, pids, rights?.sockets !== "own");
  const { namespaces, blind } = readSockets(view, spaces, ports, rights?.sockets);
  const sockets = namespaces.flatMap(({ sockets: fact }) => valueOf(fact) ?? []);
  const inodes = new Set(sockets.flatMap(({ inode }) => (inode === 0 ? [] : [inode])));
  const likely = likelyFirst(pids, namespaces, spaces.byPid);
  const { owners, missing, hidden, looked } = findOwners(view, likely, inodes);
  const owning = [...new Set(Object.values(valueOf(owners) ?? {}).flat())].toSorted(
    (a, b) => a - b,
  );
  const context = { bootSeconds: bootSecondsOf(view), names, namespaces: spaces.byPid };
  const read: ProcessRead[] = [];
  let told = 0;
  for (const pid of owning.slice(0, MAX_PROCESSES)) {
    const process = readProcess(view, pid, context, told < ENOUGH_TOLD);
    if (process === undefined) continue;
    read.push(process);
    if (process.service !== undefined) told += 1;
  }
  const processes = read.map(({ process }) => process);
  const left = owning.length - MAX_PROCESSES;
  return {
    namespaces,
    owners,
    processes,
    serviceAddresses: distinct(read.flatMap(({ service }) => service ?? [])),
    kubelet: kubeletCommand(view, pids, processes, sockets),
    blind: [
      ...blind,
      ...(left > 0 ? [`${left} further processes have such sockets`] : []),
      ...(missing > 0 && hidden > 0 && rights !== undefined
        ? [`owners of ${missing} sockets: ${unseenFiles(hidden, looked, rights)}`]
        : []),
      ...(rights === undefined ? [] : unseenProcesses(pids, rights)),
    ],
  };
}

/**
 * Processes in networks that have such sockets, then the others: a socket may be handed on, but
 * mostly all owners are found before those are looked at.
 */
function likelyFirst(
  pids: readonly number[],
  namespaces: readonly NamespaceSockets[],
  networks: ReadonlyMap<number, string>,
): readonly number[] {
  const having = new Set(
    namespaces.flatMap(({ id, sockets }) => ((valueOf(sockets) ?? []).length > 0 ? [id] : [])),
  );
  const isLikely = (pid: number): boolean => having.has(networks.get(pid) ?? "");
  return [...pids.filter(isLikely), ...pids.filter((pid) => !isLikely(pid))];
}

function unseenFiles(hidden: number, looked: number, { who }: Rights): string {
  const some = `${hidden} of ${looked} processes`;
  switch (who) {
    case "user":
      return `${some} are another user's, and root with CAP_SYS_PTRACE would show them`;
    case "root without CAP_SYS_PTRACE":
      return `the open files of ${some} are hidden, and CAP_SYS_PTRACE would show them`;
    case "root without CAP_DAC_READ_SEARCH":
      return `the open files of ${some} are another user's, and CAP_DAC_READ_SEARCH would show them`;
    case "root":
      return `the open files of ${some} are hidden from root here (by a user namespace, SELinux or AppArmor), and root of the worker itself would show them`;
  }
}

function unseenProcesses(pids: readonly number[], { seesProcesses }: Rights): readonly string[] {
  return [
    ...(seesProcesses
      ? []
      : ["processes of the worker: only this container's are seen; hostPID would show them"]),
    // With hidepid in the mount options of /proc.
    ...(pids[0] === 1 ? [] : ["/proc hides other users' processes: root would show them"]),
  ];
}

function distinct(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const byId = new Map(endpoints.map((one) => [endpointId(one), one]));
  return [...byId.values()].toSorted((a, b) => compareIps(a.ip, b.ip) || a.port - b.port);
}

/** Peers of the sockets; of listeners there is none. */
function remotesOf(namespaces: readonly NamespaceSockets[]): ReadonlySet<string> {
  const sockets: readonly TcpSocket[] = namespaces.flatMap(
    ({ sockets: fact }) => valueOf(fact) ?? [],
  );
  return new Set(sockets.flatMap(({ remote }) => (remote.port === 0 ? [] : [remote.ip])));
}

async function machineTools(): Promise<ToolRunner> {
  const { toolsOf } = await import("./tools.ts");
  return toolsOf();
}

function readNat(
  view: HostView,
  places: HostPlaces,
  live: { readonly tools: ToolRunner; readonly rights: Rights } | undefined,
  remotes: ReadonlySet<string>,
): Promise<NatRead> {
  if (live === undefined) return Promise.resolve(readPrintedNat(view, places));
  const ipv6 = [...remotes].some((ip) => ip.includes(":"));
  return readLiveNat(view, places, live.tools, live.rights, ipv6);
}

function podNames(files: HostView, { podLogs, containerLogs }: HostPlaces): PodNames {
  return readPodNames(
    namesIn(files, podLogs).slice(0, MAX_LOG_NAMES),
    namesIn(files, containerLogs).slice(0, MAX_LOG_NAMES),
  );
}

function hostnameOf(view: HostView, places: HostPlaces): string {
  const text = places.hostname
    .map((path) => textOf(view, path, MAX_SMALL_BYTES)?.trim())
    .find((one) => one !== undefined && one !== "");
  const [first = "", second] = (text ?? "").split(/\s+/, 2);
  // `uname -a` says `Linux` first.
  return sanitizeText(second ?? first, MAX_HOSTNAME);
}

function routesOf(view: HostView, places: HostPlaces): readonly string[] {
  return places.localAddresses.flatMap((paths) => {
    const texts = paths.map((path) => textOf(view, path, MAX_ROUTES_BYTES));
    return texts.find((text) => text !== undefined) ?? [];
  });
}

function sortedIps(ips: readonly string[]): readonly string[] {
  return [...new Set(ips)].toSorted(compareIps);
}

function blindTo(
  conntrack: NodeSnapshot["conntrack"],
  use: Fact<ConntrackUse>,
  kubelet: NodeSnapshot["kubelet"],
): readonly string[] {
  return [conntrack, use, kubelet].flatMap((fact) =>
    fact.kind === "unknown" ? [fact.failure.message] : [],
  );
}
