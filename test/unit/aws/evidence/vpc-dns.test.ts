import { beforeEach, describe, expect, test, vi } from "vitest";
import { createAwsPort } from "../../../../src/aws/aws-port.ts";
import type { Fact } from "../../../../src/model/fact.ts";
import type { VpcDns } from "../../../../src/model/vpc.ts";
import {
  calm,
  ec2Error,
  type FakeAnswer,
  FakeClock,
  optionsFor,
  startFakeAws,
  vpcAnswer,
} from "../../../support/fake-aws.ts";
import { ec2Answer, ec2List, itemsXml } from "../../../support/fake-ec2.ts";

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});

/** By action; an attribute by its name. */
type Answers = Readonly<Record<string, FakeAnswer>>;

async function ask(change: Answers = {}): Promise<Fact<VpcDns>> {
  const answers: Answers = { ...HEALTHY, ...change };
  await using aws = await startFakeAws(({ form }) => {
    const key = form.get("Attribute") ?? form.get("Action") ?? "";
    return answers[key] ?? ec2Error(400, "InvalidAction");
  });
  return await createAwsPort(optionsFor(aws.url), new FakeClock()).vpcDns("vpc-1", calm());
}

function attribute(name: string, value: string): FakeAnswer {
  return ec2Answer("DescribeVpcAttribute", `<vpcId>vpc-1</vpcId><${name}>${value}</${name}>`);
}

function options(configurations: readonly string[]): FakeAnswer {
  return ec2List("DescribeDhcpOptions", "dhcpOptionsSet", [
    `<dhcpOptionsId>dopt-1</dhcpOptionsId><dhcpConfigurationSet>${itemsXml(configurations)}</dhcpConfigurationSet>`,
  ]);
}

function servers(values: readonly string[]): string {
  const set = itemsXml(values.map((value) => `<value>${value}</value>`));
  return `<key>domain-name-servers</key><valueSet>${set}</valueSet>`;
}

const DOMAIN = `<key>domain-name</key><valueSet><item><value>ec2.internal</value></item></valueSet>`;

const HEALTHY: Answers = {
  enableDnsSupport: attribute("enableDnsSupport", "<value>true</value>"),
  enableDnsHostnames: attribute("enableDnsHostnames", "<value>true</value>"),
  DescribeVpcs: vpcAnswer("<vpcId>vpc-1</vpcId><dhcpOptionsId>dopt-1</dhcpOptionsId>"),
  DescribeDhcpOptions: options([DOMAIN, servers(["AmazonProvidedDNS"])]),
};

const DENIED = ec2Error(403, "UnauthorizedOperation");

describe("vpcDns", () => {
  test("gives both attributes and the servers that DHCP hands out", async () => {
    expect(await ask()).toEqual({
      kind: "known",
      value: { support: "yes", hostnames: "yes", nameServers: ["AmazonProvidedDNS"] },
    });
  });

  test("tells what is switched off, and servers of one's own", async () => {
    const fact = await ask({
      enableDnsHostnames: attribute("enableDnsHostnames", "<value>false</value>"),
      DescribeDhcpOptions: options([servers(["10.0.0.53", "10.0.1.53"])]),
    });
    expect(fact).toEqual({
      kind: "known",
      value: { support: "yes", hostnames: "no", nameServers: ["10.0.0.53", "10.0.1.53"] },
    });
  });

  test.each<[string, Answers, Partial<VpcDns>]>([
    [
      "one attribute denied",
      { enableDnsSupport: DENIED },
      { support: "unknown", hostnames: "yes" },
    ],
    [
      "one attribute without a value",
      { enableDnsHostnames: attribute("enableDnsHostnames", "") },
      { support: "yes", hostnames: "unknown" },
    ],
    ["the VPC denied", { DescribeVpcs: DENIED }, { support: "yes", nameServers: undefined }],
    ["its options denied", { DescribeDhcpOptions: DENIED }, { nameServers: undefined }],
    [
      "other options than asked for",
      { DescribeDhcpOptions: ec2List("DescribeDhcpOptions", "dhcpOptionsSet", []) },
      { nameServers: undefined },
    ],
    [
      "another VPC than asked for",
      { DescribeVpcs: vpcAnswer("<vpcId>vpc-2</vpcId><dhcpOptionsId>dopt-1</dhcpOptionsId>") },
      { nameServers: undefined },
    ],
  ])("with %s the rest is known, and that part is not a no", async (_what, change, part) => {
    const fact = await ask(change);
    expect(fact).toMatchObject({ kind: "known", value: part });
  });

  test("knows that a VPC without DHCP options, or options without servers, hand out none", async () => {
    const none = vpcAnswer("<vpcId>vpc-1</vpcId><dhcpOptionsId>default</dhcpOptionsId>");
    expect(await ask({ DescribeVpcs: none })).toMatchObject({ value: { nameServers: [] } });
    expect(await ask({ DescribeDhcpOptions: options([DOMAIN]) })).toMatchObject({
      value: { nameServers: [] },
    });
  });

  test("is unknown only when no part is to be had, and names the action that was denied", async () => {
    const fact = await ask({
      enableDnsSupport: DENIED,
      enableDnsHostnames: DENIED,
      DescribeVpcs: DENIED,
    });
    expect(fact).toEqual({
      kind: "unknown",
      failure: {
        code: "access-denied",
        phase: "investigate",
        side: "user",
        message: "ec2:DescribeVpcAttribute was denied (UnauthorizedOperation)",
        cause: "UnauthorizedOperation",
      },
    });
  });
});
