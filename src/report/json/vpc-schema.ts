import {
  flag,
  integer,
  list,
  orNull,
  record,
  type Schema,
  TRI,
  text,
  texts,
  words,
} from "./schema-parts.ts";

/** The parts of the schema that say what EC2 says of the network around the ENIs. */

const DIRECTIONS = ["ingress", "egress"];

const ports = {
  fromPort: orNull(integer("first port; null where all are meant")),
  toPort: orNull(integer("last port")),
};

export const vpcFacts: Readonly<
  Record<
    "securityGroups" | "networkAcls" | "routeTables" | "subnets" | "natGateways" | "vpcDns",
    Schema
  >
> = {
  securityGroups: list(
    "groups of the ENIs and of the cluster",
    record("a group", {
      id: text("sg-…"),
      name: orNull(text("name")),
      rules: list(
        "what it lets through",
        record("a rule", {
          direction: words("in or out", DIRECTIONS),
          protocol: text("tcp, 6; -1 is any"),
          ...ports,
          cidrs: texts("addresses"),
          groupIds: texts("members of these groups"),
          prefixListIds: texts("lists whose content is not known here"),
        }),
      ),
    }),
  ),
  networkAcls: list(
    "network ACLs of the subnets",
    record("an ACL", {
      id: text("acl-…"),
      subnetIds: texts("subnets it guards"),
      entries: list(
        "the lowest number that matches decides",
        record("an entry", {
          number: integer("rule number"),
          direction: words("in or out", DIRECTIONS),
          action: words("what then", ["allow", "deny"]),
          protocol: text("6 is TCP, -1 any"),
          cidr: text("addresses"),
          ...ports,
        }),
      ),
    }),
  ),
  routeTables: list(
    "route tables of the subnets",
    record("a table", {
      id: text("rtb-…"),
      subnetIds: texts("subnets that name it"),
      isMain: flag("of subnets that name none"),
      routes: list(
        "its routes",
        record("a route", {
          destination: text("CIDR or prefix list"),
          target: orNull(text("local, igw-…, nat-…, tgw-…")),
          state: words("a blackhole drops", ["active", "blackhole", "unknown"]),
        }),
      ),
    }),
  ),
  subnets: list(
    "subnets of the cluster and of the ENIs",
    record("a subnet", {
      id: text("subnet-…"),
      vpcId: orNull(text("VPC")),
      availabilityZone: orNull(text("availability zone")),
      cidrs: texts("its addresses"),
      freeIps: orNull(integer("free IPv4 addresses")),
    }),
  ),
  natGateways: list(
    "NAT gateways of the VPC",
    record("a NAT gateway", {
      id: text("nat-…"),
      subnetId: orNull(text("subnet")),
      state: orNull(text("available, …")),
      publicIps: texts("addresses it sends from"),
    }),
  ),
  vpcDns: record("DNS settings of the VPC", {
    support: words("enableDnsSupport", TRI),
    hostnames: words("enableDnsHostnames", TRI),
    nameServers: orNull(texts("of the DHCP options")),
  }),
};
