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
  readonly name: string;
  readonly arn: string | undefined;
  readonly region: string;
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
