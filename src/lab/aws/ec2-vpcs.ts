import type { LabVpc } from "../scenario/vpc.ts";
import { hexOf, madeUpId } from "../vpc.ts";
import { answerEc2, describeList, NO_TAGS, vpcsIn } from "./ec2-list.ts";
import type { AwsCall, AwsWorld, ServiceResult } from "./service.ts";
import { serviceError } from "./service.ts";
import { itemsOf, type XmlNode } from "./xml.ts";

export function describeVpcs(call: AwsCall, world: AwsWorld): ServiceResult {
  const ownerId = world.scenario.accountId;
  return describeList(
    vpcsIn(call, world),
    {
      action: "DescribeVpcs",
      idParam: "VpcId",
      set: "vpcSet",
      idOf: ({ id }) => id,
      notFound: noSuchVpc,
      fields: {
        cidr: (vpc) => ipv4Cidrs(vpc).slice(0, 1),
        "cidr-block-association.cidr-block": ipv4Cidrs,
        "dhcp-options-id": (vpc) => [dhcpOptionsId(vpc)],
        "is-default": () => ["false"],
        "owner-id": () => [ownerId],
        state: () => ["available"],
        "vpc-id": ({ id }) => [id],
      },
      nodesOf: (vpc) => vpcNodes(vpc, ownerId),
    },
    call,
  );
}

function noSuchVpc(id: string): readonly [string, string] {
  return ["InvalidVpcID.NotFound", `The vpc ID '${id}' does not exist`];
}

/** The first IPv4 block is the VPC's own; all blocks, it included, are associations. */
function vpcNodes(vpc: LabVpc, ownerId: string): readonly XmlNode[] {
  const ipv6Cidrs = vpc.cidrs.filter((cidr) => cidr.includes(":"));
  return [
    ["vpcId", vpc.id],
    ["ownerId", ownerId],
    ["state", "available"],
    ["cidrBlock", ipv4Cidrs(vpc)[0] ?? ""],
    ["cidrBlockAssociationSet", itemsOf(ipv4Cidrs(vpc).map((cidr) => blockNodes(cidr, "cidr")))],
    ["ipv6CidrBlockAssociationSet", itemsOf(ipv6Cidrs.map((cidr) => blockNodes(cidr, "ipv6Cidr")))],
    ["dhcpOptionsId", dhcpOptionsId(vpc)],
    NO_TAGS,
    ["instanceTenancy", "default"],
    ["isDefault", false],
  ];
}

function blockNodes(cidr: string, prefix: "cidr" | "ipv6Cidr"): readonly XmlNode[] {
  return [
    ["associationId", `vpc-cidr-assoc-${hexOf(cidr, 17)}`],
    [`${prefix}Block`, cidr],
    [`${prefix}BlockState`, [["state", "associated"]]],
  ];
}

function ipv4Cidrs({ cidrs }: LabVpc): readonly string[] {
  return cidrs.filter((cidr) => !cidr.includes(":"));
}

/** `default` stands for no DHCP options at all. */
function dhcpOptionsId({ id, nameServers }: LabVpc): string {
  return nameServers.length === 0 ? "default" : madeUpId("dopt", id);
}

type Attribute = (vpc: LabVpc) => boolean;

const ATTRIBUTES: Readonly<Record<string, Attribute>> = {
  enableDnsSupport: ({ dnsSupport }) => dnsSupport,
  enableDnsHostnames: ({ dnsHostnames }) => dnsHostnames,
  enableNetworkAddressUsageMetrics: () => false,
};

/** One attribute of one VPC: a call gives no more. */
export function describeVpcAttribute(call: AwsCall, world: AwsWorld): ServiceResult {
  const { params } = call.request;
  const id = params.get("VpcId");
  const name = params.get("Attribute");
  if (id === undefined || name === undefined) {
    const missing = id === undefined ? "vpcId" : "attribute";
    return serviceError("MissingParameter", `The request must contain the parameter ${missing}`);
  }
  const attribute = Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name] : undefined;
  if (attribute === undefined) {
    const message = `Value (${name}) for parameter attribute is invalid. Unknown vpc attribute`;
    return serviceError("InvalidParameterValue", message);
  }
  const vpc = vpcsIn(call, world).find((one) => one.id === id);
  if (vpc === undefined) return serviceError(...noSuchVpc(id));
  return answerEc2("DescribeVpcAttribute", call, [
    ["vpcId", id],
    [name, [["value", attribute(vpc)]]],
  ]);
}

export function describeDhcpOptions(call: AwsCall, world: AwsWorld): ServiceResult {
  const { accountId, region } = world.scenario;
  const keys = (vpc: LabVpc): readonly (readonly [string, readonly string[]])[] => [
    ["domain-name", [region === "us-east-1" ? "ec2.internal" : `${region}.compute.internal`]],
    ["domain-name-servers", vpc.nameServers],
  ];
  return describeList(
    vpcsIn(call, world).filter(({ nameServers }) => nameServers.length > 0),
    {
      action: "DescribeDhcpOptions",
      idParam: "DhcpOptionsId",
      set: "dhcpOptionsSet",
      idOf: dhcpOptionsId,
      notFound: (id) => [
        "InvalidDhcpOptionID.NotFound",
        `The dhcpOption ID '${id}' does not exist`,
      ],
      fields: {
        "dhcp-options-id": (vpc) => [dhcpOptionsId(vpc)],
        key: (vpc) => keys(vpc).map(([key]) => key),
        "owner-id": () => [accountId],
        value: (vpc) => keys(vpc).flatMap(([, values]) => values),
      },
      nodesOf: (vpc) => [
        ["dhcpOptionsId", dhcpOptionsId(vpc)],
        ["ownerId", accountId],
        [
          "dhcpConfigurationSet",
          itemsOf(
            keys(vpc).map(([key, values]) => [
              ["key", key],
              ["valueSet", itemsOf(values.map((value) => [["value", value]]))],
            ]),
          ),
        ],
        NO_TAGS,
      ],
    },
    call,
  );
}
