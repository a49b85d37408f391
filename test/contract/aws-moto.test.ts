import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import {
  CreateNetworkInterfaceCommand,
  DescribeSubnetsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { createAwsPort } from "../../src/aws/aws-port.ts";
import { calm, FakeClock, optionsFor } from "../support/fake-aws.ts";
import { findProgram, skipReason } from "../support/real-clients.ts";

const moto = findProgram("moto_server");
if (moto === undefined) process.stderr.write(`${skipReason("moto_server")}\n`);

interface Moto extends AsyncDisposable {
  readonly url: string;
}

/** moto on a port of its own choice, which it prints. */
async function startMoto(): Promise<Moto> {
  const child = spawn(moto ?? "moto_server", ["-H", "127.0.0.1", "-p", "0"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PYTHONUNBUFFERED: "1" },
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", () => reject(new Error("moto_server ended")));
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on("line", (line) => {
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
        if (found !== undefined) resolve(found);
      });
    }
  });
  return {
    url,
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.kill();
      await exited;
    },
  };
}

describe.skipIf(moto === undefined)("the port against moto's EC2 and EKS", () => {
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
