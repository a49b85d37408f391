import { describe, expect, test } from "vitest";
import { createAwsPort } from "../../../src/aws/aws-port.ts";
import type { Fact } from "../../../src/model/fact.ts";
import {
  calm,
  ec2Error,
  type FakeAnswer,
  FakeClock,
  optionsFor,
  startFakeAws,
  vpcAnswer,
} from "../../support/fake-aws.ts";

async function ask(answer: FakeAnswer): Promise<Fact<readonly string[]>> {
  await using aws = await startFakeAws(() => answer);
  const port = createAwsPort(optionsFor(aws.url), new FakeClock());
  return await port.vpcCidrs("vpc-1", calm());
}

function association(cidr: string, state: string): string {
  return `<item><cidrBlock>${cidr}</cidrBlock><cidrBlockState><state>${state}</state></cidrBlockState></item>`;
}

describe("vpcCidrs", () => {
  test("gives every associated CIDR of both families, each once", async () => {
    const fact = await ask(
      vpcAnswer(
        `<vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/16</cidrBlock><cidrBlockAssociationSet>${association("10.0.0.0/16", "associated")}${association("100.64.0.0/16", "associated")}${association("10.9.0.0/16", "disassociated")}</cidrBlockAssociationSet><ipv6CidrBlockAssociationSet><item><ipv6CidrBlock>2001:db8::/56</ipv6CidrBlock><ipv6CidrBlockState><state>associated</state></ipv6CidrBlockState></item></ipv6CidrBlockAssociationSet>`,
      ),
    );
    expect(fact).toEqual({
      kind: "known",
      value: ["10.0.0.0/16", "100.64.0.0/16", "2001:db8::/56"],
    });
  });

  test("fails when the answer is about another VPC", async () => {
    const fact = await ask(vpcAnswer("<vpcId>vpc-2</vpcId><cidrBlock>10.0.0.0/16</cidrBlock>"));
    expect(fact).toMatchObject({ kind: "unknown", failure: { code: "aws-answer-invalid" } });
  });

  test("fails for text that is no CIDR, which would count as outside", async () => {
    const fact = await ask(vpcAnswer("<vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/64</cidrBlock>"));
    expect(fact).toMatchObject({
      kind: "unknown",
      failure: { code: "aws-answer-invalid", phase: "describe-vpc" },
    });
  });

  test("keeps EC2's own code for a VPC that is not there", async () => {
    const fact = await ask(
      ec2Error(400, "InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"),
    );
    expect(fact).toMatchObject({
      kind: "unknown",
      failure: {
        code: "aws-error",
        side: "aws",
        cause: "InvalidVpcID.NotFound",
        message:
          "ec2:DescribeVpcs failed: InvalidVpcID.NotFound: The vpc ID 'vpc-1' does not exist",
      },
    });
  });
});
