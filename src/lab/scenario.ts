import type { LabClientDetails } from "./scenario/client.ts";
import type { LabClusterDetails } from "./scenario/eks.ts";
import type { LabVpcDetails } from "./scenario/vpc.ts";

/**
 * A scenario is data: what exists in the simulated account and how it behaves. Times are relative
 * to the start of the lab, so that certificates are as old as in the field notes on any day.
 */
export interface Scenario extends LabClientDetails {
  readonly name: string;
  /** One line for `eks-probe lab --list`. */
  readonly description: string;
  readonly region: string;
  readonly accountId: string;
  /** `10.0.0.0/16`, … by VPC id, for DescribeVpcs. */
  readonly vpcs: Readonly<Record<string, readonly string[]>>;
  /** What is not as it should be in a VPC of `vpcs`, by its id. */
  readonly vpcDetails?: Readonly<Record<string, LabVpcDetails>> | undefined;
  readonly principals: readonly LabPrincipal[];
  readonly clusters: readonly LabCluster[];
  readonly latency: LabLatency;
  /** Denials, throttling and outages of the simulated AWS APIs. */
  readonly awsFaults: readonly AwsFault[];
  readonly dnsFault: DnsFault | undefined;
  /** Faults of one resolver, which comes before `dnsFault` there. Naming any starts both. */
  readonly dnsFaults?: ResolverFaults | undefined;
  /**
   * What happens to a connection that no front is meant for. `stray` (undefined) resets it and
   * counts it as one that would have left the machine; `drop` is the silence of an address to which
   * nothing leads from here.
   */
  readonly catchAll?: "stray" | "drop" | undefined;
  /** Where the resolvers stand when the lab listens on the scenario's own addresses. */
  readonly resolvers: { readonly inside: string; readonly outside: string };
  /** How this world changes while the lab is up. Undefined: not at all. */
  readonly timeline?: readonly LabStep[] | undefined;
}

/**
 * A change at a moment. Steps apply in the order of their times, those of one time in the order
 * given, and what is undefined stays as it is.
 */
export interface LabStep {
  /** After the lab's start, more than 0. */
  readonly atSeconds: number;
  /** One line for whoever watches. */
  readonly what: string;
  /** Name of the cluster that `set` is for. */
  readonly cluster?: string | undefined;
  readonly set?: LabClusterChange | undefined;
  /** Instead of those before; an empty list ends them. */
  readonly awsFaults?: readonly AwsFault[] | undefined;
  /** Instead of the one before; `none` ends it. */
  readonly dnsFault?: DnsFault | "none" | undefined;
}

/** What certificates and tokens are made for, and whether EKS runs the cluster at all. */
type FixedField = "name" | "endpointHost" | "serviceIpv4Cidr" | "localId" | "connector";

/**
 * What becomes different of a cluster: whole lists take the place of the earlier ones. A server
 * keeps its id, host and address for good; one that is in `servers` no more is gone.
 */
export type LabClusterChange = {
  readonly [Field in Exclude<keyof LabCluster, FixedField>]?: LabCluster[Field] | undefined;
};

export interface LabLatency {
  /** Added before every answer of the AWS APIs. */
  readonly awsMs: number;
  /** Added before every DNS answer. */
  readonly dnsMs: number;
  /** One round trip to any address: added to the handshake and to the request. */
  readonly addressMs: number;
}

/** Credentials that the simulated AWS accepts. They are made up and open nothing else. */
export interface LabPrincipal {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  readonly arn: string;
  /** Kubernetes user name, or undefined when no access entry maps the principal. */
  readonly kubernetesUser: string | undefined;
  /** What a role lets it read besides discovery; undefined is nothing. The user `admin` may all. */
  readonly permissions?: readonly LabPermission[] | undefined;
  /** Lacks `system:discovery`, which every authenticated user has unless somebody took it away. */
  readonly withoutDiscovery?: boolean | undefined;
}

/** To get and list: the Leases of kube-system; the EndpointSlices or Endpoints of default. */
export type LabPermission = "leases" | "endpointslices" | "endpoints";

