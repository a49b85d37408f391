import type {
  LabEndpoint,
  LabProcess,
  LabProxied,
  LabRules,
  LabSocket,
  LabWorker,
} from "../scenario/worker.ts";
import { GONZ_EKS_BOTH, GONZ_EKS_PRI, GONZ_EKS_PUB, instanceHost } from "./clusters.ts";

/**
 * The workers of the field notes: their addresses, ports and numbers of processes. What the notes do
 * not say (names of pods, the pod with a network of its own, counters) is made up.
 */

const DAY_SECONDS = 86_400;
/** Up since the 18th, looked at on the 25th. */
const AGE_SECONDS = 7 * DAY_SECONDS;

const KUBELET_PORT = 10_250;

/** The VPC's own: its range's base plus two. */
const VPC_RESOLVER = "10.0.0.2";

/** The ClusterIP of `default/kubernetes`. */
const SERVICE: LabEndpoint = { ip: "172.20.0.1", port: 443 };

interface NodePids {
  readonly kubelet: number;
  readonly proxy: number;
  readonly cni: number;
}

/** Who on a worker asks an API server by itself, and by which port of the node. */
interface Noted {
  readonly cluster: string;
  readonly ip: string;
  readonly pids: NodePids;
  /** `inbound`: of the ENI that comes in. */
  readonly ports: NodePids & { readonly inbound: number };
  /** Where the endpoint's name led them. */
  readonly kubeletTo: string;
  readonly proxyTo: string;
  readonly cniTo: string;
  readonly inboundFrom: string;
  readonly enis: readonly string[];
  readonly backend: LabRules["backend"];
}

/** On the public cluster's worker. */
export const CNI_PID = 3_301;
/** The same of its kubelet. */
export const KUBELET_PID = 2_865;

function https(ip: string): LabEndpoint {
  return { ip, port: 443 };
}

/** `default/kubernetes` as kube-proxy has it of its EndpointSlices. */
export function kubernetesTo(ips: readonly string[]): LabProxied {
  return { name: "default/kubernetes:https", ...SERVICE, targets: ips.map(https) };
}

/** Of the other services. */
const NEIGHBOURS: readonly LabProxied[] = [
  {
    name: "kube-system/kube-dns:dns-tcp",
    ip: "172.20.0.10",
    port: 53,
    targets: [
      { ip: "10.0.101.7", port: 53 },
      { ip: "10.0.102.9", port: 53 },
    ],
  },
  {
    name: "default/nginx-service",
    ip: "172.20.44.213",
    port: 80,
    targets: [
      { ip: "10.0.100.108", port: 8080 },
      { ip: "10.0.100.119", port: 8080 },
      { ip: "10.0.103.62", port: 8080 },
    ],
  },
];

/** What kube-proxy writes in one mode, for this service and its neighbours. */
export function rulesFor(backend: LabRules["backend"], kubernetes: LabProxied): LabRules {
  return { backend, services: [kubernetes, ...NEIGHBOURS] };
}

/** The same worker, with the connections of one process as they are not in the notes. */
export function withConnections(
  worker: LabWorker,
  pid: number,
  change: (socket: LabSocket) => LabSocket,
): LabWorker {
  const isChanged = (socket: LabSocket): boolean =>
    socket.pid === pid && socket.state !== "listen" && socket.accepted !== true;
  return {
    ...worker,
    sockets: worker.sockets.map((socket) => (isChanged(socket) ? change(socket) : socket)),
  };
}

function workerOf(noted: Noted): LabWorker {
  const { cluster, ip, pids, ports, enis, backend } = noted;
  return {
    cluster,
    hostname: instanceHost(ip),
    addresses: [ip],
    upSeconds: AGE_SECONDS,
    nameServers: [VPC_RESOLVER],
    pods: [KUBE_PROXY_POD, CNI_POD],
    processes: [kubeletOf(pids.kubelet, ip), kubeProxyOf(pids.proxy, ip), cniOf(pids.cni)],
    sockets: [
      opened(pids.kubelet, { ip, port: ports.kubelet }, https(noted.kubeletTo)),
      opened(pids.proxy, { ip, port: ports.proxy }, https(noted.proxyTo)),
      opened(pids.cni, { ip, port: ports.cni }, SERVICE, noted.cniTo),
      { pid: pids.kubelet, state: "listen", local: { ip: "::", port: KUBELET_PORT } },
      {
        pid: pids.kubelet,
        state: "established",
        local: { ip, port: KUBELET_PORT },
        remote: { ip: noted.inboundFrom, port: ports.inbound },
        accepted: true,
      },
    ],
    rules: [rulesFor(backend, kubernetesTo(enis))],
    conntrack: { count: 1_204, max: 131_072 },
  };
}

function opened(pid: number, local: LabEndpoint, remote: LabEndpoint, eni?: string): LabSocket {
  return {
    pid,
    state: "established",
    local,
    remote,
    ...(eni !== undefined && { leadsTo: https(eni) }),
  };
}

