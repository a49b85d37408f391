/**
 * Where a machine keeps what is read of it: paths, the first that is there counts. Empty where it
 * keeps no such thing.
 */
export interface HostPlaces {
  readonly hostname: readonly string[];
  readonly resolvConf: string;
  /** Where systemd-resolved writes whom it asks. */
  readonly behindStub: string | undefined;
  /** Of each group the first that is there: another may be of this container's own network. */
  readonly localAddresses: readonly (readonly string[])[];
  /** Kubelet's, where its own arguments do not say. */
  readonly kubeconfig: readonly string[];
  readonly kubeletConfig: readonly string[];
  /** Folders of further configuration, that beats the file. */
  readonly kubeletConfigFolders: readonly string[];
  /** Whether files are where the machine has them, so that a path of kubelet's arguments holds. */
  readonly asOnMachine: boolean;
  /** Folders of `NAMESPACE_POD_UID`. */
  readonly podLogs: string;
  /** Files `POD_NAMESPACE_CONTAINER-ID.log`. */
  readonly containerLogs: string;
  /** Kernel's files: of a copy, those that were copied. */
  readonly ipvs: readonly string[];
  readonly conntrack: readonly string[];
  /** What tools printed, of a capture: on the machine itself they are run. */
  readonly printed: PrintedPlaces;
}

/** Files of a capture in which tools printed their rules: paths, empty where it has none. */
export interface PrintedPlaces {
  /** By family; of each, a later file counts for the back ends that no earlier one shows. */
  readonly iptablesSave: readonly (readonly string[])[];
  /** `iptables -L -n`; only where the former have no table. */
  readonly iptablesListing: readonly string[];
  readonly nftJson: readonly string[];
  readonly nftText: readonly string[];
}

const NOTHING_PRINTED: PrintedPlaces = {
  iptablesSave: [],
  iptablesListing: [],
  nftJson: [],
  nftText: [],
};

/** nodeadm, bootstrap.sh, eksctl, Bottlerocket, kubeadm. */
const KUBELET = {
  kubeconfig: [
    "/var/lib/kubelet/kubeconfig",
    "/etc/eksctl/kubeconfig.yaml",
    "/etc/kubernetes/kubelet/kubeconfig",
    "/etc/kubernetes/kubelet.conf",
    // Of a local cluster on an Outpost, until kubelet has its certificate.
    "/var/lib/kubelet/bootstrap-kubeconfig",
  ],
  kubeletConfig: [
    "/etc/kubernetes/kubelet/kubelet-config.json",
    "/etc/kubernetes/kubelet/config.json",
    "/etc/kubernetes/kubelet/config",
    "/var/lib/kubelet/config.yaml",
  ],
  kubeletConfigFolders: ["/etc/kubernetes/kubelet/config.json.d"],
} as const;

/** The machine itself, whichever of the families of EKS workers it is. */
export const MACHINE_PLACES: HostPlaces = {
  ...KUBELET,
  asOnMachine: true,
  hostname: ["/proc/sys/kernel/hostname", "/etc/hostname"],
  resolvConf: "/etc/resolv.conf",
  behindStub: "/run/systemd/resolve/resolv.conf",
  localAddresses: [
    ["/proc/1/net/fib_trie", "/proc/net/fib_trie"],
    ["/proc/1/net/if_inet6", "/proc/net/if_inet6"],
  ],
  podLogs: "/var/log/pods",
  containerLogs: "/var/log/containers",
  ipvs: ["/proc/1/net/ip_vs", "/proc/net/ip_vs"],
  conntrack: ["/proc/1/net/nf_conntrack", "/proc/net/nf_conntrack"],
  printed: NOTHING_PRINTED,
};

/** A folder with copies of the machine's files, and beside them what its tools printed. */
export const COPY_PLACES: HostPlaces = {
  ...MACHINE_PLACES,
  ipvs: [...MACHINE_PLACES.ipvs, "/ipvsadm.txt"],
  conntrack: [...MACHINE_PLACES.conntrack, "/conntrack.txt"],
  printed: {
    iptablesSave: [
      ["/iptables-nft-save.txt", "/iptables-legacy-save.txt", "/iptables-save.txt"],
      ["/ip6tables-nft-save.txt", "/ip6tables-legacy-save.txt", "/ip6tables-save.txt"],
    ],
    iptablesListing: ["/iptables-nat.txt", "/ip6tables-nat.txt", "/iptables-filter.txt"],
    nftJson: ["/nft.json"],
    nftText: ["/nft.txt"],
  },
};

/**
 * An unpacked bundle of the EKS log collector, the same for all families of workers that it runs on
 * (Amazon Linux, Ubuntu; Bottlerocket has its own, which lists no sockets). Older versions have fewer
 * of the files. Source: awslabs/amazon-eks-ami, log-collector-script/linux/eks-log-collector.sh,
 * versions 0.5.1 to 0.7.9.
 */
export const BUNDLE_PLACES: HostPlaces = {
  // The second word of `uname -a`.
  hostname: ["/kernel/uname.txt"],
  resolvConf: "/networking/resolv.conf",
  behindStub: undefined,
  localAddresses: [["/networking/iproute.txt"], ["/networking/ip6route.txt"]],
  kubeconfig: ["/kubelet/kubeconfig.yaml"],
  kubeletConfig: ["/kubelet/kubelet-config.json", "/kubelet/config.json"],
  kubeletConfigFolders: ["/kubelet/config.json.d"],
  asOnMachine: false,
  podLogs: "/var_log",
  containerLogs: "/var_log",
  ipvs: ["/networking/ipvsadm.txt"],
  conntrack: ["/networking/conntrack.txt", "/networking/conntrack6.txt"],
  printed: {
    iptablesSave: [["/networking/iptables-save.txt"], ["/networking/ip6tables-save.txt"]],
    iptablesListing: [
      "/networking/iptables-nat.txt",
      "/networking/ip6tables-nat.txt",
      "/networking/iptables-filter.txt",
    ],
    nftJson: [],
    nftText: [],
  },
};
