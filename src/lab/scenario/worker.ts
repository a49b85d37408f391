/**
 * A worker of a cluster, as its kernel and its files show it. The lab writes it down as a copy of
 * the files of such a machine when it starts; nothing of it runs, and it stays as it was.
 */
export interface LabWorker {
  /** A cluster of the scenario: the one that its kubelet belongs to. */
  readonly cluster: string;
  /** `ip-10-0-105-163.ap-northeast-2.compute.internal` */
  readonly hostname: string;
  /** Its own IPv4 addresses; the first is the node's. */
  readonly addresses: readonly string[];
  /** How long it is up when the lab starts. */
  readonly upSeconds: number;
  /** Of resolv.conf, in order. */
  readonly nameServers: readonly string[];
  /** Those that have a process in `processes`, or a route. */
  readonly pods: readonly LabPod[];
  readonly processes: readonly LabProcess[];
  readonly sockets: readonly LabSocket[];
  /**
   * What translates service addresses: kube-proxy's rules, and whatever an earlier mode of it left
   * behind. None: somebody flushed them.
   */
  readonly rules: readonly LabRules[];
  /** How full the table of tracked connections is. */
  readonly conntrack: { readonly count: number; readonly max: number };
}

/** A pod on the worker. */
export interface LabPod {
  readonly namespace: string;
  readonly name: string;
  /** Its own address, to which a route leads. Undefined: it is in the host's network. */
  readonly ip?: string | undefined;
}

/** A process on the worker. */
export interface LabProcess {
  readonly pid: number;
  /** Of /proc/PID/comm: at most 15 characters. */
  readonly name: string;
  /** Default: the name alone. */
  readonly command?: readonly string[] | undefined;
  readonly runs: LabRunner;
  /** How long it runs when the lab starts. */
  readonly ageSeconds: number;
  /**
   * Further variables, such as HTTPS_PROXY: whoever is in a pod is told of the service's address
   * besides.
   */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** Who runs a process: systemd, or kubelet in a pod of `pods`. */
export type LabRunner =
  | { readonly kind: "unit"; readonly unit: string }
  | {
      readonly kind: "pod";
      readonly namespace: string;
      readonly name: string;
      readonly container: string;
    };

/** An address and a TCP port. */
export interface LabEndpoint {
  readonly ip: string;
  readonly port: number;
}

/** Those of `include/net/tcp_states.h` that a scenario may want. */
export type LabSocketState =
  | "established"
  | "syn-sent"
  | "fin-wait-1"
  | "time-wait"
  | "close-wait"
  | "listen";

/** A TCP socket, in the network of the process that has it. */
export interface LabSocket {
  /** Of a process of `processes`; undefined where none has it any more. */
  readonly pid?: number | undefined;
  readonly state: LabSocketState;
  /** Of a listener on every address `::`. */
  readonly local: LabEndpoint;
  /** Undefined of a listener. */
  readonly remote?: LabEndpoint | undefined;
  /** By a listener on `::`: the kernel lists it among the sockets of IPv6. */
  readonly accepted?: boolean | undefined;
  /** Default 0. */
  readonly unacknowledgedBytes?: number | undefined;
  /** Arrived, and not read by its process. Default 0. */
  readonly unreadBytes?: number | undefined;
  /** How often what is unacknowledged was sent again so far. Default 0. */
  readonly retransmits?: number | undefined;
  /** Its client did not ask for TCP's keepalive, which Go's clients do. */
  readonly withoutKeepalive?: boolean | undefined;
  /** Where the kernel translated `remote` to when the connection was made. */
  readonly leadsTo?: LabEndpoint | undefined;
}

/** Rules of NAT, and which part of the kernel has them. */
export interface LabRules {
  readonly backend: "iptables-legacy" | "iptables-nft" | "nftables" | "ipvs";
  readonly services: readonly LabProxied[];
}

/** One port of a service. */
export interface LabProxied extends LabEndpoint {
  /** `default/kubernetes:https` */
  readonly name: string;
  readonly targets: readonly LabTarget[];
}

/** Where a service leads. */
export interface LabTarget extends LabEndpoint {
  /**
   * Of the connections that come so far in iptables' rules: 1 takes them all. Default: as kube-proxy
   * writes it, the same share for each.
   */
  readonly probability?: number | undefined;
  /** Of IPVS. Default 1. */
  readonly weight?: number | undefined;
}
