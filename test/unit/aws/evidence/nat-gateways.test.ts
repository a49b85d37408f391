import { describe, expect, test } from "vitest";
import { createAwsPort } from "../../../../src/aws/aws-port.ts";
import type { Fact } from "../../../../src/model/fact.ts";
import type { NatGateway } from "../../../../src/model/vpc.ts";
import {
  calm,
  ec2Error,
  type FakeAnswer,
  FakeClock,
  optionsFor,
  startFakeAws,
} from "../../../support/fake-aws.ts";
import { ec2List, element, filterOf, itemsXml } from "../../../support/fake-ec2.ts";

async function ask(answer: FakeAnswer): Promise<Fact<readonly NatGateway[]>> {
  await using aws = await startFakeAws(({ form }) => {
    const { name, values } = filterOf(form);
    return name === "vpc-id" && values.join() === "vpc-1" ? answer : ec2Error(400, "WrongFilter");
  });
  return await createAwsPort(optionsFor(aws.url), new FakeClock()).natGateways("vpc-1", calm());
}

function gateway(addresses: readonly string[], state = "available", vpcId = "vpc-1"): string {
  return `<natGatewayId>nat-1</natGatewayId><subnetId>subnet-1</subnetId><vpcId>${vpcId}</vpcId><state>${state}</state>${element("natGatewayAddressSet", itemsXml(addresses))}`;
}

function gateways(items: readonly string[]): FakeAnswer {
  return ec2List("DescribeNatGateways", "natGatewaySet", items);
}

function address(ip: string, status = ""): string {
  return `<allocationId>eipalloc-1</allocationId><privateIp>10.0.0.9</privateIp><publicIp>${ip}</publicIp>${status}`;
}

describe("natGateways", () => {
  test("gives the addresses by which a VPC is seen, each once", async () => {
    const fact = await ask(
      gateways([gateway([address("203.0.113.7"), address("203.0.113.7"), address("203.0.113.8")])]),
    );
    expect(fact).toEqual({
      kind: "known",
      value: [
        {
          id: "nat-1",
          subnetId: "subnet-1",
          state: "available",
          publicIps: ["203.0.113.7", "203.0.113.8"],
        },
      ],
    });
  });

  test("knows that a private one has none, and that a deleted one is deleted", async () => {
    const inner = "<privateIp>10.0.0.9</privateIp>";
    expect(await ask(gateways([gateway([inner], "deleted")]))).toMatchObject({
      value: [{ state: "deleted", publicIps: [] }],
    });
  });

  test("leaves out an address that could not be attached, and gateways of another VPC", async () => {
    const failed = address("203.0.113.7", "<status>failed</status>");
    expect(await ask(gateways([gateway([failed])]))).toMatchObject({ value: [{ publicIps: [] }] });
    const foreign = gateway([address("203.0.113.7")], "available", "vpc-2");
    expect(await ask(gateways([foreign]))).toEqual({ kind: "known", value: [] });
  });

  test.each(["203.0.113", "no address", "203.0.113.7%0a"])(
    "fails for %j, which is no address",
    async (ip) => {
      expect(await ask(gateways([gateway([address(ip)])]))).toMatchObject({
        failure: { code: "aws-answer-invalid", phase: "investigate" },
      });
    },
  );

  test("names the action that was denied", async () => {
    expect(await ask(ec2Error(403, "UnauthorizedOperation"))).toMatchObject({
      failure: {
        code: "access-denied",
        message: expect.stringContaining("ec2:DescribeNatGateways"),
      },
    });
  });
});
