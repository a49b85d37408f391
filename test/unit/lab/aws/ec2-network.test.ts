import {
  DescribeDhcpOptionsCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkAclsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  EC2Client,
  paginateDescribeSubnets,
} from "@aws-sdk/client-ec2";
import { afterEach, describe, expect, it } from "vitest";
import type { LabVpcDetails } from "../../../../src/lab/scenario/vpc.ts";
import type { AwsAction, Scenario } from "../../../../src/lab/scenario.ts";
import { refusalOf, settings, startAws, stopAws } from "../../../support/lab-aws.ts";
import { ADMIN } from "../../../support/lab-scenario.ts";

afterEach(stopAws);

async function ec2(change: Partial<Scenario> = {}, region?: string): Promise<EC2Client> {
  return new EC2Client(settings(await startAws(change), ADMIN, region));
}

/** The first VPC of the test scenario, with something else than health. */
function withDetails(details: LabVpcDetails): Partial<Scenario> {
  return { vpcDetails: { "vpc-0a": details } };
}

const inVpc = [{ Name: "vpc-id", Values: ["vpc-0a"] }];

describe("a VPC of which the scenario says nothing", () => {
  it("has a cluster security group that lets its members in, and the VPC on 443", async () => {
    const { SecurityGroups } = await (await ec2()).send(
      new DescribeSecurityGroupsCommand({ GroupIds: ["sg-0c", "sg-0a"] }),
    );
    expect(SecurityGroups).toMatchObject([
      {
        GroupId: "sg-0c",
        GroupName: expect.stringMatching(/^eks-cluster-sg-gonz-eks-pub-\w+$/),
        VpcId: "vpc-0a",
        OwnerId: "111122223333",
        IpPermissions: [
          {
            IpProtocol: "-1",
            UserIdGroupPairs: [{ GroupId: "sg-0c", UserId: "111122223333" }],
            IpRanges: [],
          },
          {
            IpProtocol: "tcp",
            FromPort: 443,
            ToPort: 443,
            IpRanges: [{ CidrIp: "10.0.0.0/16" }, { CidrIp: "100.64.0.0/16" }],
          },
        ],
        IpPermissionsEgress: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
      },
      { GroupId: "sg-0a", IpPermissions: [] },
    ]);
    expect(SecurityGroups?.[0]?.IpPermissions?.[0]?.FromPort).toBeUndefined();
  });

  it("has groups of the same names at its ENIs", async () => {
    const client = await ec2();
    const { NetworkInterfaces } = await client.send(new DescribeNetworkInterfacesCommand({}));
    const { SecurityGroups } = await client.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: "group-id", Values: ["sg-0*"] }] }),
    );
    const names = SecurityGroups?.map(({ GroupId, GroupName }) => `${GroupId} ${GroupName}`);
    const atEni = NetworkInterfaces?.[0]?.Groups?.map((one) => `${one.GroupId} ${one.GroupName}`);
    expect(atEni?.toSorted()).toEqual(names?.toSorted());
  });

  it("has a default ACL for every subnet, which allows all but for the last entries", async () => {
    const { NetworkAcls } = await (await ec2()).send(
      new DescribeNetworkAclsCommand({
        Filters: [{ Name: "association.subnet-id", Values: ["subnet-0b"] }],
      }),
    );
    expect(NetworkAcls).toHaveLength(1);
    expect(NetworkAcls?.[0]).toMatchObject({ IsDefault: true, VpcId: "vpc-0a" });
    expect(NetworkAcls?.[0]?.Associations?.map(({ SubnetId }) => SubnetId)).toEqual([
      "subnet-0a",
      "subnet-0b",
    ]);
    expect(
      NetworkAcls?.[0]?.Entries?.map(
        (one) =>
          `${one.RuleNumber} ${one.RuleAction} ${one.Egress} ${one.Protocol} ${one.CidrBlock}`,
      ),
    ).toEqual([
      "100 allow false -1 0.0.0.0/0",
      "100 allow true -1 0.0.0.0/0",
      "32767 deny false -1 0.0.0.0/0",
      "32767 deny true -1 0.0.0.0/0",
    ]);
    expect(NetworkAcls?.[0]?.Entries?.[0]?.PortRange).toBeUndefined();
  });

  it("has a main route table, which no subnet has to name", async () => {
    const client = await ec2();
    const { RouteTables } = await client.send(new DescribeRouteTablesCommand({ Filters: inVpc }));
    expect(RouteTables).toMatchObject([
      {
        Associations: [{ Main: true, AssociationState: { State: "associated" } }],
        Routes: [
          { DestinationCidrBlock: "10.0.0.0/16", GatewayId: "local", Origin: "CreateRouteTable" },
          { DestinationCidrBlock: "100.64.0.0/16", GatewayId: "local", State: "active" },
          {
            DestinationCidrBlock: "0.0.0.0/0",
            GatewayId: expect.stringMatching(/^igw-[0-9a-f]+$/),
          },
        ],
      },
    ]);
    const bySubnet = [{ Name: "association.subnet-id", Values: ["subnet-0a"] }];
    const named = await client.send(new DescribeRouteTablesCommand({ Filters: bySubnet }));
    expect(named.RouteTables).toEqual([]);
  });

  it("has subnets with free addresses, around the ENIs that are in them, none twice", async () => {
    const { Subnets } = await (await ec2()).send(
      new DescribeSubnetsCommand({ SubnetIds: ["subnet-0a", "subnet-0b"] }),
    );
    expect(Subnets).toMatchObject([
      {
        SubnetId: "subnet-0a",
        VpcId: "vpc-0a",
        AvailabilityZone: "ap-northeast-2a",
        CidrBlock: "10.0.16.0/20",
        AvailableIpAddressCount: 200,
      },
      { SubnetId: "subnet-0b", CidrBlock: "10.0.0.0/20", AvailableIpAddressCount: 200 },
    ]);
  });

  it("has Amazon's DNS, its attributes on, and no NAT gateway", async () => {
    const client = await ec2();
    const attribute = (Attribute: "enableDnsSupport" | "enableDnsHostnames") =>
      client.send(new DescribeVpcAttributeCommand({ VpcId: "vpc-0a", Attribute }));
    expect((await attribute("enableDnsSupport")).EnableDnsSupport).toEqual({ Value: true });
    expect((await attribute("enableDnsHostnames")).EnableDnsHostnames).toEqual({ Value: true });
    const { Vpcs } = await client.send(new DescribeVpcsCommand({ VpcIds: ["vpc-0a"] }));
    const { DhcpOptions } = await client.send(
      new DescribeDhcpOptionsCommand({ DhcpOptionsIds: [Vpcs?.[0]?.DhcpOptionsId ?? ""] }),
    );
    expect(DhcpOptions?.[0]?.DhcpConfigurations).toEqual([
      { Key: "domain-name", Values: [{ Value: "ap-northeast-2.compute.internal" }] },
      { Key: "domain-name-servers", Values: [{ Value: "AmazonProvidedDNS" }] },
    ]);
    const { NatGateways } = await client.send(new DescribeNatGatewaysCommand({ Filter: inVpc }));
    expect(NatGateways).toEqual([]);
  });
});

