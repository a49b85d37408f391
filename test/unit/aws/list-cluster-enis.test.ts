import { beforeEach, describe, expect, test, vi } from "vitest";
import { createAwsPort } from "../../../src/aws/aws-port.ts";
import { exactFilter } from "../../../src/aws/eni-answer.ts";
import type { Eni } from "../../../src/model/cluster.ts";
import type { Fact } from "../../../src/model/fact.ts";
import {
  calm,
  ec2Error,
  eniPage,
  eniXml,
  type FakeAnswer,
  type FakeAws,
  FakeClock,
  optionsFor,
  startFakeAws,
} from "../../support/fake-aws.ts";

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});

async function ask(answer: (index: number) => FakeAnswer): Promise<{
  readonly fact: Fact<readonly Eni[]>;
  readonly requests: FakeAws["requests"];
}> {
  await using aws = await startFakeAws((_request, index) => answer(index));
  const port = createAwsPort(optionsFor(aws.url), new FakeClock());
  return { fact: await port.listClusterEnis("demo", calm()), requests: aws.requests };
}

async function ids(answer: (index: number) => FakeAnswer): Promise<readonly string[]> {
  const { fact } = await ask(answer);
  if (fact.kind !== "known") throw new Error(JSON.stringify(fact));
  return fact.value.map((eni) => eni.id);
}

describe("listClusterEnis", () => {
  test("filters by the exact description and by nothing else", async () => {
    const { requests } = await ask(() => eniPage([]));
    expect(Object.fromEntries(requests[0]?.form ?? [])).toEqual({
      Action: "DescribeNetworkInterfaces",
      Version: "2016-11-15",
      "Filter.1.Name": "description",
      "Filter.1.Value.1": "Amazon EKS demo",
      MaxResults: "1000",
    });
  });

  test("maps an interface with every mark that EKS leaves", async () => {
    const extra =
      "<ipv6AddressesSet><item><ipv6Address>2001:DB8:0::1</ipv6Address></item></ipv6AddressesSet>";
    const { fact } = await ask(() => eniPage([eniXml({ extra })]));
    expect(fact).toEqual({
      kind: "known",
      value: [
        {
          id: "eni-0a",
          description: "Amazon EKS demo",
          privateIp: "10.0.20.41",
          otherIps: ["2001:db8::1"],
          subnetId: "subnet-1",
          vpcId: "vpc-1",
          availabilityZone: "ap-northeast-2a",
          securityGroupIds: ["sg-1"],
          status: "in-use",
          requesterId: "AROAEXAMPLE:AmazonEKS",
          attachmentOwnerId: "999988887777",
          ownerId: "111122223333",
          marks: { requestedByEks: "yes", attachedToForeignAccount: "yes" },
        },
      ],
    });
  });

  test("keeps an interface without marks, as emulators give it, and calls them unknown", async () => {
    const bare =
      "<networkInterfaceId>eni-1</networkInterfaceId><description>Amazon EKS demo</description><status>available</status><privateIpAddress>10.0.0.5</privateIpAddress>";
    const { fact } = await ask(() => eniPage([bare]));
    expect(fact).toMatchObject({
      kind: "known",
      value: [
        {
          status: "available",
          marks: { requestedByEks: "unknown", attachedToForeignAccount: "unknown" },
        },
      ],
    });
  });

  test("leaves out the interfaces of a cluster whose name only begins alike", async () => {
    const alike = eniXml({ id: "eni-2", description: "Amazon EKS demo-2" });
    const spaced = eniXml({ id: "eni-3", description: "Amazon EKS demo " });
    expect(await ids(() => eniPage([alike, spaced, eniXml()]))).toEqual(["eni-0a"]);
  });

  test("an empty list is an answer, not a failure", async () => {
    expect(await ids(() => eniPage([]))).toEqual([]);
  });

  test("reads every page, also past an empty one, and lists an interface once", async () => {
    const pages = [
      eniPage([eniXml()], "two"),
      eniPage([], "three"),
      eniPage([eniXml(), eniXml({ id: "eni-0b", ip: "10.0.95.229" })]),
    ];
    const { fact, requests } = await ask((index) => pages[index] ?? "hang");
    expect(fact).toMatchObject({ kind: "known", value: [{ id: "eni-0a" }, { id: "eni-0b" }] });
    expect(requests.map((request) => request.form.get("NextToken"))).toEqual([
      null,
      "two",
      "three",
    ]);
  });

  test("fails when a page names one that came before, instead of going in circles", async () => {
    const { fact, requests } = await ask(() => eniPage([], "again"));
    expect(fact).toMatchObject({ kind: "unknown", failure: { code: "aws-answer-invalid" } });
    expect(requests).toHaveLength(2);
  });

  test("fails after fifty pages, since no cluster has that many interfaces", async () => {
    const { fact, requests } = await ask((index) => eniPage([], `page-${index}`));
    expect(fact).toMatchObject({ kind: "unknown", failure: { code: "aws-answer-invalid" } });
    expect(requests).toHaveLength(50);
  });

  test("refuses an address that is none, which would otherwise be dialled", async () => {
    const { fact } = await ask(() => eniPage([eniXml({ ip: "10.0.20.999" })]));
    expect(fact).toMatchObject({
      kind: "unknown",
      failure: { code: "aws-answer-invalid", phase: "describe-enis" },
    });
  });

  test("leaves out an interface that has no address yet", async () => {
    const young =
      "<networkInterfaceId>eni-9</networkInterfaceId><description>Amazon EKS demo</description>";
    expect(await ids(() => eniPage([young, eniXml()]))).toEqual(["eni-0a"]);
  });

  test.each([
    [403, "UnauthorizedOperation", "access-denied"],
    [401, "AuthFailure", "credentials-invalid"],
    [400, "RequestExpired", "credentials-expired"],
    [503, "RequestLimitExceeded", "throttled"],
    [400, "Blocked", "aws-error"],
  ])("reads HTTP %i %s", async (status, name, code) => {
    const { fact } = await ask(() => ec2Error(status, name));
    expect(fact).toMatchObject({ kind: "unknown", failure: { code, cause: name } });
  });

  test("does not repeat an encoded authorization message", async () => {
    const encoded = "Encoded authorization failure message: gQzV1aA9xQ7cPmT3hYsLk2Wb8";
    const { fact } = await ask(() => ec2Error(403, "UnauthorizedOperation", encoded));
    expect(fact).toMatchObject({
      failure: {
        message: "ec2:DescribeNetworkInterfaces was denied (UnauthorizedOperation)",
      },
    });
  });

  test.each([
    ["JSON", "{}"],
    ["nothing", ""],
    ["XML cut short", "<DescribeNetworkInterfacesResponse><networkInterfaceSet><item>"],
    ["a portal's page", "<!DOCTYPE html>\n<html><body>login</body></html>"],
    ["a page that is well-formed XML", "<html><body>login</body></html>"],
  ])("does not take %s for an empty list", async (_what, body) => {
    const { fact } = await ask(() => ({ type: "text/xml", body }));
    expect(fact).toMatchObject({ kind: "unknown", failure: { code: "aws-answer-invalid" } });
  });
});

test("wildcards of EC2 filters are escaped", () => {
  expect(exactFilter("a*b?c\\d-e")).toBe("a\\*b\\?c\\\\d-e");
});
