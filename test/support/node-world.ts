import { type Fact, known, skipped, unknown } from "../../src/model/fact.ts";
import type { Failure } from "../../src/model/failure.ts";
import { NO_PROXY_SETTINGS, type ProxySettings } from "../../src/model/local-settings.ts";
import type { KnownControlPlane } from "../../src/model/node/control-plane.ts";
import type { FlowAddress, NodeFlow } from "../../src/model/node/flow.ts";
import type { NatTarget, ServiceNat } from "../../src/model/node/nat.ts";
import type { NodeProcess, ProcessOwner } from "../../src/model/node/process.ts";
import type { NodeCode, NodeFinding, NodeReport } from "../../src/model/node/report.ts";
import type { NodeSnapshot } from "../../src/model/node/snapshot.ts";
import type { Endpoint, TcpSocket } from "../../src/model/node/socket.ts";
import { runNodeChecks } from "../../src/node/checks/run.ts";
import { endpointChain, serviceChain } from "../../src/node/nat/kube-chains.ts";
import { PUB_HOST, PUB_ONE, PUB_TWO, WORKER_IP } from "./snapshots.ts";

/** The worker of the field notes and its cluster, with what a test changes about them. */
export type NodeWorld = Pick<NodeReport, "snapshot" | "controlPlane" | "flows">;

export const READ_AT = "2023-04-21T15:41:31.000Z";
export const CLUSTER_IP = "172.20.0.1";
export const VIP_ONE = "43.200.53.253";
export const ENI_ONE: string = PUB_ONE.eniIp;
export const ENI_TWO: string = PUB_TWO.eniIp;
/** Of an API server that an update replaced. */
export const FORMER_ENI = "10.0.61.7";
const SERVICE = "default/kubernetes:https";

export function at(ip: string, port = 443): Endpoint {
  return { ip, port };
}

/** What stands in place of a part that could not be read. */
export function notRead(message: string): Fact<never> {
  const failure: Failure = { code: "file-unreadable", phase: "node", side: "local", message };
  return unknown(failure);
}

export const NO_RIGHT_TO_RULES: Fact<never> = notRead(
  "rules of NAT: root or CAP_NET_ADMIN would show those of iptables and nftables",
);

let pids = 1_000;

export function process(
  name: string,
  owner: ProcessOwner,
  change: Partial<NodeProcess> = {},
): NodeProcess {
  pids += 1;
  return {
    pid: pids,
    name,
    command: known([`/usr/bin/${name}`]),
    startedAt: known("2023-04-17T05:02:11.000Z"),
    owner,
    proxy: known(NO_PROXY_SETTINGS),
    networkNamespace: "host",
    ...change,
  };
}

export function podOwner(namespace: string, pod: string): ProcessOwner {
  return {
    kind: "pod",
    podUid: "0f0c5f4e-6b3f-4d0c-9a2e-1f5a2f6b7c8d",
    containerId: "3f2a".repeat(16),
    namespace,
    pod,
    container: "main",
  };
}

export const KUBELET: NodeProcess = process("kubelet", { kind: "unit", unit: "kubelet.service" });
export const KUBE_PROXY: NodeProcess = process(
  "kube-proxy",
  podOwner("kube-system", "kube-proxy-6zqkl"),
);
export const CNI: NodeProcess = process("aws-k8s-agent", podOwner("kube-system", "aws-node-4x7bp"));

export function proxied(settings: Partial<ProxySettings>): Fact<ProxySettings> {
  return known({ ...NO_PROXY_SETTINGS, ...settings });
}

let ports = 40_000;

export function socket(remote: Endpoint, change: Partial<TcpSocket> = {}): TcpSocket {
  ports += 1;
  return {
    family: remote.ip.includes(":") ? 6 : 4,
    local: at(WORKER_IP, ports),
    remote,
    state: "established",
    sendQueueBytes: 0,
    receiveQueueBytes: 0,
    timer: "keepalive",
    retransmits: 0,
    uid: 0,
    inode: ports,
    ...change,
  };
}

export const LISTENER: TcpSocket = socket(at("0.0.0.0", 0), {
  local: at("0.0.0.0", 10_250),
  state: "listen",
  timer: "none",
});

function addressOf(ip: string, kind: FlowAddress["kind"]): FlowAddress {
  return { endpoint: at(ip), kind, eniId: kind === "eni" ? eniIdOf(ip) : undefined };
}

function eniIdOf(ip: string): string {
  return `eni-0${ip.replaceAll(".", "").padStart(16, "0")}`;
}

/** Straight to an address of the control plane. */
export function directFlow(
  owner: NodeProcess | undefined,
  ip: string,
  kind: FlowAddress["kind"],
  change: Partial<TcpSocket> = {},
): NodeFlow {
  return {
    direction: "to-control-plane",
    process: owner,
    ownerReason: owner === undefined ? "another user's" : undefined,
    socket: socket(at(ip), change),
    seen: at(ip),
    translation: { kind: "none" },
    address: addressOf(ip, kind),
    apiServer: skipped("not asked"),
  };
}

/** To the ClusterIP, with the kernel's record of where that ends, if there is one. */
export function serviceFlow(
  owner: NodeProcess | undefined,
  end: { readonly ip: string; readonly kind: FlowAddress["kind"] } | undefined,
  change: Partial<TcpSocket> = {},
): NodeFlow {
  return {
    ...directFlow(owner, CLUSTER_IP, "unknown", change),
    translation:
      end === undefined
        ? { kind: "unknown", reason: "the kernel shows no tracked connections" }
        : { kind: "tracked", to: at(end.ip) },
    address: end === undefined ? undefined : addressOf(end.ip, end.kind),
  };
}

