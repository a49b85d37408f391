import type { LabWorker } from "./worker.ts";

/** The host that the client runs on, as far as the lab can make it up. All of it may be left out. */
export interface LabClientDetails {
  /**
   * The EC2 instance that the client is on, told by a metadata service on loopback; undefined is
   * a host that is no instance.
   */
  readonly instance?: LabInstance | undefined;
  /** What a service on loopback says the host's address on the internet is. */
  readonly egressIp?: string | undefined;
  /**
   * Variables of the client, such as HTTPS_PROXY. Those that the lab sets itself stay the lab's.
   */
  readonly clientEnvironment?: Readonly<Record<string, string>> | undefined;
  /** What the client's KUBECONFIG holds; undefined is an empty file. */
  readonly kubeconfig?: LabKubeconfig | undefined;
  /**
   * How far every clock of AWS is ahead of the client's: the APIs', STS's and the API servers'.
   * The client's own clock cannot be moved. Default 0.
   */
  readonly awsClockSkewSeconds?: number | undefined;
  /**
   * A worker of one of the clusters, as a copy of its files in a temporary folder; undefined is none.
   */
  readonly worker?: LabWorker | undefined;
}

export interface LabInstance {
  /** `i-0123456789abcdef0` */
  readonly id: string;
  readonly privateIp: string;
  readonly publicIp?: string | undefined;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly securityGroupIds: readonly string[];
  /** What the metadata service tells of its tags; undefined is an instance that does not allow it. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** `silent`: TCP connects and no token ever comes, as from a container at a hop limit of 1. */
  readonly fault?: "silent" | undefined;
}

export interface LabKubeconfig {
  /** Default: the first entry's. */
  readonly currentContext?: string | undefined;
  readonly entries: readonly LabKubeconfigEntry[];
}

/** One context with its cluster and user. */
export interface LabKubeconfigEntry {
  /** Default: the cluster's ARN, as `aws eks update-kubeconfig` has it. */
  readonly context?: string | undefined;
  /** A cluster of the scenario. */
  readonly cluster: string;
  /** Default: its endpoint. */
  readonly server?: string | undefined;
  /** The cluster's CA, that of another cluster by the same name, or none in the file. Default own. */
  readonly authority?: "own" | "other" | "none" | undefined;
  readonly tlsServerName?: string | undefined;
  readonly proxyUrl?: string | undefined;
  readonly user: LabKubeconfigUser;
}

export type LabKubeconfigUser =
  | { readonly kind: "exec"; readonly command: string; readonly args: readonly string[] }
  /** A token for the cluster, signed by the scenario's first principal so long before the start. */
  | { readonly kind: "token"; readonly ageSeconds: number }
  | { readonly kind: "none" };
