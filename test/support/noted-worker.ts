import type { KnownControlPlane } from "../../src/model/node/control-plane.ts";
import type { NodeSnapshot } from "../../src/model/node/snapshot.ts";
import { controlPlaneOf } from "../../src/node/known/control-plane.ts";
import type { Roles } from "./kernel-rows.ts";
import type { Dial, KernelWorld } from "./kernel-world.ts";
import type { ProxiedService } from "./kube-proxy-rules.ts";
import { BY_AWS_CLI, kubeletKubeconfig } from "./kubelet-kubeconfig.ts";
import { at, CLUSTER_IP, ENI_ONE, ENI_TWO, FORMER_ENI, VIP_ONE } from "./node-world.ts";
import { PUB_HOST, PUB_ONE, PUB_TWO, pubSnapshot, reportOf, WORKER_IP } from "./snapshots.ts";

export const VIP_TWO = "52.79.39.107";
const POD_IP = "10.0.101.7";
const STRANGER = "10.0.100.108";
const OTHER_SERVICE = "172.20.44.213";

/** The rules' services, with these ENIs behind the first. */
export function servicesTo(enis: readonly string[]): readonly ProxiedService[] {
  return [
    {
      name: "default/kubernetes:https",
      ip: CLUSTER_IP,
      port: 443,
      endpoints: enis.map((ip) => `${ip}:443`),
    },
    { name: "default/web:https", ip: OTHER_SERVICE, port: 443, endpoints: [`${STRANGER}:443`] },
  ];
}

/** What the addresses of the field notes' public cluster are. */
export const NOTED_ROLES: Roles = new Map([
  [VIP_ONE, { kind: "vip", apiServer: PUB_ONE.host }],
  [VIP_TWO, { kind: "vip", apiServer: PUB_TWO.host }],
  [ENI_ONE, { kind: "eni", apiServer: PUB_ONE.host }],
  [ENI_TWO, { kind: "eni", apiServer: PUB_TWO.host }],
  [FORMER_ENI, { kind: "former-eni" }],
]);

let made = 0;

function dial(ip: string, change: Partial<Dial> = {}): Dial {
  made += 1;
  return { id: `${made}`, to: at(ip), ...change };
}

/**
 * The worker of the field notes: kubelet and kube-proxy by the endpoint's VIPs, the CNI and a pod by
 * the ClusterIP, the control plane back to kubelet. One API server was just replaced: the CNI still
 * waits for its ENI. Beside them what is not of the control plane, and must not be told as such.
 */
export function notedWorker(backend: string, change: Partial<KernelWorld> = {}): KernelWorld {
  return {
    backend,
    services: servicesTo([ENI_ONE, ENI_TWO, FORMER_ENI]),
    servicesAfter: servicesTo([ENI_ONE, ENI_TWO]),
    vpcIps: [VIP_ONE, VIP_TWO, ENI_ONE, ENI_TWO, FORMER_ENI, STRANGER],
    lost: [FORMER_ENI],
    players: [
      { name: "kubelet", listens: 10_250, dials: [dial(VIP_ONE)] },
      { name: "kube-proxy", dials: [dial(VIP_TWO)] },
      {
        name: "aws-k8s-agent",
        dials: [
          dial(CLUSTER_IP, { ends: ENI_ONE, from: WORKER_IP }),
          dial(CLUSTER_IP, { ends: ENI_TWO, from: WORKER_IP }),
          dial(CLUSTER_IP, { ends: FORMER_ENI, from: WORKER_IP, bytes: 2_048 }),
          dial(CLUSTER_IP, { from: WORKER_IP, over: true }),
        ],
      },
      {
        name: "coredns",
        podIp: POD_IP,
        environment: { KUBERNETES_SERVICE_HOST: CLUSTER_IP, KUBERNETES_SERVICE_PORT: "443" },
        dials: [
          dial(CLUSTER_IP, { ends: ENI_ONE }),
          dial(OTHER_SERVICE),
          dial(STRANGER),
          dial(CLUSTER_IP, { ends: ENI_TWO }),
        ],
      },
      { name: "curl", dials: [dial(OTHER_SERVICE, { from: WORKER_IP }), dial(STRANGER)] },
    ],
    inbound: [
      dial(WORKER_IP, { from: ENI_ONE, to: at(WORKER_IP, 10_250) }),
      dial(WORKER_IP, { from: ENI_TWO, to: at(WORKER_IP, 10_250) }),
      dial(WORKER_IP, { from: ENI_TWO, to: at(WORKER_IP, 10_250), over: true }),
      dial(WORKER_IP, { from: STRANGER, to: at(WORKER_IP, 10_250) }),
    ],
    kubeconfig: kubeletKubeconfig(BY_AWS_CLI, `https://${PUB_HOST}`),
    ...change,
  };
}

/** What a run made at the same time knows of that cluster. */
export function notedControlPlane(node: NodeSnapshot): KnownControlPlane {
  const run = reportOf(pubSnapshot({ startedAt: node.readAt }, 1));
  return controlPlaneOf(run, { kind: "probe", verdict: "healthy" }, node);
}
