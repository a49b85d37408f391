import { describe, expect, test } from "vitest";
import { createAwsPort } from "../../../../src/aws/aws-port.ts";
import type { Fact } from "../../../../src/model/fact.ts";
import type { RouteTable } from "../../../../src/model/vpc.ts";
import {
  calm,
  ec2Error,
  type FakeAnswer,
  FakeClock,
  optionsFor,
  startFakeAws,
} from "../../../support/fake-aws.ts";
import { ec2List, element, filterOf, itemsXml } from "../../../support/fake-ec2.ts";

async function ask(answer: FakeAnswer): Promise<Fact<readonly RouteTable[]>> {
  await using aws = await startFakeAws(({ form }) => {
    const { name, values } = filterOf(form);
    return name === "vpc-id" && values.join() === "vpc-1" ? answer : ec2Error(400, "WrongFilter");
  });
  return await createAwsPort(optionsFor(aws.url), new FakeClock()).routeTables("vpc-1", calm());
}

function table(
  associations: readonly string[],
  routes: readonly string[],
  vpcId = "vpc-1",
): string {
  return `<routeTableId>rtb-1</routeTableId><vpcId>${vpcId}</vpcId>${element("routeSet", itemsXml(routes))}${element("associationSet", itemsXml(associations))}`;
}

function tables(items: readonly string[]): FakeAnswer {
  return ec2List("DescribeRouteTables", "routeTableSet", items);
}

function route(destination: string, target: string, state = "<state>active</state>"): string {
  return `${destination}${target}${state}<origin>CreateRoute</origin>`;
}

const OF_SUBNET = `<routeTableAssociationId>rtbassoc-1</routeTableAssociationId><routeTableId>rtb-1</routeTableId><subnetId>subnet-1</subnetId><main>false</main><associationState><state>associated</state></associationState>`;

describe("routeTables", () => {
  test("gives the subnets of a table, and where each route leads", async () => {
    const fact = await ask(
      tables([
        table(
          [OF_SUBNET],
          [
            route(
              "<destinationCidrBlock>10.0.0.0/16</destinationCidrBlock>",
              "<gatewayId>local</gatewayId>",
            ),
            route(
              "<destinationCidrBlock>0.0.0.0/0</destinationCidrBlock>",
              "<natGatewayId>nat-1</natGatewayId>",
            ),
            route(
              "<destinationCidrBlock>10.1.0.0/16</destinationCidrBlock>",
              "<transitGatewayId>tgw-1</transitGatewayId>",
              "<state>blackhole</state>",
            ),
            route(
              "<destinationIpv6CidrBlock>::/0</destinationIpv6CidrBlock>",
              "<egressOnlyInternetGatewayId>eigw-1</egressOnlyInternetGatewayId>",
            ),
            route(
              "<destinationPrefixListId>pl-1</destinationPrefixListId>",
              "<gatewayId>vpce-1</gatewayId>",
            ),
            route(
              "<destinationCidrBlock>10.2.0.0/16</destinationCidrBlock>",
              "<instanceId>i-1</instanceId><networkInterfaceId>eni-1</networkInterfaceId>",
            ),
          ],
        ),
      ]),
    );
    expect(fact).toEqual({
      kind: "known",
      value: [
        {
          id: "rtb-1",
          subnetIds: ["subnet-1"],
          isMain: false,
          routes: [
            { destination: "10.0.0.0/16", target: "local", state: "active" },
            { destination: "0.0.0.0/0", target: "nat-1", state: "active" },
            { destination: "10.1.0.0/16", target: "tgw-1", state: "blackhole" },
            { destination: "::/0", target: "eigw-1", state: "active" },
            { destination: "pl-1", target: "vpce-1", state: "active" },
            { destination: "10.2.0.0/16", target: "eni-1", state: "active" },
          ],
        },
      ],
    });
  });

  test("tells the main table, which the subnets without one of their own use", async () => {
    const main = `<routeTableAssociationId>rtbassoc-2</routeTableAssociationId><main>true</main><associationState><state>associated</state></associationState>`;
    expect(await ask(tables([table([main], [])]))).toMatchObject({
      value: [{ isMain: true, subnetIds: [] }],
    });
  });

  test("does not count an association that is over", async () => {
    const over = OF_SUBNET.replace(">associated<", ">disassociated<");
    expect(await ask(tables([table([over], [])]))).toMatchObject({ value: [{ subnetIds: [] }] });
  });

  test.each([
    ["absent", ""],
    ["new", "<state>filtered</state>"],
  ])("takes a state that is %s as unknown, not as active", async (_what, state) => {
    const to = "<destinationCidrBlock>10.1.0.0/16</destinationCidrBlock>";
    expect(await ask(tables([table([], [route(to, "", state)])]))).toMatchObject({
      value: [{ routes: [{ target: undefined, state: "unknown" }] }],
    });
  });

  test("leaves out tables of another VPC", async () => {
    expect(await ask(tables([table([], [], "vpc-2")]))).toEqual({ kind: "known", value: [] });
  });

  test.each([
    ["a table without an id", table([], []).replace("<routeTableId>rtb-1</routeTableId>", "")],
    ["a table without routes", table([], []).replace("<routeSet/>", "")],
    ["a route without a destination", table([], ["<gatewayId>local</gatewayId>"])],
  ])("fails for %s", async (_what, item) => {
    expect(await ask(tables([item]))).toMatchObject({
      failure: { code: "aws-answer-invalid", phase: "investigate" },
    });
  });

  test("names the action that was denied", async () => {
    expect(await ask(ec2Error(403, "UnauthorizedOperation"))).toMatchObject({
      failure: {
        code: "access-denied",
        message: expect.stringContaining("ec2:DescribeRouteTables"),
      },
    });
  });
});