export function inboundFlow(ip: string, kind: FlowAddress["kind"]): NodeFlow {
  return {
    ...directFlow(KUBELET, ip, kind),
    direction: "from-control-plane",
    socket: socket(at(ip, 51_234), { local: at(WORKER_IP, 10_250) }),
    seen: at(ip, 51_234),
    apiServer: kind === "eni" ? known(PUB_ONE.host) : skipped("not asked"),
  };
}

/** Rules as kube-proxy writes them for these endpoints, each with its share. */
export function rulesTo(
  ips: readonly string[],
  change: Partial<ServiceNat> = {},
  shares: readonly (number | undefined)[] = ips.map(() => 1 / ips.length),
): ServiceNat {
  const targets = ips.map(
    (ip, index): NatTarget => ({
      to: at(ip),
      probability: shares[index],
      chain: endpointChain(SERVICE, at(ip)),
      weight: undefined,
    }),
  );
  return {
    backend: "iptables-nft",
    service: at(CLUSTER_IP),
    name: SERVICE,
    chain: serviceChain(SERVICE),
    targets,
    oddities: [],
    ...change,
  };
}

/** As IPVS has them: without names. */
export function ipvsTo(ips: readonly string[]): ServiceNat {
  const service = rulesTo(ips, { backend: "ipvs", name: undefined, chain: undefined });
  const targets = service.targets.map((target) => ({ ...target, chain: undefined, weight: 1 }));
  return { ...service, targets };
}

export function enisAt(ips: readonly string[]): KnownControlPlane["enis"] {
  return known(
    ips.map((ip) => ({
      endpoint: at(ip),
      apiServer: skipped("not asked"),
      eniId: eniIdOf(ip),
      otherIps: [],
    })),
  );
}

const SNAPSHOT: NodeSnapshot = {
  readAt: READ_AT,
  hostname: "ip-10-0-105-163.ap-northeast-2.compute.internal",
  source: { kind: "live" },
  localIps: ["127.0.0.1", WORKER_IP],
  podIps: [],
  namespaces: [{ id: "host", sockets: known([LISTENER]) }],
  processes: [KUBELET, KUBE_PROXY, CNI],
  owners: known({}),
  nat: known([rulesTo([ENI_ONE, ENI_TWO])]),
  conntrack: skipped("the kernel tracks no connections"),
  conntrackUse: known({ count: 1_204, max: 131_072 }),
  kubelet: known({
    server: `https://${PUB_HOST}`,
    certificateAuthority: skipped("the kubeconfig names no CA"),
    clusterName: "gonz-eks-pub",
    region: "ap-northeast-2",
    nodeIp: WORKER_IP,
    clusterDns: ["172.20.0.10"],
    file: "/var/lib/kubelet/kubeconfig",
  }),
  serviceAddresses: [at(CLUSTER_IP)],
  nameServers: known(["10.0.0.2"]),
  nameServersFile: "/etc/resolv.conf",
  blind: [],
};

const CONTROL_PLANE: KnownControlPlane = {
  source: { kind: "probe", verdict: "healthy · 4 paths · 2 API servers" },
  cluster: "gonz-eks-pub",
  region: "ap-northeast-2",
  endpointHost: PUB_HOST,
  privateAccess: "no",
  vips: known([{ endpoint: at(VIP_ONE), apiServer: known(PUB_TWO.host) }]),
  enis: enisAt([ENI_ONE, ENI_TWO]),
  others: [],
  service: known({ endpoint: at(CLUSTER_IP), from: "the rules" }),
};

/** As the field notes found them: kubelet and kube-proxy by the endpoint, the CNI by the service. */
const FLOWS: readonly NodeFlow[] = [
  directFlow(KUBELET, VIP_ONE, "vip"),
  directFlow(KUBE_PROXY, VIP_ONE, "vip"),
  serviceFlow(CNI, { ip: ENI_TWO, kind: "eni" }),
  inboundFlow(ENI_ONE, "eni"),
];

export interface WorldChange {
  readonly snapshot?: Partial<NodeSnapshot>;
  readonly controlPlane?: Partial<KnownControlPlane>;
  readonly flows?: readonly NodeFlow[];
}

export function nodeWorld({ snapshot, controlPlane, flows }: WorldChange = {}): NodeWorld {
  return {
    snapshot: { ...SNAPSHOT, ...snapshot },
    controlPlane: { ...CONTROL_PLANE, ...controlPlane },
    flows: flows ?? FLOWS,
  };
}

/** What one check says of a world. */
export function judged(code: NodeCode, world: NodeWorld): NodeFinding {
  const finding = runNodeChecks(world).find((one) => one.code === code);
  if (finding === undefined) throw new Error(`no ${code}`);
  return finding;
}

/** What one check says of the worker of the field notes, with such a change. */
export function find(code: NodeCode, change: WorldChange = {}): NodeFinding {
  return judged(code, nodeWorld(change));
}

/** All that a finding says, as one text. */
export function textOf({ summary, details, next }: NodeFinding): string {
  return [summary, ...details, ...(next === undefined ? [] : [next])].join("\n");
}
