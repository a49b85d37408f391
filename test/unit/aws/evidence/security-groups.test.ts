import { beforeEach, describe, expect, test, vi } from "vitest";
import { createAwsPort } from "../../../../src/aws/aws-port.ts";
import type { Fact } from "../../../../src/model/fact.ts";
import type { SecurityGroup } from "../../../../src/model/vpc.ts";
import {
  calm,
  ec2Error,
  type FakeAnswer,
  type FakeAws,
  FakeClock,
  optionsFor,
  startFakeAws,
} from "../../../support/fake-aws.ts";
import { ec2Answer, ec2List, element, filterOf, itemsXml } from "../../../support/fake-ec2.ts";

// The SDK draws the time between two attempts from here: none, so that retries cost no time.
beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});

async function ask(
  answer: (index: number) => FakeAnswer,
  ids: readonly string[] = ["sg-1", "sg-2"],
): Promise<{
  readonly fact: Fact<readonly SecurityGroup[]>;
  readonly requests: FakeAws["requests"];
}> {
  await using aws = await startFakeAws((_request, index) => answer(index));
  const port = createAwsPort(optionsFor(aws.url), new FakeClock());
  const fact = await port.securityGroups(ids, calm());
  return { fact, requests: aws.requests };
}

const HTTPS_FROM_VPC = `<ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort><groups/><ipRanges><item><cidrIp>10.0.0.0/16</cidrIp><description>nodes</description></item></ipRanges><ipv6Ranges/><prefixListIds/>`;
const ANYTHING = `<ipProtocol>-1</ipProtocol><groups/><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges><ipv6Ranges><item><cidrIpv6>::/0</cidrIpv6></item></ipv6Ranges><prefixListIds/>`;

function group(id: string, ingress: readonly string[], egress: readonly string[] = []): string {
  return `<ownerId>111122223333</ownerId><groupId>${id}</groupId><groupName>${id}-name</groupName><vpcId>vpc-1</vpcId>${element("ipPermissions", itemsXml(ingress))}${element("ipPermissionsEgress", itemsXml(egress))}`;
}

function groups(items: readonly string[], nextToken?: string): FakeAnswer {
  return ec2List("DescribeSecurityGroups", "securityGroupInfo", items, nextToken);
}

/** The failure where one rule is like this. */
async function failureOfRule(rule: string): Promise<unknown> {
  const { fact } = await ask(() => groups([group("sg-1", [rule])]));
  return fact;
}

