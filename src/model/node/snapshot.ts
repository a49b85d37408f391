import type { Fact } from "../fact.ts";
import type { KubeletSettings } from "./kubelet.ts";
import type { ConntrackUse, ServiceNat, TrackedConnection } from "./nat.ts";
import type { NodeProcess } from "./process.ts";
import type { Endpoint, TcpSocket } from "./socket.ts";

/** All that was read on a worker. Plain data; each part stands alone, and says why it is not there. */
export interface NodeSnapshot {
  /** ISO 8601; of a capture, when it was made, where that is known. */
  readonly readAt: string;
  readonly hostname: string;
  /** `live`, or what was read instead. */
  readonly source:
    | { readonly kind: "live" }
    | { readonly kind: "root"; readonly path: string }
    | { readonly kind: "bundle"; readonly path: string };
  /** This host's own addresses. */
  readonly localIps: readonly string[];
  /** Of the pods on it, as far as its routes name each by itself, as the VPC CNI's do. */
  readonly podIps: readonly string[];
  /** By network namespace: the host's own first. */
  readonly namespaces: readonly NamespaceSockets[];
  /** Those that own a socket of `namespaces`, by pid. */
  readonly processes: readonly NodeProcess[];
  /**
   * Who owns a socket: pids by inode, as far as they were found; `blind` says who could not be
   * looked at. A capture that has no inodes has numbers in their place.
   */
  readonly owners: Fact<Readonly<Record<string, readonly number[]>>>;
  readonly nat: Fact<readonly ServiceNat[]>;
  readonly conntrack: Fact<readonly TrackedConnection[]>;
  readonly conntrackUse: Fact<ConntrackUse>;
  readonly kubelet: Fact<KubeletSettings>;
  /** KUBERNETES_SERVICE_HOST and _PORT of the environments that could be read, each once. */
  readonly serviceAddresses: readonly Endpoint[];
  /**
   * IPs of the name servers that this host asks, in order: of /etc/resolv.conf, or where that names
   * systemd-resolved alone, of those that it asks in turn.
   */
  readonly nameServers: Fact<readonly string[]>;
  /** File that they were read from; undefined where they are not known. */
  readonly nameServersFile: string | undefined;
  /** What was not seen, and which right would show it: one line each. */
  readonly blind: readonly string[];
}

/** The sockets of one network namespace, as far as they matter. */
export interface NamespaceSockets {
  /** `host`, or the identity of a pod's namespace. */
  readonly id: string;
  readonly sockets: Fact<readonly TcpSocket[]>;
}
