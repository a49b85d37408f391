import type { Tri } from "./fact.ts";

/** What EC2 says of the network around the cluster's ENIs, as far as it says it. */

export interface SecurityGroupRule {
  readonly direction: "ingress" | "egress";
  /** `-1` is any protocol; else a name or number as given: `tcp`, `6`. */
  readonly protocol: string;
  /** Undefined where the protocol has no ports, or the rule names all. */
  readonly fromPort: number | undefined;
  readonly toPort: number | undefined;
  readonly cidrs: readonly string[];
  /** Members of these groups are let through. */
  readonly groupIds: readonly string[];
  /** Named lists of CIDRs, whose content the rule does not say. */
  readonly prefixListIds: readonly string[];
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string | undefined;
  readonly rules: readonly SecurityGroupRule[];
}

/** The lowest number that matches decides; what none matches is denied. */
export interface NetworkAclEntry {
  readonly number: number;
  readonly direction: "ingress" | "egress";
  readonly action: "allow" | "deny";
  /** `-1` is any; else the protocol's number: `6` is TCP. */
  readonly protocol: string;
  readonly cidr: string;
  readonly fromPort: number | undefined;
  readonly toPort: number | undefined;
}

export interface NetworkAcl {
  readonly id: string;
  readonly subnetIds: readonly string[];
  readonly entries: readonly NetworkAclEntry[];
}

export interface VpcRoute {
  /** CIDR, or the id of a prefix list. */
  readonly destination: string;
  /** `local`, `igw-…`, `nat-…`, `tgw-…`, `eni-…`; undefined where EC2 names none. */
  readonly target: string | undefined;
  /** A blackhole's target is gone: what it matches is dropped. */
  readonly state: "active" | "blackhole" | "unknown";
}

export interface RouteTable {
  readonly id: string;
  /** Subnets that name it; those that name none use the main one. */
  readonly subnetIds: readonly string[];
  readonly isMain: boolean;
  readonly routes: readonly VpcRoute[];
}

export interface Subnet {
  readonly id: string;
  readonly vpcId: string | undefined;
  readonly availabilityZone: string | undefined;
  readonly cidrs: readonly string[];
  /** AvailableIpAddressCount. */
  readonly freeIps: number | undefined;
}

export interface NatGateway {
  readonly id: string;
  readonly subnetId: string | undefined;
  readonly state: string | undefined;
  readonly publicIps: readonly string[];
}

/** What the VPC's own resolver needs for a private hosted zone to be seen. */
export interface VpcDns {
  readonly support: Tri;
  readonly hostnames: Tri;
  /** `domain-name-servers` of the DHCP options: `AmazonProvidedDNS` or addresses. */
  readonly nameServers: readonly string[] | undefined;
}
