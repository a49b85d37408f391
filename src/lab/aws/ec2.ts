import { createHash } from "node:crypto";
import { describeEnis, EC2_NAMESPACE } from "./ec2-enis.ts";
import { applyFilters, type FilterFields, readFilters } from "./ec2-filter.ts";
import { takePage } from "./ec2-page.ts";
import { listParam } from "./request.ts";
import type { AwsCall, AwsWorld, Operation, ServiceResult } from "./service.ts";
import { ok, serviceError } from "./service.ts";
import { itemsOf, writeXml, type XmlNode } from "./xml.ts";

const VERSION = "2016-11-15";

interface OwnedVpc {
  readonly id: string;
  readonly cidrs: readonly string[];
  readonly ownerId: string;
}

const VPC_FIELDS: FilterFields<OwnedVpc> = {
  cidr: (vpc) => ipv4Cidrs(vpc).slice(0, 1),
  "cidr-block-association.cidr-block": (vpc) => ipv4Cidrs(vpc),
  "is-default": () => ["false"],
  "owner-id": (vpc) => [vpc.ownerId],
  state: () => ["available"],
  "vpc-id": (vpc) => [vpc.id],
};

/** The EC2 API: DescribeNetworkInterfaces and DescribeVpcs; other actions are InvalidAction. */
export function routeEc2(call: AwsCall, world: AwsWorld): Operation {
  const name = call.request.params.get("Action") ?? "";
  const action = `ec2:${name}`;
  return {
    action,
    denial: () =>
      `You are not authorized to perform this operation. User: ${call.caller.arn} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`,
    run: () => runAction(name, call, world),
  };
}

function runAction(name: string, call: AwsCall, world: AwsWorld): ServiceResult {
  const version = call.request.params.get("Version");
  if (name === "") {
    return serviceError("MissingAction", "The request must contain the parameter Action");
  }
  if (version !== VERSION) {
    return serviceError(
      "NoSuchVersion",
      `The requested version (${version ?? ""}) of service AmazonEC2 does not exist`,
    );
  }
  if (name === "DescribeNetworkInterfaces") return describeEnis(call, world);
  if (name === "DescribeVpcs") return describeVpcs(call, world);
  return serviceError("InvalidAction", `The action ${name} is not valid for this web service.`);
}

function describeVpcs(call: AwsCall, world: AwsWorld): ServiceResult {
  const { params } = call.request;
  const ids = listParam(params, "VpcId");
  const all = vpcsIn(call, world);
  const absent = ids.find((id) => !all.some((vpc) => vpc.id === id));
  if (absent !== undefined) {
    return serviceError("InvalidVpcID.NotFound", `The vpc ID '${absent}' does not exist`);
  }
  const named = ids.length === 0 ? all : all.filter((vpc) => ids.includes(vpc.id));
  const filtered = applyFilters(named, readFilters(params), VPC_FIELDS);
  if (filtered.kind === "refused") return filtered.result;
  const paged = takePage(filtered.resources, params);
  if (paged.kind === "refused") return paged.result;

  const children: XmlNode[] = [
    ["requestId", call.requestId],
    ["vpcSet", itemsOf(paged.page.map(vpcNodes))],
  ];
  if (paged.nextToken !== undefined) children.push(["nextToken", paged.nextToken]);
  return ok(writeXml(["DescribeVpcsResponse", children], EC2_NAMESPACE));
}

function vpcsIn(call: AwsCall, world: AwsWorld): readonly OwnedVpc[] {
  const { accountId, region, vpcs } = world.scenario;
  if (call.region !== region) return [];
  return Object.entries(vpcs).map(([id, cidrs]) => ({ id, cidrs, ownerId: accountId }));
}

/** The first IPv4 block is the VPC's own; all blocks, it included, are associations. */
function vpcNodes(vpc: OwnedVpc): readonly XmlNode[] {
  const ipv6Cidrs = vpc.cidrs.filter((cidr) => cidr.includes(":"));
  return [
    ["vpcId", vpc.id],
    ["ownerId", vpc.ownerId],
    ["state", "available"],
    ["cidrBlock", ipv4Cidrs(vpc)[0] ?? ""],
    ["cidrBlockAssociationSet", itemsOf(ipv4Cidrs(vpc).map((cidr) => blockNodes(cidr, "cidr")))],
    ["ipv6CidrBlockAssociationSet", itemsOf(ipv6Cidrs.map((cidr) => blockNodes(cidr, "ipv6Cidr")))],
    ["dhcpOptionsId", "dopt-0lab"],
    ["tagSet", []],
    ["instanceTenancy", "default"],
    ["isDefault", false],
  ];
}

function blockNodes(cidr: string, prefix: "cidr" | "ipv6Cidr"): readonly XmlNode[] {
  const id = createHash("sha256").update(cidr).digest("hex").slice(0, 17);
  return [
    ["associationId", `vpc-cidr-assoc-${id}`],
    [`${prefix}Block`, cidr],
    [`${prefix}BlockState`, [["state", "associated"]]],
  ];
}

function ipv4Cidrs(vpc: OwnedVpc): readonly string[] {
  return vpc.cidrs.filter((cidr) => !cidr.includes(":"));
}