describe("securityGroups", () => {
  test("gives the rules of both directions, ranges of both families, groups and prefix lists", async () => {
    const members = `<ipProtocol>tcp</ipProtocol><fromPort>0</fromPort><toPort>65535</toPort><groups><item><userId>111122223333</userId><groupId>sg-9</groupId></item></groups><ipRanges/><ipv6Ranges/><prefixListIds><item><prefixListId>pl-1</prefixListId></item></prefixListIds>`;
    const { fact, requests } = await ask(() =>
      groups([group("sg-1", [HTTPS_FROM_VPC, members], [ANYTHING])]),
    );
    expect(fact).toEqual({
      kind: "known",
      value: [
        {
          id: "sg-1",
          name: "sg-1-name",
          rules: [
            {
              direction: "ingress",
              protocol: "tcp",
              fromPort: 443,
              toPort: 443,
              cidrs: ["10.0.0.0/16"],
              groupIds: [],
              prefixListIds: [],
            },
            {
              direction: "ingress",
              protocol: "tcp",
              fromPort: 0,
              toPort: 65_535,
              cidrs: [],
              groupIds: ["sg-9"],
              prefixListIds: ["pl-1"],
            },
            {
              direction: "egress",
              protocol: "-1",
              fromPort: undefined,
              toPort: undefined,
              cidrs: ["0.0.0.0/0", "::/0"],
              groupIds: [],
              prefixListIds: [],
            },
          ],
        },
      ],
    });
    expect(requests).toHaveLength(1);
    expect(requests[0]?.form.get("Action")).toBe("DescribeSecurityGroups");
  });

  test("asks by filter, so that a group that is gone does not cost the others", async () => {
    const { fact, requests } = await ask(() => groups([group("sg-2", [HTTPS_FROM_VPC])]));
    expect(requests[0]?.form.get("GroupId.1")).toBeNull();
    expect(filterOf(requests[0]?.form ?? new URLSearchParams())).toEqual({
      name: "group-id",
      values: ["sg-1", "sg-2"],
    });
    expect(fact).toMatchObject({ kind: "known", value: [{ id: "sg-2" }] });
  });

  test("knows that a group without rules has none, which is not an answer without rules", async () => {
    const { fact } = await ask(() => groups([group("sg-1", [])]));
    expect(fact).toMatchObject({ kind: "known", value: [{ id: "sg-1", rules: [] }] });
    const without = await ask(() => groups(["<groupId>sg-1</groupId><ipPermissions/>"]));
    expect(without.fact).toMatchObject({
      kind: "unknown",
      failure: { code: "aws-answer-invalid", phase: "investigate", side: "aws" },
    });
  });

  test("reads -1 for a port as every port, as EC2 writes it for ICMP", async () => {
    const ping = HTTPS_FROM_VPC.replace("tcp", "icmp").replaceAll("443", "-1");
    const { fact } = await ask(() => groups([group("sg-1", [ping])]));
    expect(fact).toMatchObject({
      value: [{ rules: [{ protocol: "icmp", fromPort: undefined, toPort: undefined }] }],
    });
  });

  test.each([
    ["no protocol", HTTPS_FROM_VPC.replace(/<ipProtocol>.*<\/ipProtocol>/, "")],
    ["a CIDR that is none", HTTPS_FROM_VPC.replace("10.0.0.0/16", "10.0.0.0/64")],
    ["a range without a CIDR", HTTPS_FROM_VPC.replace(/<cidrIp>.*<\/cidrIp>/, "")],
    ["a port beyond all ports", HTTPS_FROM_VPC.replaceAll("443", "70000")],
    ["a port that is no number", HTTPS_FROM_VPC.replaceAll("443", "https")],
    ["nobody it is for", HTTPS_FROM_VPC.replace(/<ipRanges>.*<\/ipRanges>/, "<ipRanges/>")],
    [
      "a member group without an id",
      HTTPS_FROM_VPC.replace("<groups/>", "<groups><item><userId>1</userId></item></groups>"),
    ],
  ])("does not guess at a rule with %s: it would say too little", async (_what, rule) => {
    expect(await failureOfRule(rule)).toMatchObject({
      kind: "unknown",
      failure: { code: "aws-answer-invalid", phase: "investigate" },
    });
  });

  test("makes names safe to show", async () => {
    const { fact } = await ask(() =>
      groups([group("sg-1", []).replace("sg-1-name", "evil&#x1b;[31m&#x202e;")]),
    );
    expect(JSON.stringify(fact)).not.toMatch(/\\u001b|\u202e/);
  });

  test("leaves out groups nobody asked for, as an emulator without filters gives", async () => {
    const { fact } = await ask(() => groups([group("sg-1", []), group("sg-default", [])]));
    expect(fact).toMatchObject({ kind: "known", value: [{ id: "sg-1" }] });
    expect(JSON.stringify(fact)).not.toContain("sg-default");
  });

  test("reads every page, and each group once", async () => {
    const { fact, requests } = await ask((index) =>
      index === 0
        ? groups([group("sg-1", [])], "more")
        : groups([group("sg-1", []), group("sg-2", [])]),
    );
    expect(fact).toMatchObject({ kind: "known", value: [{ id: "sg-1" }, { id: "sg-2" }] });
    expect(requests[1]?.form.get("NextToken")).toBe("more");
  });

  test("stops at pages that do not end", async () => {
    const same = await ask(() => groups([], "again"));
    expect(same.fact).toMatchObject({ failure: { code: "aws-answer-invalid" } });
    expect(same.requests).toHaveLength(2);
    const fresh = await ask((index) => groups([], `page-${index}`));
    expect(fresh.fact).toMatchObject({ failure: { code: "aws-answer-invalid" } });
    expect(fresh.requests.length).toBeLessThanOrEqual(50);
  });

  test("asks for more than 200 groups in several requests, since a filter takes no more", async () => {
    const ids = Array.from({ length: 201 }, (_, index) => `sg-${index}`);
    const { fact, requests } = await ask(
      (index) => groups([group(index === 0 ? "sg-0" : "sg-200", [])]),
      ids,
    );
    expect(requests.map(({ form }) => filterOf(form).values.length)).toEqual([200, 1]);
    expect(fact).toMatchObject({ value: [{ id: "sg-0" }, { id: "sg-200" }] });
  });

  test("does not let an id become a pattern", async () => {
    const { requests } = await ask(() => groups([]), ["sg-*"]);
    expect(requests[0]?.form.get("Filter.1.Value.1")).toBe("sg-\\*");
  });

  test("names the action that was denied", async () => {
    const { fact } = await ask(() =>
      ec2Error(403, "UnauthorizedOperation", "User: arn:aws:iam::1:user/x is not authorized"),
    );
    expect(fact).toEqual({
      kind: "unknown",
      failure: {
        code: "access-denied",
        phase: "investigate",
        side: "user",
        message: "ec2:DescribeSecurityGroups was denied (UnauthorizedOperation)",
        cause: "UnauthorizedOperation",
      },
    });
  });

  test.each<[string, FakeAnswer]>([
    ["no list at all", ec2Answer("DescribeSecurityGroups", "")],
    ["another service's XML", { type: "text/xml", body: "<Error><Code>x</Code></Error>" }],
    ["a web page", { type: "text/html", body: "<html><body>log in</body></html>" }],
    ["half of an answer", { type: "text/xml", body: "<DescribeSecurityGroupsResponse><secur" }],
    ["JSON", { body: '{"securityGroupInfo":[]}' }],
    ["nothing", { type: "text/xml", body: "" }],
    [
      "items that are text",
      ec2Answer(
        "DescribeSecurityGroups",
        "<securityGroupInfo><item>sg-1</item></securityGroupInfo>",
      ),
    ],
    ["an answer without end", "endless"],
  ])("takes %s for no answer of AWS, and not for a VPC without groups", async (_what, answer) => {
    const { fact } = await ask(() => answer);
    expect(fact).toMatchObject({ kind: "unknown", failure: { code: "aws-answer-invalid" } });
  });

  test("ends with its time when EC2 is silent, and at once when it is stopped", async () => {
    const clock = new FakeClock();
    await using silent = await startFakeAws(() => {
      clock.advance(10_000);
      return "hang";
    });
    const late = await createAwsPort(optionsFor(silent.url), clock).securityGroups(
      ["sg-1"],
      calm(),
    );
    expect(late).toMatchObject({ failure: { code: "aws-unreachable", phase: "investigate" } });
    const stop = new AbortController();
    await using waiting = await startFakeAws(() => {
      stop.abort();
      return "hang";
    });
    const port = createAwsPort(optionsFor(waiting.url), new FakeClock());
    expect(await port.securityGroups(["sg-1"], stop.signal)).toMatchObject({
      failure: { code: "interrupted", phase: "investigate" },
    });
  });
});