const KUBE_PROXY_POD = { namespace: "kube-system", name: "kube-proxy-6zqkl" } as const;
const CNI_POD = { namespace: "kube-system", name: "aws-node-chhq8" } as const;

function kubeletOf(pid: number, ip: string): LabProcess {
  return {
    pid,
    name: "kubelet",
    command: [
      "/usr/bin/kubelet",
      "--config",
      "/etc/kubernetes/kubelet/kubelet-config.json",
      "--kubeconfig",
      "/var/lib/kubelet/kubeconfig",
      "--container-runtime-endpoint",
      "unix:///run/containerd/containerd.sock",
      `--node-ip=${ip}`,
    ],
    runs: { kind: "unit", unit: "kubelet.service" },
    ageSeconds: AGE_SECONDS - 40,
  };
}

function kubeProxyOf(pid: number, ip: string): LabProcess {
  return {
    pid,
    name: "kube-proxy",
    command: [
      "kube-proxy",
      "--v=2",
      "--config=/var/lib/kube-proxy-config/config",
      `--hostname-override=${instanceHost(ip)}`,
    ],
    runs: { kind: "pod", ...KUBE_PROXY_POD, container: "kube-proxy" },
    ageSeconds: AGE_SECONDS - 61,
  };
}

function cniOf(pid: number): LabProcess {
  return {
    pid,
    name: "aws-k8s-agent",
    command: ["./aws-k8s-agent"],
    runs: { kind: "pod", ...CNI_POD, container: "aws-node" },
    ageSeconds: AGE_SECONDS - 64,
  };
}

const COREDNS_POD = {
  namespace: "kube-system",
  name: "coredns-7f5b6b8c9d-x2xkq",
  ip: "10.0.101.7",
} as const;

/** A pod with a network of its own, whose watch goes through the service. */
function withCoredns(worker: LabWorker, eni: string): LabWorker {
  const { namespace, name, ip } = COREDNS_POD;
  const pid = 5_412;
  const coredns: LabProcess = {
    pid,
    name: "coredns",
    command: ["/coredns", "-conf", "/etc/coredns/Corefile"],
    runs: { kind: "pod", namespace, name, container: "coredns" },
    ageSeconds: AGE_SECONDS - 130,
  };
  return {
    ...worker,
    pods: [...worker.pods, COREDNS_POD],
    processes: [...worker.processes, coredns],
    sockets: [...worker.sockets, opened(pid, { ip, port: 52_914 }, SERVICE, eni)],
  };
}

/** kubelet and kube-proxy go to a VIP, the CNI through the service to an ENI; one ENI comes in. */
export const PUBLIC_WORKER: LabWorker = withCoredns(
  workerOf({
    cluster: GONZ_EKS_PUB.name,
    ip: "10.0.105.163",
    pids: { kubelet: KUBELET_PID, proxy: 3_126, cni: CNI_PID },
    ports: { kubelet: 46_370, proxy: 35_144, cni: 36_338, inbound: 42_562 },
    kubeletTo: "43.200.53.253",
    proxyTo: "43.200.53.253",
    cniTo: "10.0.95.229",
    inboundFrom: "10.0.20.41",
    enis: ["10.0.20.41", "10.0.95.229"],
    backend: "iptables-legacy",
  }),
  "10.0.20.41",
);

const PRIVATE_PIDS: NodePids = { kubelet: 3_074, proxy: 3_746, cni: 4_218 };
const PRIVATE_PORTS = { kubelet: 45_788, proxy: 53_578, cni: 55_134, inbound: 56_978 } as const;
const PRIVATE_IP = "10.0.24.97";

/** kubelet goes to one ENI, kube-proxy to the other, the CNI through the service. */
export const PRIVATE_WORKER: LabWorker = workerOf({
  cluster: GONZ_EKS_PRI.name,
  ip: PRIVATE_IP,
  pids: PRIVATE_PIDS,
  ports: PRIVATE_PORTS,
  kubeletTo: "10.0.18.90",
  proxyTo: "10.0.58.12",
  cniTo: "10.0.18.90",
  inboundFrom: "10.0.18.90",
  enis: ["10.0.18.90", "10.0.58.12"],
  backend: "iptables-legacy",
});

/** A worker of the cluster with both endpoints that goes out to the VIPs all the same. */
export const OUTGOING_WORKER: LabWorker = workerOf({
  cluster: GONZ_EKS_BOTH.name,
  ip: PRIVATE_IP,
  pids: PRIVATE_PIDS,
  ports: PRIVATE_PORTS,
  kubeletTo: "13.124.61.17",
  proxyTo: "15.164.210.44",
  cniTo: "10.0.88.140",
  inboundFrom: "10.0.21.77",
  enis: ["10.0.21.77", "10.0.88.140"],
  backend: "iptables-nft",
});
