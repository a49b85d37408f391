import { describe, expect, test } from "vitest";
import { createAwsPort } from "../../../../src/aws/aws-port.ts";
import type { Fact } from "../../../../src/model/fact.ts";
import type { Subnet } from "../../../../src/model/vpc.ts";
import {
  calm,
  ec2Error,
  type FakeAnswer,
  FakeClock,
  optionsFor,
  startFakeAws,
} from "../../../support/fake-aws.ts";
import { ec2List, filterOf, itemsXml } from "../../../support/fake-ec2.ts";

async function ask(answer: FakeAnswer): Promise<Fact<readonly Subnet[]>> {
  await using aws = await startFakeAws(({ form }) => {
    const { name, values } = filterOf(form);
    return name === "subnet-id" && values.join() === "subnet-1,subnet-2"
      ? answer
      : ec2Error(400, "WrongFilter");
  });
  const port = createAwsPort(optionsFor(aws.url), new FakeClock());
  return await port.subnets(["subnet-1", "subnet-2"], calm());
}

function subnets(items: readonly string[]): FakeAnswer {
  return ec2List("DescribeSubnets", "subnetSet", items);
}

const ONE = `<subnetId>subnet-1</subnetId><state>available</state><vpcId>vpc-1</vpcId><cidrBlock>10.0.20.0/24</cidrBlock><availableIpAddressCount>3</availableIpAddressCount><availabilityZone>ap-northeast-2a</availabilityZone>`;

function ipv6(cidr: string, state: string): string {
  return `<ipv6CidrBlock>${cidr}</ipv6CidrBlock><ipv6CidrBlockState><state>${state}</state></ipv6CidrBlockState>`;
}

describe("subnets", () => {
  test("gives place, ranges of both families in force, and free addresses", async () => {
    const ranges = itemsXml([
      ipv6("2001:db8::/64", "associated"),
      ipv6("2001:db8:1::/64", "disassociated"),
    ]);
    const item = `${ONE}<ipv6CidrBlockAssociationSet>${ranges}</ipv6CidrBlockAssociationSet>`;
    expect(await ask(subnets([item]))).toEqual({
      kind: "known",
      value: [
        {
          id: "subnet-1",
          vpcId: "vpc-1",
          availabilityZone: "ap-northeast-2a",
          cidrs: ["10.0.20.0/24", "2001:db8::/64"],
          freeIps: 3,
        },
      ],
    });
  });

  test.each([
    ["absent", ""],
    ["negative", "<availableIpAddressCount>-1</availableIpAddressCount>"],
  ])("does not know the free addresses when their count is %s: not none", async (_what, count) => {
    const item = ONE.replace(/<availableIpAddressCount>.*<\/availableIpAddressCount>/, count);
    expect(await ask(subnets([item]))).toMatchObject({ value: [{ freeIps: undefined }] });
  });

  test("knows that there are none left", async () => {
    expect(await ask(subnets([ONE.replace(">3<", ">0<")]))).toMatchObject({
      value: [{ freeIps: 0 }],
    });
  });

  test("keeps the subnets that are there when one is gone, and leaves foreign ones out", async () => {
    const two = ONE.replace("subnet-1", "subnet-2");
    const foreign = ONE.replace("subnet-1", "subnet-3");
    const fact = await ask(subnets([two, foreign]));
    expect(fact).toMatchObject({ kind: "known", value: [{ id: "subnet-2" }] });
    expect(JSON.stringify(fact)).not.toContain("subnet-3");
  });

  test.each([
    ["no id", ONE.replace("<subnetId>subnet-1</subnetId>", "")],
    ["a range that is none", ONE.replace("10.0.20.0/24", "10.0.20.0")],
  ])("fails for a subnet with %s", async (_what, item) => {
    expect(await ask(subnets([item]))).toMatchObject({
      failure: { code: "aws-answer-invalid", phase: "investigate" },
    });
  });

  test("names the action that was denied", async () => {
    expect(await ask(ec2Error(403, "UnauthorizedOperation"))).toMatchObject({
      failure: { code: "access-denied", message: expect.stringContaining("ec2:DescribeSubnets") },
    });
  });
});
