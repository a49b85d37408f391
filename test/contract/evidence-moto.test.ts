import {
  AllocateAddressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateNatGatewayCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  EC2Client,
  ModifyVpcAttributeCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { createAwsPort } from "../../src/aws/aws-port.ts";
import { systemClock } from "../../src/runtime.ts";
import { calm, optionsFor } from "../support/fake-aws.ts";
import { MOTO, startMoto } from "../support/moto.ts";

interface Made {
  readonly groupId: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly natIp: string;
}

/** A rule in the default group, a NAT gateway, and host names switched off in the default VPC. */
async function furnish(url: string): Promise<Made> {
  const ec2 = new EC2Client({
    region: "ap-northeast-2",
    endpoint: url,
    credentials: { accessKeyId: "AKIDEXAMPLE1", secretAccessKey: "EXAMPLEKEY" },
  });
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand({}));
  const { SubnetId: subnetId = "", VpcId: vpcId = "" } = Subnets?.[0] ?? {};
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({}));
  const groupId = SecurityGroups?.[0]?.GroupId ?? "";
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId: groupId,
      IpPermissions: [
        {
          IpProtocol: "tcp",
          FromPort: 443,
          ToPort: 443,
          IpRanges: [{ CidrIp: "10.0.0.0/8" }],
          Ipv6Ranges: [{ CidrIpv6: "::/0" }],
          UserIdGroupPairs: [{ GroupId: groupId }],
        },
      ],
    }),
  );
  const { AllocationId, PublicIp: natIp = "" } = await ec2.send(new AllocateAddressCommand({}));
  await ec2.send(new CreateNatGatewayCommand({ SubnetId: subnetId, AllocationId }));
  await ec2.send(
    new ModifyVpcAttributeCommand({ VpcId: vpcId, EnableDnsHostnames: { Value: false } }),
  );
  ec2.destroy();
  return { groupId, subnetId, vpcId, natIp };
}

describe.skipIf(MOTO === undefined)("evidence from moto's EC2", () => {
  test("is what was put there, and an id that is gone costs nothing else", async () => {
    await using server = await startMoto();
    const { groupId, subnetId, vpcId, natIp } = await furnish(server.url);
    const port = createAwsPort(optionsFor(server.url), systemClock());
    const gone = "sg-0123456789abcdef0";

    const groups = await port.securityGroups([gone, groupId], calm());
    expect(groups).toMatchObject({ kind: "known", value: [{ id: groupId, name: "default" }] });
    expect(groups.kind === "known" ? groups.value[0]?.rules : []).toContainEqual({
      direction: "ingress",
      protocol: "tcp",
      fromPort: 443,
      toPort: 443,
      cidrs: ["10.0.0.0/8", "::/0"],
      groupIds: [groupId],
      prefixListIds: [],
    });

    const acls = await port.networkAcls([subnetId], calm());
    expect(acls.kind === "known" ? acls.value[0]?.subnetIds : acls).toContain(subnetId);
    expect(acls.kind === "known" ? acls.value[0]?.entries : acls).toContainEqual({
      number: 100,
      direction: "ingress",
      action: "allow",
      protocol: "-1",
      cidr: "0.0.0.0/0",
      fromPort: undefined,
      toPort: undefined,
    });

    const tables = await port.routeTables(vpcId, calm());
    expect(tables).toMatchObject({
      kind: "known",
      value: [
        {
          isMain: true,
          routes: [{ destination: "172.31.0.0/16", target: "local", state: "active" }],
        },
      ],
    });

    const subnets = await port.subnets([subnetId, "subnet-0123456789abcdef0"], calm());
    expect(subnets).toMatchObject({
      kind: "known",
      value: [{ id: subnetId, vpcId, cidrs: [expect.stringContaining("172.31.")] }],
    });
    expect(await port.natGateways(vpcId, calm())).toMatchObject({
      kind: "known",
      value: [{ subnetId, publicIps: [natIp] }],
    });
    expect(await port.natGateways("vpc-0123456789abcdef0", calm())).toEqual({
      kind: "known",
      value: [],
    });
    expect(await port.vpcDns(vpcId, calm())).toMatchObject({
      kind: "known",
      value: { support: "yes", hostnames: "no" },
    });
  });

  test("a presigned GET, which moto takes for one of S3, is no verdict of STS", async () => {
    await using server = await startMoto();
    const port = createAwsPort(optionsFor(server.url), systemClock());
    expect(await port.replayToken("demo", calm())).toMatchObject({
      kind: "unknown",
      failure: { code: "aws-answer-invalid", message: expect.stringContaining("HTTP 200") },
    });
  });
});
