import { describe, expect, test } from "vitest";
import { createAwsPort } from "../../../../src/aws/aws-port.ts";
import type { Fact } from "../../../../src/model/fact.ts";
import type { NetworkAcl } from "../../../../src/model/vpc.ts";
import {
  calm,
  ec2Error,
  type FakeAnswer,
  type FakeAws,
  FakeClock,
  optionsFor,
  startFakeAws,
} from "../../../support/fake-aws.ts";
import { ec2List, element, filterOf, itemsXml } from "../../../support/fake-ec2.ts";

async function ask(answer: FakeAnswer): Promise<{
  readonly fact: Fact<readonly NetworkAcl[]>;
  readonly requests: FakeAws["requests"];
}> {
  await using aws = await startFakeAws(() => answer);
  const port = createAwsPort(optionsFor(aws.url), new FakeClock());
  const fact = await port.networkAcls(["subnet-1", "subnet-2"], calm());
  return { fact, requests: aws.requests };
}

function acl(id: string, subnetIds: readonly string[], entries: readonly string[]): string {
  const associations = subnetIds.map(
    (subnetId) =>
      `<networkAclAssociationId>aclassoc-${subnetId}</networkAclAssociationId><networkAclId>${id}</networkAclId><subnetId>${subnetId}</subnetId>`,
  );
  return `<networkAclId>${id}</networkAclId><vpcId>vpc-1</vpcId><default>false</default>${element("entrySet", itemsXml(entries))}${element("associationSet", itemsXml(associations))}<tagSet/>`;
}

const HTTPS_IN = `<ruleNumber>100</ruleNumber><protocol>6</protocol><ruleAction>allow</ruleAction><egress>false</egress><cidrBlock>10.0.0.0/16</cidrBlock><portRange><from>443</from><to>443</to></portRange>`;
const LAST_OUT = `<ruleNumber>32768</ruleNumber><protocol>-1</protocol><ruleAction>deny</ruleAction><egress>true</egress><ipv6CidrBlock>::/0</ipv6CidrBlock>`;

function acls(items: readonly string[]): FakeAnswer {
  return ec2List("DescribeNetworkAcls", "networkAclSet", items);
}

describe("networkAcls", () => {
  test("asks for the ACLs of the subnets and gives every entry, the last one that denies too", async () => {
    const { fact, requests } = await ask(acls([acl("acl-1", ["subnet-1"], [HTTPS_IN, LAST_OUT])]));
    expect(filterOf(requests[0]?.form ?? new URLSearchParams())).toEqual({
      name: "association.subnet-id",
      values: ["subnet-1", "subnet-2"],
    });
    expect(fact).toEqual({
      kind: "known",
      value: [
        {
          id: "acl-1",
          subnetIds: ["subnet-1"],
          entries: [
            {
              number: 100,
              direction: "ingress",
              action: "allow",
              protocol: "6",
              cidr: "10.0.0.0/16",
              fromPort: 443,
              toPort: 443,
            },
            {
              number: 32_768,
              direction: "egress",
              action: "deny",
              protocol: "-1",
              cidr: "::/0",
              fromPort: undefined,
              toPort: undefined,
            },
          ],
        },
      ],
    });
  });

  test("leaves out an ACL of other subnets, though an emulator gives it", async () => {
    const { fact } = await ask(acls([acl("acl-2", ["subnet-9"], [HTTPS_IN])]));
    expect(fact).toEqual({ kind: "known", value: [] });
  });

  test.each([
    ["no number", HTTPS_IN.replace(/<ruleNumber>.*<\/ruleNumber>/, "")],
    ["a number that is none", HTTPS_IN.replace(">100<", ">ten<")],
    ["no direction", HTTPS_IN.replace(/<egress>.*<\/egress>/, "")],
    ["a third action", HTTPS_IN.replace(">allow<", ">maybe<")],
    ["no protocol", HTTPS_IN.replace(/<protocol>.*<\/protocol>/, "")],
    ["no CIDR", HTTPS_IN.replace(/<cidrBlock>.*<\/cidrBlock>/, "")],
    ["a port that is none", HTTPS_IN.replace("<from>443", "<from>-7")],
  ])("does not guess at an entry with %s", async (_what, entry) => {
    const { fact } = await ask(acls([acl("acl-1", ["subnet-1"], [entry])]));
    expect(fact).toMatchObject({
      kind: "unknown",
      failure: { code: "aws-answer-invalid", phase: "investigate", side: "aws" },
    });
  });

  test("fails for an ACL without a list of entries, which would let nothing pass", async () => {
    const { fact } = await ask(acls([acl("acl-1", ["subnet-1"], []).replace("<entrySet/>", "")]));
    expect(fact).toMatchObject({ failure: { code: "aws-answer-invalid" } });
  });

  test("names the action that was denied", async () => {
    const { fact } = await ask(ec2Error(403, "UnauthorizedOperation"));
    expect(fact).toMatchObject({
      failure: {
        code: "access-denied",
        message: "ec2:DescribeNetworkAcls was denied (UnauthorizedOperation)",
      },
    });
  });
});
