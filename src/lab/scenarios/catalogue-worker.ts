import type { LabProxied, LabWorker } from "../scenario/worker.ts";
import type { Scenario } from "../scenario.ts";
import { scenario } from "./base.ts";
import { GONZ_EKS_BOTH } from "./clusters.ts";
import {
  CNI_PID,
  KUBELET_PID,
  kubernetesTo,
  OUTGOING_WORKER,
  PUBLIC_WORKER,
  rulesFor,
  withConnections,
} from "./workers.ts";

/** Of an API server that an update of the control plane replaced. */
const FORMER_ENI = "10.0.61.7";

const ENIS = ["10.0.20.41", "10.0.95.229"] as const;

/** A proxy of the company's, that images are to be fetched through. */
const PROXY = "http://10.0.3.128:3128";

function onPublic(name: string, description: string, worker: LabWorker): Scenario {
  return scenario(name, description, { worker });
}

/** Nothing translates the service's address any more: new connections get no answer. */
function unanswered(worker: LabWorker): LabWorker {
  return withConnections(worker, CNI_PID, (socket) => ({
    ...socket,
    state: "syn-sent",
    retransmits: 2,
    leadsTo: undefined,
  }));
}

/** kubelet's connections go to the proxy, on a port that is not the endpoint's. */
function proxied(worker: LabWorker): LabWorker {
  const through = withConnections(worker, KUBELET_PID, (socket) => ({
    ...socket,
    remote: { ip: "10.0.3.128", port: 3_128 },
  }));
  return {
    ...through,
    processes: through.processes.map((process) =>
      process.pid === KUBELET_PID
        ? {
            ...process,
            environment: {
              HTTPS_PROXY: PROXY,
              NO_PROXY: "169.254.169.254,localhost,127.0.0.1,10.0.0.0/16,172.20.0.0/16",
            },
          }
        : process,
    ),
  };
}

/** The node has the service's address itself, and so its connections come from there. */
function byIpvs(worker: LabWorker): LabWorker {
  const quiet = withConnections(worker, CNI_PID, (socket) => ({
    ...socket,
    local: { ip: "172.20.0.1", port: socket.local.port },
    withoutKeepalive: true,
  }));
  return { ...quiet, rules: [rulesFor("ipvs", kubernetesTo(ENIS))] };
}

/** One in three, then one in two of the rest: the third, who took all that was left, is gone. */
function withoutTheThird(ips: readonly string[]): LabProxied {
  const service = kubernetesTo(ips);
  return {
    ...service,
    targets: service.targets.map((target, index) => ({ ...target, probability: 1 / (3 - index) })),
  };
}

/** The worker's side of the failures, one at a time; to the control plane nothing has happened. */
export const WORKER_SCENARIOS: readonly Scenario[] = [
  onPublic("worker-nftables", "a worker in kube-proxy's mode nftables, where all is well", {
    ...PUBLIC_WORKER,
    rules: [rulesFor("nftables", kubernetesTo(ENIS))],
  }),
  onPublic("worker-stale-rules", "a worker whose rules lead to an ENI that was replaced", {
    ...PUBLIC_WORKER,
    rules: [rulesFor("iptables-legacy", kubernetesTo([FORMER_ENI, ENIS[1]]))],
  }),
  onPublic("worker-no-rules", "a worker whose rules a firewall's service flushed", {
    ...unanswered(PUBLIC_WORKER),
    rules: [],
  }),
  onPublic("worker-odd-shares", "a worker that has lost the last rule of three", {
    ...PUBLIC_WORKER,
    rules: [rulesFor("iptables-legacy", withoutTheThird(ENIS))],
  }),
  onPublic(
    "worker-former-eni",
    "a worker whose CNI waits for an answer from an ENI that was deleted",
    withConnections(PUBLIC_WORKER, CNI_PID, (socket) => ({
      ...socket,
      leadsTo: { ip: FORMER_ENI, port: 443 },
      unacknowledgedBytes: 1_240,
      retransmits: 9,
    })),
  ),
  scenario(
    "worker-way-out",
    "a worker that goes out to the VIPs, since its resolver is not the VPC's",
    {
      clusters: [GONZ_EKS_BOTH],
      worker: { ...OUTGOING_WORKER, nameServers: ["198.51.100.53"] },
    },
  ),
  onPublic(
    "worker-proxied",
    "a worker whose kubelet goes to the endpoint through a proxy",
    proxied(PUBLIC_WORKER),
  ),
  onPublic("worker-conntrack-full", "a worker that can hardly track one more connection", {
    ...PUBLIC_WORKER,
    conntrack: { count: 129_806, max: 131_072 },
  }),
  onPublic(
    "worker-ipvs",
    "a worker in mode IPVS, which forgets a connection that is silent for long",
    byIpvs(PUBLIC_WORKER),
  ),
];