export type AwsAction =
  | "eks:ListClusters"
  | "eks:DescribeCluster"
  | "eks:ListUpdates"
  | "eks:DescribeUpdate"
  | "eks:ListAccessEntries"
  | "eks:DescribeAccessEntry"
  | "ec2:DescribeNetworkInterfaces"
  | "ec2:DescribeVpcs"
  | "ec2:DescribeVpcAttribute"
  | "ec2:DescribeDhcpOptions"
  | "ec2:DescribeSecurityGroups"
  | "ec2:DescribeNetworkAcls"
  | "ec2:DescribeRouteTables"
  | "ec2:DescribeSubnets"
  | "ec2:DescribeNatGateways"
  | "sts:GetCallerIdentity"
  | "sts:AssumeRole";

export interface AwsFault {
  readonly action: AwsAction | "*";
  readonly kind:
    | "access-denied"
    | "throttling"
    | "expired-token"
    | "unrecognized-client"
    /** InvalidClientTokenId, in these words from every service. */
    | "invalid-client-token"
    /** STS is not active in the region for this account. */
    | "region-disabled"
    | "server-error"
    | "never"
    | "garbage";
  /** How often, from the first call on, before the API answers properly; undefined is always. */
  readonly times: number | undefined;
}

/** The VPC's own resolver, and any other. */
export interface ResolverFaults {
  readonly inside?: DnsFault | undefined;
  readonly outside?: DnsFault | undefined;
}

export type DnsFault =
  | "nxdomain"
  /** The name is there, and has no records. */
  | "nodata"
  /** Takes private addresses out of answers, against DNS rebinding. */
  | "drop-private"
  | "servfail"
  | "refused"
  | "never"
  | "truncated"
  | "garbage"
  | "wrong-id";

export interface LabCluster extends LabClusterDetails {
  readonly name: string;
  /** CREATING and PENDING have no endpoint and no CA yet. */
  readonly status: "ACTIVE" | "CREATING" | "UPDATING" | "DELETING" | "FAILED" | "PENDING";
  /** As EKS spells it, upper case hexadecimal first. */
  readonly endpointHost: string;
  readonly version: string;
  readonly platformVersion: string;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly clusterSecurityGroupId: string;
  readonly endpointPublicAccess: boolean;
  readonly endpointPrivateAccess: boolean;
  readonly publicAccessCidrs: readonly string[];
  readonly serviceIpv4Cidr: string;
  readonly servers: readonly LabServer[];
  readonly enis: readonly LabEni[];
  readonly fronts: readonly LabFront[];
  /** What the VPC's own resolver answers for endpointHost. */
  readonly dns: DnsRecords;
  /** What any other resolver answers, where that differs (both endpoints on): split horizon. */
  readonly outsideDns: DnsRecords | undefined;
  /**
   * The identity Leases' form. `modern` (undefined): a name made from the host name, which a
   * restart keeps. `uuid`, as in 1.20: a Lease for each start, named by chance.
   */
  readonly leaseForm?: "modern" | "uuid" | undefined;
  /** Leases of servers that are gone, last renewed so long before the lab's start. */
  readonly deadLeases?: readonly LabDeadLease[] | undefined;
  /** What `default/kubernetes` lists; undefined is the eniIp of every server that serves. */
  readonly endpointIps?: readonly string[] | undefined;
  /** The one version that EndpointSlices are served at; undefined goes by the server's version. */
  readonly hasEndpointSlices?: "v1" | "v1beta1" | "none" | undefined;
  /** What an API server takes for a token that it does not know yet. Default 0. */
  readonly tokenVerificationMs?: number | undefined;
}

export interface LabDeadLease {
  readonly host: string;
  readonly ageSeconds: number;
}

export interface DnsRecords {
  readonly a: readonly string[];
  readonly aaaa: readonly string[];
  readonly ttlSeconds: number;
}

