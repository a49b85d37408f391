import type { LabPod, LabProcess, LabRunner, LabWorker } from "../scenario/worker.ts";
import { hexOf } from "../vpc.ts";
import { type NumberedSocket, socketTables } from "./sockets.ts";
import type { WorkerFiles } from "./write.ts";

/** The first network of a machine. */
const HOST_NETWORK = 4_026_531_840;
/** Of the first pod's. */
const FIRST_POD_NETWORK = 4_026_532_840;

/** USER_HZ. */
const TICKS_PER_SECOND = 100;

/** `/proc/PID` of every process, and where the logs of pods name them. */
export function processFiles(
  worker: LabWorker,
  sockets: readonly NumberedSocket[],
  service: { readonly ip: string },
): WorkerFiles {
  return Object.assign(
    {
      "proc/1/comm": "systemd\n",
      "proc/1/cmdline": "/usr/lib/systemd/systemd\0--switched-root\0--system\0",
      "proc/1/stat": statLine(1, "systemd", 0, 0),
      "proc/1/cgroup": "0::/init.scope\n",
      "proc/1/ns/net": networkLink(HOST_NETWORK),
    },
    ...worker.processes.map((process) => filesOf(process, worker, sockets, service)),
  );
}

function filesOf(
  process: LabProcess,
  worker: LabWorker,
  sockets: readonly NumberedSocket[],
  service: { readonly ip: string },
): WorkerFiles {
  const { pid, name, command = [name], runs, ageSeconds } = process;
  const folder = `proc/${pid}`;
  const index = worker.pods.findIndex((pod) => isIn(process, pod));
  const pod = worker.pods[index];
  const own = sockets.filter(({ socket }) => socket.pid === pid);
  const ticks = Math.round((worker.upSeconds - ageSeconds) * TICKS_PER_SECOND);
  return {
    [`${folder}/comm`]: `${name}\n`,
    [`${folder}/cmdline`]: nulEnded(command),
    [`${folder}/stat`]: statLine(pid, name, 1, ticks),
    [`${folder}/cgroup`]: `0::${controlGroup(runs)}\n`,
    [`${folder}/environ`]: nulEnded(environmentOf(process, service)),
    ...Object.fromEntries(
      own.map(({ inode }, at) => [`${folder}/fd/${at + 7}`, { link: `socket:[${inode}]` }]),
    ),
    ...(pod?.ip === undefined
      ? { [`${folder}/ns/net`]: networkLink(HOST_NETWORK) }
      : podNetwork(folder, FIRST_POD_NETWORK + index, ofPod(pod, worker, sockets))),
    ...(runs.kind === "pod" ? logFiles(runs) : {}),
  };
}

/** Whether a process runs in that pod. */
export function isIn({ runs }: LabProcess, { namespace, name }: LabPod): boolean {
  return runs.kind === "pod" && runs.namespace === namespace && runs.name === name;
}

/** Sockets in the network of a pod: those of its processes. */
function ofPod(
  pod: LabPod,
  { processes }: LabWorker,
  sockets: readonly NumberedSocket[],
): readonly NumberedSocket[] {
  const pids = new Set(processes.filter((process) => isIn(process, pod)).map(({ pid }) => pid));
  return sockets.filter(({ socket: { pid } }) => pid !== undefined && pids.has(pid));
}

function podNetwork(folder: string, id: number, sockets: readonly NumberedSocket[]): WorkerFiles {
  const { tcp, tcp6 } = socketTables(sockets);
  return {
    [`${folder}/ns/net`]: networkLink(id),
    [`${folder}/net/tcp`]: tcp,
    [`${folder}/net/tcp6`]: tcp6,
  };
}

function networkLink(id: number): { readonly link: string } {
  return { link: `net:[${id}]` };
}

/** fs/proc/array.c: the start, in hundredths of a second after boot, is field 22. */
function statLine(pid: number, name: string, parent: number, ticks: number): string {
  const toThreads = `S ${parent} ${pid} ${pid} 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 12 0`;
  const rest = Array.from({ length: 30 }, () => "0").join(" ");
  return `${pid} (${name}) ${toThreads} ${ticks} ${rest}\n`;
}

function nulEnded(parts: readonly string[]): string {
  return parts.map((part) => `${part}\0`).join("");
}

/** Version 2, by the systemd driver: what kubelet and systemd make of EKS's images. */
function controlGroup(runs: LabRunner): string {
  if (runs.kind === "unit") return `/runtime.slice/${runs.unit}`;
  const pod = `kubepods-burstable-pod${podUid(runs).replaceAll("-", "_")}.slice`;
  return `/kubepods.slice/kubepods-burstable.slice/${pod}/cri-containerd-${containerId(runs)}.scope`;
}

type PodRunner = Extract<LabRunner, { readonly kind: "pod" }>;

/** Made up, and the same every time. */
function podUid({ namespace, name }: PodRunner): string {
  const hex = hexOf(`pod ${namespace}/${name}`, 30);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(12, 15)}`,
    `8${hex.slice(15, 18)}`,
  ];
  return [...parts, hex.slice(18)].join("-");
}

function containerId({ namespace, name, container }: PodRunner): string {
  return hexOf(`container ${namespace}/${name}/${container}`, 64);
}

/** Where kubelet keeps logs: the names of folders and links tell pods and containers apart. */
function logFiles(runs: PodRunner): WorkerFiles {
  const { namespace, name, container } = runs;
  const log = `var/log/pods/${namespace}_${name}_${podUid(runs)}/${container}/0.log`;
  const link = `var/log/containers/${name}_${namespace}_${container}-${containerId(runs)}.log`;
  return { [log]: "", [link]: { link: `/${log}` } };
}

function environmentOf(
  { runs, environment = {} }: LabProcess,
  { ip }: { readonly ip: string },
): readonly string[] {
  const told =
    runs.kind === "unit"
      ? {}
      : {
          KUBERNETES_SERVICE_HOST: ip,
          KUBERNETES_SERVICE_PORT: "443",
          KUBERNETES_SERVICE_PORT_HTTPS: "443",
          KUBERNETES_PORT: `tcp://${ip}:443`,
        };
  const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  return Object.entries({ PATH: path, ...told, ...environment }).map(
    ([name, value]) => `${name}=${value}`,
  );
}
