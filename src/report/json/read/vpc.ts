import * as v from "valibot";
import type {
  NatGateway,
  NetworkAcl,
  RouteTable,
  SecurityGroup,
  Subnet,
  VpcDns,
} from "../../../model/vpc.ts";
import { anyWord, flag, list, maybe, name, number, type Read, text, tri, word } from "./parts.ts";

/** What EC2 said of the network around the ENIs. */

const direction: Read<"ingress" | "egress"> = anyWord();
const ports = { fromPort: maybe(number), toPort: maybe(number) };

const securityGroup: Read<SecurityGroup> = v.object({
  id: name,
  name: maybe(text),
  rules: list(
    v.object({
      direction,
      protocol: name,
      ...ports,
      cidrs: list(name),
      groupIds: list(name),
      prefixListIds: list(name),
    }),
  ),
});

const networkAcl: Read<NetworkAcl> = v.object({
  id: name,
  subnetIds: list(name),
  entries: list(
    v.object({
      number,
      direction,
      action: anyWord<"allow" | "deny">(),
      protocol: name,
      cidr: name,
      ...ports,
    }),
  ),
});

const routeTable: Read<RouteTable> = v.object({
  id: name,
  subnetIds: list(name),
  isMain: flag,
  routes: list(
    v.object({
      destination: name,
      target: maybe(name),
      state: word(["active", "blackhole", "unknown"], "unknown"),
    }),
  ),
});

const subnet: Read<Subnet> = v.object({
  id: name,
  vpcId: maybe(name),
  availabilityZone: maybe(name),
  cidrs: list(name),
  freeIps: maybe(number),
});

const natGateway: Read<NatGateway> = v.object({
  id: name,
  subnetId: maybe(name),
  state: maybe(name),
  publicIps: list(name),
});

const vpcDns: Read<VpcDns> = v.object({
  support: tri,
  hostnames: tri,
  nameServers: maybe(list(name)),
});

export const vpc: {
  readonly securityGroups: Read<readonly SecurityGroup[]>;
  readonly networkAcls: Read<readonly NetworkAcl[]>;
  readonly routeTables: Read<readonly RouteTable[]>;
  readonly subnets: Read<readonly Subnet[]>;
  readonly natGateways: Read<readonly NatGateway[]>;
  readonly vpcDns: Read<VpcDns>;
} = {
  securityGroups: list(securityGroup),
  networkAcls: list(networkAcl),
  routeTables: list(routeTable),
  subnets: list(subnet),
  natGateways: list(natGateway),
  vpcDns,
};
