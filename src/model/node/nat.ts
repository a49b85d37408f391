import type { Endpoint } from "./socket.ts";

/** Which part of the kernel translates service addresses, and who read it out. */
export type NatBackend = "iptables-legacy" | "iptables-nft" | "nftables" | "ipvs";

/** How a line of what was not seen begins where it is of rules. */
export const BLIND_TO_RULES = "rules of NAT: ";

/** How one service address is translated. */
export interface ServiceNat {
  readonly backend: NatBackend;
  /** ClusterIP and port: `172.20.0.1:443`. */
  readonly service: Endpoint;
  /** `default/kubernetes:https`, where the rules name it or its chain is the computed one. */
  readonly name: string | undefined;
  /** The chain or map that decides: `KUBE-SVC-NPX46M4PTMTKRN6Y`. */
  readonly chain: string | undefined;
  readonly targets: readonly NatTarget[];
  /** What about the rules is not as kube-proxy writes them, one line each. */
  readonly oddities: readonly string[];
}

/** One of the addresses that a service leads to. */
export interface NatTarget {
  readonly to: Endpoint;
  /** Of a new connection to be led here, 0 to 1; undefined where the rules do not say. */
  readonly probability: number | undefined;
  /** `KUBE-SEP-5UMKMGJMUDXCXVAP` */
  readonly chain: string | undefined;
  /** Of IPVS; undefined elsewhere. */
  readonly weight: number | undefined;
}

/** One connection that the kernel tracks, and how it was translated. */
export interface TrackedConnection {
  /** As the client opened it. */
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** Where it really goes: the source of the replies. */
  readonly target: Endpoint;
  /** `ESTABLISHED`, `SYN_SENT`, … */
  readonly state: string;
  readonly timeoutSeconds: number | undefined;
  readonly assured: boolean;
  /** Whether a reply was ever seen. */
  readonly replied: boolean;
}

/** How many connections the kernel tracks, and how many it may; a `max` of 0 is no limit. */
export interface ConntrackUse {
  readonly count: number;
  readonly max: number;
}
