import {
  CreateNetworkInterfaceCommand,
  DescribeSubnetsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { createAwsPort } from "../../src/aws/aws-port.ts";
import { calm, FakeClock, optionsFor } from "../support/fake-aws.ts";
import { MOTO, startMoto } from "../support/moto.ts";

describe.skipIf(MOTO === undefined)("the port against moto's EC2 and EKS", () => {
  test("finds the interfaces by description and the VPC's CIDRs, and no cluster of that name", async () => {
    await using server = await startMoto();
    const ec2 = new EC2Client({
      region: "ap-northeast-2",
      endpoint: server.url,
      credentials: { accessKeyId: "AKIDEXAMPLE1", secretAccessKey: "EXAMPLEKEY" },
    });
    const { Subnets } = await ec2.send(new DescribeSubnetsCommand({}));
    for (const name of ["demo", "demo-2"]) {
      // oxlint-disable-next-line eslint/no-await-in-loop -- one after the other is soon enough
      await ec2.send(
        new CreateNetworkInterfaceCommand({
          SubnetId: Subnets?.[0]?.SubnetId,
          Description: `Amazon EKS ${name}`,
        }),
      );
    }
    ec2.destroy();

    const port = createAwsPort(optionsFor(server.url), new FakeClock());
    const enis = await port.listClusterEnis("demo", calm());
    expect(enis).toMatchObject({
      kind: "known",
      value: [
        {
          description: "Amazon EKS demo",
          status: "available",
          marks: { requestedByEks: "no", attachedToForeignAccount: "unknown" },
        },
      ],
    });
    const vpcId = enis.kind === "known" ? enis.value[0]?.vpcId : undefined;
    expect(await port.vpcCidrs(vpcId ?? "", calm())).toEqual({
      kind: "known",
      value: ["172.31.0.0/16"],
    });
    expect(await port.describeCluster("demo", calm())).toMatchObject({
      kind: "unknown",
      failure: { code: "cluster-not-found", cause: "ResourceNotFoundException" },
    });
  });
});
