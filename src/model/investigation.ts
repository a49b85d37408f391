import { type Fact, skipped } from "./fact.ts";
import type { NatGateway, NetworkAcl, RouteTable, SecurityGroup, Subnet, VpcDns } from "./vpc.ts";

/**
 * Evidence that costs further calls: asked for only when something failed, and then only what could
 * explain it, or all of it with `deep`. Each answer stands alone.
 */
export interface Investigation {
  /** What STS says of a token signed as ours was: tells a bad token from a missing mapping. */
  readonly tokenReplay: Fact<TokenReplay>;
  /** Principal ARNs that have an access entry in the cluster. */
  readonly accessEntries: Fact<readonly string[]>;
  /** Groups of the ENIs and of the cluster. */
  readonly securityGroups: Fact<readonly SecurityGroup[]>;
  readonly networkAcls: Fact<readonly NetworkAcl[]>;
  readonly routeTables: Fact<readonly RouteTable[]>;
  /** Subnets of the cluster and of the ENIs. */
  readonly subnets: Fact<readonly Subnet[]>;
  readonly natGateways: Fact<readonly NatGateway[]>;
  readonly vpcDns: Fact<VpcDns>;
  /** The latest updates of the cluster, newest first. */
  readonly updates: Fact<readonly ClusterUpdate[]>;
  /** The EC2 instance this runs on, by its metadata service. */
  readonly instance: Fact<Instance>;
  /** The address by which the internet sees this host. */
  readonly egress: Fact<Egress>;
}

export type Question = keyof Investigation;

/** STS's own verdict on the presigned request inside a token. */
export type TokenReplay =
  | { readonly kind: "accepted"; readonly arn: string; readonly account: string | undefined }
  | {
      readonly kind: "refused";
      readonly status: number;
      /** `SignatureDoesNotMatch`, `ExpiredToken`, `InvalidClientTokenId`, … */
      readonly code: string;
      /** One line, without secrets. */
      readonly message: string;
    };

export interface ClusterUpdate {
  readonly id: string;
  /** `VersionUpdate`, `EndpointAccessUpdate`, …; new values may appear. */
  readonly type: string | undefined;
  /** `InProgress`, `Failed`, `Cancelled`, `Successful`. */
  readonly status: string | undefined;
  /** ISO 8601. */
  readonly createdAt: string | undefined;
  readonly errors: readonly { readonly code: string; readonly message: string }[];
}

export interface Instance {
  readonly instanceId: string | undefined;
  readonly region: string | undefined;
  readonly privateIp: string | undefined;
  readonly publicIp: string | undefined;
  readonly vpcId: string | undefined;
  readonly subnetId: string | undefined;
  readonly securityGroupIds: readonly string[];
}

export interface Egress {
  readonly ip: string;
  /** Who says so: the user, the instance's metadata, this host's own public address, a service that the user named. */
  readonly source: "flag" | "metadata" | "own-address" | "service";
}

export const NOT_INVESTIGATED = "not asked: nothing failed that it could explain; --deep asks";

/** Before anything is asked. */
export function notInvestigated(reason: string = NOT_INVESTIGATED): Investigation {
  const fact = skipped(reason);
  return {
    tokenReplay: fact,
    accessEntries: fact,
    securityGroups: fact,
    networkAcls: fact,
    routeTables: fact,
    subnets: fact,
    natGateways: fact,
    vpcDns: fact,
    updates: fact,
    instance: fact,
    egress: fact,
  };
}