export interface LabServer {
  readonly id: string;
  /** `ip-172-16-57-254.ap-northeast-2.compute.internal` */
  readonly host: string;
  /** The ENI's address: in the leaf's IP SANs, as on EKS. */
  readonly eniIp: string;
  /** notAfter of the leaf is its lifetime after notBefore plus this. */
  readonly notAfterOffsetSeconds: number;
  /** Of the leaf, which is four days old when the lab starts. Default 365. */
  readonly lifetimeDays?: number | undefined;
  /** A leaf without subject and authority key identifiers. */
  readonly withoutKeyIds?: boolean | undefined;
  /** The host that /api names instead of the server's own, which its leaf and its Lease keep. */
  readonly reportsAs?: string | undefined;
  /** Kubernetes version, where it is not the cluster's: `1.32`, or `1.32.4` with a patch. */
  readonly version?: string | undefined;
  /** `live` (undefined) is renewed every ten seconds, `stale` was 50 minutes before the start. */
  readonly lease?: "live" | "stale" | "none" | undefined;
  /** Started anew ten minutes before the lab, with a new holder uuid. */
  readonly restarted?: boolean | undefined;
  /** Checks of /livez, /readyz and /healthz that fail, where they are part of it: `etcd`. */
  readonly failingChecks?: readonly string[] | undefined;
  /** Requests a second, over all its connections, beyond which it sheds load: 429. */
  readonly shedsAbove?: number | undefined;
  /** How far the server's clock is ahead; negative is behind. Default 0. */
  readonly clockSkewSeconds?: number | undefined;
  /**
   * How often it was started since the lab was. Each start is another process: connections are cut,
   * the Lease has another holder. Default 0.
   */
  readonly starts?: number | undefined;
  /**
   * Which of its certificates it presents; another number is a rotation. Connections that are open
   * stay as they are. Default 0.
   */
  readonly leaf?: number | undefined;
  /** It got SIGTERM: new connections are refused, open ones are served until it is started or gone. */
  readonly down?: boolean | undefined;
  /** It was scaled in and still runs: 401 for every token, on old connections and on new ones. */
  readonly retired?: boolean | undefined;
}

export interface LabEni {
  readonly id: string;
  readonly ip: string;
  readonly secondaryIps: readonly string[];
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly status: "in-use" | "available";
  /** `Amazon EKS <cluster>` unless a scenario wants a look-alike. */
  readonly description: string;
  readonly requesterId: string;
  readonly attachmentOwnerId: string;
}

/** An address that leads to API servers: a VIP or an ENI. */
export interface LabFront {
  readonly ip: string;
  readonly port: number;
  readonly policy: "pinned" | "balanced";
  /** Ids of the servers behind it; a pinned front leads to the first. */
  readonly servers: readonly string[];
  /** Shares of a balanced front, one for each of its servers; undefined is even. */
  readonly weights?: readonly number[] | undefined;
  /** Makes the choices of a balanced front repeatable; undefined: other ones each time. */
  readonly seed?: number | undefined;
  readonly fault: FrontFault | undefined;
  /**
   * What becomes of its open connections when a step takes it away or lets it drop: silence, as of
   * an ENI that is deleted, or an RST. Default silence.
   */
  readonly whenGone?: "silence" | "reset" | undefined;
}

export type FrontFault =
  /** The whole answer comes this much later, at the phase named. */
  | { readonly kind: "late"; readonly phase: "tls" | "http"; readonly ms: number }
  /** TCP connects, then nothing, or TLS is made and the request is never answered. */
  | { readonly kind: "never"; readonly phase: "tls" | "http" }
  /** SYNs get no answer: a security group, a network ACL, publicAccessCidrs, a firewall. */
  | { readonly kind: "drop" }
  /** The machine says at once that it has no route there. */
  | { readonly kind: "unreachable" }
  | { readonly kind: "refuse" }
  | { readonly kind: "reset"; readonly phase: "tcp" | "tls" | "http" }
  /** Leaf from a CA that is not the cluster's, out of date, or for another name. */
  | {
      readonly kind: "wrong-certificate";
      readonly flaw:
        | "foreign-ca"
        | "self-signed"
        | "expired"
        | "not-yet-valid"
        | "other-name"
        /** By the CA, and with the names, of another cluster, whose API server this then is. */
        | "other-cluster"
        /** For the right names, by the CA of a proxy that looks into TLS. */
        | "inspection";
    }
  /** Bytes that are not TLS. */
  | { readonly kind: "garbage" }
  | { readonly kind: "status"; readonly status: number }
  /** 401 for every token, as of an API server that was scaled in; the rest is proper. */
  | { readonly kind: "unauthorized" }
  /** 401 for every nth request that brings a token: its authenticator is throttled. */
  | { readonly kind: "intermittent-401"; readonly every: number }
  /** Requests arrive without their Authorization header: a proxy took it. */
  | { readonly kind: "strip-authorization" }
  /** Answers with a longer body stop for good after so many bytes of it: a path that loses large packets. */
  | { readonly kind: "stall-large"; readonly bytes: number }
  | { readonly kind: "redirect"; readonly location: string }
  | {
      readonly kind: "body";
      readonly body:
        | "invalid-json"
        | "other-shape"
        | "escape-sequences"
        | "empty"
        | "huge"
        | "one-byte-a-second";
    }
  | { readonly kind: "endless-header" };
