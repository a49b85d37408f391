import type { Fact, Tri } from "./fact.ts";

/** Host and port of the cluster's endpoint URL. The host is lower case, as certificates spell it. */
export interface Endpoint {
  /** As EKS gave it, e.g. `https://1368909F….yl4.ap-northeast-2.eks.amazonaws.com`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

/** What DescribeCluster said, as far as it said it: `undefined` is "not in the answer". */
export interface Cluster {
  /** Who named it: EKS, or the user, who then knows the endpoint and its CA and nothing else. */
  readonly source: ClusterSource;
  readonly name: string;
  readonly arn: string | undefined;
  /** Undefined where the user gave the endpoint and nothing names a region. */
  readonly region: string | undefined;
  /** CREATING, ACTIVE, UPDATING, … as given; new values may appear. */
  readonly status: string | undefined;
  readonly version: string | undefined;
  readonly platformVersion: string | undefined;
  /** Absent until the cluster is ACTIVE, and always for a connected (EKS Connector) cluster. */
  readonly endpoint: Endpoint | undefined;
  /** PEM. Skipped while EKS gives none, unknown where what it gave is no certificate. */
  readonly certificateAuthority: Fact<string>;
  readonly vpcId: string | undefined;
  readonly subnetIds: readonly string[] | undefined;
  readonly securityGroupIds: readonly string[] | undefined;
  readonly clusterSecurityGroupId: string | undefined;
  readonly publicAccess: Tri;
  readonly privateAccess: Tri;
  readonly publicAccessCidrs: readonly string[] | undefined;
  readonly serviceIpv4Cidr: string | undefined;
  readonly serviceIpv6Cidr: string | undefined;
  readonly ipFamily: string | undefined;
  /** What EKS itself says is wrong; detection can take hours (EKS user guide). */
  readonly healthIssues: readonly HealthIssue[] | undefined;
  /** `API`, `API_AND_CONFIG_MAP`, `CONFIG_MAP`. */
  readonly authenticationMode: string | undefined;
  /** Of a local cluster on Outposts, which goes by it instead of its name. */
  readonly localId: string | undefined;
  /** Of a cluster that only EKS Connector knows: it has no endpoint in EKS. */
  readonly connectorProvider: string | undefined;
  /** `standard`, `tier-xl`, …: how much the control plane takes. */
  readonly scalingTier: string | undefined;
}

export type ClusterSource = "eks" | "flags" | "kubeconfig";

/** Of a cluster that nobody described: every part that only DescribeCluster tells. */
export const UNDESCRIBED: Omit<
  Cluster,
  "source" | "name" | "region" | "endpoint" | "certificateAuthority"
> = {
  arn: undefined,
  status: undefined,
  version: undefined,
  platformVersion: undefined,
  vpcId: undefined,
  subnetIds: undefined,
  securityGroupIds: undefined,
  clusterSecurityGroupId: undefined,
  publicAccess: "unknown",
  privateAccess: "unknown",
  publicAccessCidrs: undefined,
  serviceIpv4Cidr: undefined,
  serviceIpv6Cidr: undefined,
  ipFamily: undefined,
  healthIssues: undefined,
  authenticationMode: undefined,
  localId: undefined,
  connectorProvider: undefined,
  scalingTier: undefined,
};

export interface HealthIssue {
  /** `InsufficientFreeAddresses`, `Ec2SubnetNotFound`, …; new values may appear. */
  readonly code: string;
  readonly message: string;
  readonly resourceIds: readonly string[];
}

/** A network interface that EKS placed in the cluster's VPC. */
export interface Eni {
  readonly id: string;
  readonly description: string;
  readonly privateIp: string;
  /** Every further private address (secondary IPv4, IPv6), in the order given. */
  readonly otherIps: readonly string[];
  readonly subnetId: string | undefined;
  readonly vpcId: string | undefined;
  readonly availabilityZone: string | undefined;
  readonly securityGroupIds: readonly string[] | undefined;
  readonly status: string | undefined;
  readonly requesterId: string | undefined;
  readonly attachmentOwnerId: string | undefined;
  readonly ownerId: string | undefined;
  /** The further marks of an EKS-managed ENI (domain facts): which agree, which speak against it. */
  readonly marks: EniMarks;
}

export interface EniMarks {
  readonly requestedByEks: Tri;
  readonly attachedToForeignAccount: Tri;
}