describe("a VPC of which the scenario says something", () => {
  it("has the security groups as told, over ports, both families and other groups", async () => {
    const rules = [
      { direction: "ingress", protocol: "tcp", fromPort: 443, toPort: 444, cidrs: ["::/0"] },
      { direction: "ingress", protocol: "tcp", fromPort: 443, toPort: 443, groupIds: ["sg-0f"] },
      { direction: "egress", protocol: "-1", prefixListIds: ["pl-0a"] },
    ] as const;
    const securityGroups = [{ id: "sg-0c", name: "narrow & <odd>", rules }];
    const { SecurityGroups } = await (await ec2(withDetails({ securityGroups }))).send(
      new DescribeSecurityGroupsCommand({ GroupIds: ["sg-0c"] }),
    );
    expect(SecurityGroups).toMatchObject([
      {
        GroupName: "narrow & <odd>",
        IpPermissions: [
          { FromPort: 443, ToPort: 444, Ipv6Ranges: [{ CidrIpv6: "::/0" }], IpRanges: [] },
          { UserIdGroupPairs: [{ GroupId: "sg-0f" }] },
        ],
        IpPermissionsEgress: [{ PrefixListIds: [{ PrefixListId: "pl-0a" }] }],
      },
    ]);
  });

  it("has an ACL of a subnet's own, and the default one for the others alone", async () => {
    const entries = [
      {
        number: 90,
        direction: "ingress",
        action: "deny",
        protocol: "6",
        cidr: "203.0.113.0/24",
        fromPort: 443,
        toPort: 443,
      },
    ] as const;
    const networkAcls = [{ id: "acl-0d", subnetIds: ["subnet-0a"], entries }];
    const client = await ec2(withDetails({ networkAcls }));
    const aclsOf = async (id: string) => {
      const Filters = [{ Name: "association.subnet-id", Values: [id] }];
      return (await client.send(new DescribeNetworkAclsCommand({ Filters }))).NetworkAcls;
    };
    expect(await aclsOf("subnet-0a")).toMatchObject([
      {
        NetworkAclId: "acl-0d",
        IsDefault: false,
        Entries: [
          { RuleNumber: 90, RuleAction: "deny", Protocol: "6", PortRange: { From: 443, To: 443 } },
          { RuleNumber: 32_767, RuleAction: "deny", Egress: false },
          { RuleNumber: 32_767, RuleAction: "deny", Egress: true },
        ],
      },
    ]);
    expect(await aclsOf("subnet-0b")).toMatchObject([
      { IsDefault: true, Associations: [{ SubnetId: "subnet-0b" }] },
    ]);
  });

  it("has route tables of a subnet's own, whose targets are named by their kind", async () => {
    const routes = [
      { destination: "10.0.0.0/16", target: "local" },
      { destination: "0.0.0.0/0", target: "nat-0a" },
      { destination: "10.9.0.0/16", target: "tgw-0a", state: "blackhole" },
      { destination: "::/0", target: "eigw-0a" },
      { destination: "pl-0a", target: "vpce-0a" },
    ] as const;
    const routeTables = [{ id: "rtb-0d", subnetIds: ["subnet-0a"], routes }];
    const Filters = [{ Name: "association.subnet-id", Values: ["subnet-0a"] }];
    const client = await ec2(withDetails({ routeTables }));
    const { RouteTables } = await client.send(new DescribeRouteTablesCommand({ Filters }));
    expect(RouteTables).toMatchObject([
      {
        RouteTableId: "rtb-0d",
        Associations: [{ Main: false, SubnetId: "subnet-0a" }],
        Routes: [
          { GatewayId: "local" },
          { NatGatewayId: "nat-0a" },
          { TransitGatewayId: "tgw-0a", State: "blackhole" },
          { DestinationIpv6CidrBlock: "::/0", EgressOnlyInternetGatewayId: "eigw-0a" },
          { DestinationPrefixListId: "pl-0a", GatewayId: "vpce-0a" },
        ],
      },
    ]);
    expect((await client.send(new DescribeRouteTablesCommand({}))).RouteTables).toHaveLength(3);
  });

  it("has NAT gateways, which a filter by state tells apart", async () => {
    const natGateways = [
      { id: "nat-0a", subnetId: "subnet-0a", publicIps: ["203.0.113.7"], state: "available" },
      { id: "nat-0b", subnetId: "subnet-0b", publicIps: ["203.0.113.8"], state: "deleted" },
      { id: "nat-0c", subnetId: "subnet-0b", publicIps: [], state: "available" },
    ] as const;
    const client = await ec2(withDetails({ natGateways }));
    const Filter = [...inVpc, { Name: "state", Values: ["available"] }];
    const { NatGateways } = await client.send(new DescribeNatGatewaysCommand({ Filter }));
    expect(NatGateways).toMatchObject([
      {
        NatGatewayId: "nat-0a",
        SubnetId: "subnet-0a",
        VpcId: "vpc-0a",
        State: "available",
        ConnectivityType: "public",
        CreateTime: new Date("2023-04-17T04:15:37.988Z"),
        NatGatewayAddresses: [{ PublicIp: "203.0.113.7", IsPrimary: true, Status: "succeeded" }],
      },
      { NatGatewayId: "nat-0c", ConnectivityType: "private", NatGatewayAddresses: [] },
    ]);
  });

  it("may have its DNS off, servers of its own, or no DHCP options at all", async () => {
    const client = await ec2({
      vpcDetails: {
        "vpc-0a": { dnsHostnames: false, nameServers: ["10.0.0.53"] },
        "vpc-0b": { nameServers: [] },
      },
    });
    const VpcId = "vpc-0a";
    const hostnames = new DescribeVpcAttributeCommand({ VpcId, Attribute: "enableDnsHostnames" });
    expect((await client.send(hostnames)).EnableDnsHostnames).toEqual({ Value: false });
    const { DhcpOptions } = await client.send(new DescribeDhcpOptionsCommand({}));
    expect(DhcpOptions).toHaveLength(1);
    expect(DhcpOptions?.[0]?.DhcpConfigurations?.[1]?.Values).toEqual([{ Value: "10.0.0.53" }]);
    const { Vpcs } = await client.send(new DescribeVpcsCommand({ VpcIds: ["vpc-0b"] }));
    expect(Vpcs?.[0]?.DhcpOptionsId).toBe("default");
  });

  it("may have lost a subnet and a group that the cluster still names", async () => {
    const client = await ec2(withDetails({ deleted: ["subnet-0b", "sg-0a"] }));
    const bySubnet = new DescribeSubnetsCommand({ SubnetIds: ["subnet-0a", "subnet-0b"] });
    expect(await refusalOf(client.send(bySubnet))).toMatchObject({
      name: "InvalidSubnetID.NotFound",
      status: 400,
      message: "The subnet ID 'subnet-0b' does not exist",
    });
    const { SecurityGroups } = await client.send(
      new DescribeSecurityGroupsCommand({ Filters: inVpc }),
    );
    expect(SecurityGroups?.map(({ GroupId }) => GroupId)).toEqual(["sg-0c"]);
  });
});

