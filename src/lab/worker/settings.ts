import { stringify } from "yaml";
import type { LabCluster } from "../scenario.ts";
import type { WorkerFiles } from "./write.ts";

/** What kubelet and the host are told. */
export interface SettingsWorld {
  readonly cluster: LabCluster;
  readonly region: string;
  /** PEM; undefined while the cluster has none. */
  readonly certificateAuthority: string | undefined;
  /** Of the cluster's DNS service. */
  readonly clusterDns: string;
  readonly nameServers: readonly string[];
}

const CA_FILE = "/etc/kubernetes/pki/ca.crt";

/**
 * What a worker is told of its cluster, where the images of EKS keep it: amazon-eks-ami, nodeadm's
 * kubeconfig.template.yaml, and kubelet-config.json of its bootstrap.sh.
 */
export function settingsFiles(world: SettingsWorld): WorkerFiles {
  const { cluster, region, certificateAuthority, clusterDns, nameServers } = world;
  return {
    "etc/resolv.conf": [
      `search ${region}.compute.internal`,
      "options timeout:2 attempts:5",
      ...nameServers.map((ip) => `nameserver ${ip}`),
      "",
    ].join("\n"),
    "var/lib/kubelet/kubeconfig": stringify(kubeconfigOf(cluster, region), { lineWidth: 0 }),
    "etc/kubernetes/kubelet/kubelet-config.json": `${JSON.stringify(kubeletConfig(clusterDns), null, 2)}\n`,
    ...(certificateAuthority === undefined ? {} : { [CA_FILE.slice(1)]: certificateAuthority }),
  };
}

function kubeconfigOf({ name, localId, endpointHost }: LabCluster, region: string): object {
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "kubernetes",
        cluster: { "certificate-authority": CA_FILE, server: `https://${endpointHost}` },
      },
    ],
    "current-context": "kubelet",
    contexts: [{ name: "kubelet", context: { cluster: "kubernetes", user: "kubelet" } }],
    users: [
      {
        name: "kubelet",
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1beta1",
            command: "aws",
            args: [
              "eks",
              "get-token",
              ...(localId === undefined ? ["--cluster-name", name] : ["--cluster-id", localId]),
              "--region",
              region,
            ],
          },
        },
      },
    ],
  };
}

function kubeletConfig(clusterDns: string): object {
  return {
    kind: "KubeletConfiguration",
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    address: "0.0.0.0",
    authentication: {
      anonymous: { enabled: false },
      webhook: { cacheTTL: "2m0s", enabled: true },
      x509: { clientCAFile: CA_FILE },
    },
    clusterDomain: "cluster.local",
    clusterDNS: [clusterDns],
    cgroupDriver: "systemd",
  };
}
