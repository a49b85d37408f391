/**
 * What EC2 knows of a VPC beyond its CIDRs. What a scenario leaves out is healthy, see
 * completeVpc; what it names takes the place of the part with the same id.
 */
export interface LabVpcDetails {
  /** Default true. */
  readonly dnsSupport?: boolean | undefined;
  /** Default true. */
  readonly dnsHostnames?: boolean | undefined;
  /** Of the DHCP options; default `AmazonProvidedDNS`. An empty list: the VPC has no DHCP options. */
  readonly nameServers?: readonly string[] | undefined;
  readonly securityGroups?: readonly LabSecurityGroup[] | undefined;
  readonly networkAcls?: readonly LabNetworkAcl[] | undefined;
  readonly routeTables?: readonly LabRouteTable[] | undefined;
  readonly subnets?: readonly LabSubnet[] | undefined;
  /** Default none. */
  readonly natGateways?: readonly LabNatGateway[] | undefined;
  /** Ids of subnets and security groups that are gone, though the cluster still names them. */
  readonly deleted?: readonly string[] | undefined;
}

/** Every part there. */
export interface LabVpc {
  readonly id: string;
  readonly cidrs: readonly string[];
  readonly dnsSupport: boolean;
  readonly dnsHostnames: boolean;
  readonly nameServers: readonly string[];
  readonly securityGroups: readonly LabSecurityGroup[];
  readonly networkAcls: readonly LabNetworkAcl[];
  readonly routeTables: readonly LabRouteTable[];
  readonly subnets: readonly LabSubnet[];
  readonly natGateways: readonly LabNatGateway[];
}

export interface LabSecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly rules: readonly LabGroupRule[];
}

export interface LabGroupRule {
  readonly direction: "ingress" | "egress";
  /** `-1` is any; else `tcp`, `udp`, `icmp` or a number. */
  readonly protocol: string;
  /** Undefined for any protocol, which has no ports. */
  readonly fromPort?: number | undefined;
  readonly toPort?: number | undefined;
  readonly cidrs?: readonly string[] | undefined;
  readonly groupIds?: readonly string[] | undefined;
  readonly prefixListIds?: readonly string[] | undefined;
}

export interface LabNetworkAcl {
  readonly id: string;
  /** Of the default ACL: those that no other one has. */
  readonly subnetIds: readonly string[];
  readonly isDefault?: boolean | undefined;
  /** Without the last one, number 32767, which denies the rest in every ACL. */
  readonly entries: readonly LabAclEntry[];
}

export interface LabAclEntry {
  readonly number: number;
  readonly direction: "ingress" | "egress";
  readonly action: "allow" | "deny";
  /** `-1` is any; else the protocol's number: `6` is TCP. */
  readonly protocol: string;
  readonly cidr: string;
  readonly fromPort?: number | undefined;
  readonly toPort?: number | undefined;
}

export interface LabRouteTable {
  readonly id: string;
  /** Subnets that name it; the main one has the others without naming them. */
  readonly subnetIds: readonly string[];
  readonly isMain?: boolean | undefined;
  readonly routes: readonly LabRoute[];
}

export interface LabRoute {
  /** A CIDR, or the id of a prefix list. */
  readonly destination: string;
  /** `local`, `igw-…`, `nat-…`, `tgw-…`, `pcx-…`, `eni-…`, … */
  readonly target: string;
  /** `blackhole`: the target is gone. Default active. */
  readonly state?: "active" | "blackhole" | undefined;
}

export interface LabSubnet {
  readonly id: string;
  readonly availabilityZone: string;
  readonly cidr: string;
  /** AvailableIpAddressCount. */
  readonly freeIps: number;
}

export interface LabNatGateway {
  readonly id: string;
  readonly subnetId: string;
  /** None: a private NAT gateway. */
  readonly publicIps: readonly string[];
  readonly state: "pending" | "failed" | "available" | "deleting" | "deleted";
}