describe("EC2's listings of a network", () => {
  it("give every part once over all pages", async () => {
    const subnets = Array.from({ length: 12 }, (_, index) => ({
      id: `subnet-${index.toString(16).padStart(4, "0")}`,
      availabilityZone: "ap-northeast-2a",
      cidr: `10.0.${100 + index}.0/24`,
      freeIps: index,
    }));
    const client = await ec2(withDetails({ subnets }));
    const seen: (string | undefined)[] = [];
    let pages = 0;
    for await (const page of paginateDescribeSubnets({ client, pageSize: 5 }, { Filters: inVpc })) {
      pages += 1;
      for (const { SubnetId } of page.Subnets ?? []) seen.push(SubnetId);
    }
    expect([pages, seen.length, new Set(seen).size]).toEqual([3, 14, 14]);
  });

  it("hold nothing in another region", async () => {
    const client = await ec2({}, "us-east-1");
    expect((await client.send(new DescribeSubnetsCommand({}))).Subnets).toEqual([]);
    expect((await client.send(new DescribeRouteTablesCommand({}))).RouteTables).toEqual([]);
  });

  it("refuse an id that is not there, each in its own words", async () => {
    const client = await ec2();
    const refusals = await Promise.all([
      refusalOf(client.send(new DescribeSecurityGroupsCommand({ GroupIds: ["sg-9"] }))),
      refusalOf(client.send(new DescribeNetworkAclsCommand({ NetworkAclIds: ["acl-9"] }))),
      refusalOf(client.send(new DescribeRouteTablesCommand({ RouteTableIds: ["rtb-9"] }))),
      refusalOf(client.send(new DescribeNatGatewaysCommand({ NatGatewayIds: ["nat-9"] }))),
      refusalOf(client.send(new DescribeDhcpOptionsCommand({ DhcpOptionsIds: ["dopt-9"] }))),
      refusalOf(
        client.send(
          new DescribeVpcAttributeCommand({ VpcId: "vpc-9", Attribute: "enableDnsSupport" }),
        ),
      ),
    ]);
    expect(refusals.map(({ name }) => name)).toEqual([
      "InvalidGroup.NotFound",
      "InvalidNetworkAclID.NotFound",
      "InvalidRouteTableID.NotFound",
      "NatGatewayNotFound",
      "InvalidDhcpOptionID.NotFound",
      "InvalidVpcID.NotFound",
    ]);
  });

  it("refuse filters and page sizes that there are not, and a question without its attribute", async () => {
    const client = await ec2();
    const refusals = await Promise.all([
      refusalOf(
        client.send(new DescribeSubnetsCommand({ Filters: [{ Name: "cluster", Values: ["x"] }] })),
      ),
      refusalOf(client.send(new DescribeRouteTablesCommand({ MaxResults: 101 }))),
      refusalOf(
        client.send(new DescribeVpcAttributeCommand({ VpcId: "vpc-0a", Attribute: undefined })),
      ),
    ]);
    expect(refusals.map(({ name }) => name)).toEqual([
      "InvalidParameterValue",
      "InvalidParameterValue",
      "MissingParameter",
    ]);
  });

  it("can be denied one by one", async () => {
    const action: AwsAction = "ec2:DescribeNetworkAcls";
    const client = await ec2({ awsFaults: [{ action, kind: "access-denied", times: undefined }] });
    expect(await refusalOf(client.send(new DescribeNetworkAclsCommand({})))).toMatchObject({
      name: "UnauthorizedOperation",
      status: 403,
      message: expect.stringContaining(action),
    });
    expect((await refusalOf(client.send(new DescribeSubnetsCommand({})))).name).toBe("none");
  });
});
