import * as v from "valibot";
import { cidr, ip, orAbsent, resourceId, texts, whole } from "./parts.ts";
import type { LabVpcDetails } from "./vpc.ts";

const direction = v.picklist(["ingress", "egress"]);
const port = orAbsent(whole(-1, 65_535));

const groupRule = v.strictObject({
  direction,
  protocol: v.string(),
  fromPort: port,
  toPort: port,
  cidrs: orAbsent(v.array(cidr)),
  groupIds: orAbsent(texts),
  prefixListIds: orAbsent(texts),
});

const aclEntry = v.strictObject({
  number: whole(1, 32_766),
  direction,
  action: v.picklist(["allow", "deny"]),
  protocol: v.pipe(v.string(), v.regex(/^(?:-1|\d{1,3})$/)),
  cidr,
  fromPort: port,
  toPort: port,
});

const route = v.strictObject({
  destination: v.union([cidr, resourceId("pl")]),
  target: v.pipe(v.string(), v.regex(/^(?:local|[a-z]+-[0-9a-f]{1,32})$/, "not local, igw-…, …")),
  state: orAbsent(v.picklist(["active", "blackhole"])),
});

/** A subnet has one ACL and one route table. */
function eachSubnetOnce(parts: readonly { readonly subnetIds: readonly string[] }[]): boolean {
  const all = parts.flatMap(({ subnetIds }) => subnetIds);
  return new Set(all).size === all.length;
}

const SUBNET_TWICE = "a subnet is named twice";

export const vpcDetailsSchema: v.GenericSchema<unknown, LabVpcDetails> = v.strictObject({
  dnsSupport: orAbsent(v.boolean()),
  dnsHostnames: orAbsent(v.boolean()),
  nameServers: orAbsent(v.array(v.union([v.literal("AmazonProvidedDNS"), ip]))),
  securityGroups: orAbsent(
    v.array(v.strictObject({ id: resourceId("sg"), name: v.string(), rules: v.array(groupRule) })),
  ),
  networkAcls: orAbsent(
    v.pipe(
      v.array(
        v.strictObject({
          id: resourceId("acl"),
          subnetIds: texts,
          isDefault: orAbsent(v.boolean()),
          entries: v.array(aclEntry),
        }),
      ),
      v.check((parts) => eachSubnetOnce(parts), SUBNET_TWICE),
      v.check((acls) => acls.filter(({ isDefault }) => isDefault).length <= 1, "two default ACLs"),
    ),
  ),
  routeTables: orAbsent(
    v.pipe(
      v.array(
        v.strictObject({
          id: resourceId("rtb"),
          subnetIds: texts,
          isMain: orAbsent(v.boolean()),
          routes: v.array(route),
        }),
      ),
      v.check((parts) => eachSubnetOnce(parts), SUBNET_TWICE),
      v.check(
        (tables) => tables.filter(({ isMain }) => isMain).length <= 1,
        "two main route tables",
      ),
    ),
  ),
  subnets: orAbsent(
    v.array(
      v.strictObject({
        id: resourceId("subnet"),
        availabilityZone: v.string(),
        cidr,
        freeIps: whole(0, 65_536),
      }),
    ),
  ),
  natGateways: orAbsent(
    v.array(
      v.strictObject({
        id: resourceId("nat"),
        subnetId: v.string(),
        publicIps: v.array(ip),
        state: v.picklist(["pending", "failed", "available", "deleting", "deleted"]),
      }),
    ),
  ),
  deleted: orAbsent(texts),
});
