import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { DescribeClusterCommand, EKSClient } from "@aws-sdk/client-eks";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createAwsPort } from "../../../src/aws/aws-port.ts";
import { clientOptions } from "../../../src/aws/client-options.ts";
import type { AwsService, AwsSettings } from "../../../src/aws/settings.ts";
import { calm, FakeClock, optionsFor, startFakeAws } from "../../support/fake-aws.ts";

const PLAIN: AwsSettings = {
  region: "eu-west-1",
  useFips: false,
  useDualstack: false,
  endpoints: { eks: undefined, ec2: undefined, sts: undefined },
  profile: {},
};

/** The URL a client would have asked, cut off before anything is sent. */
async function hostOf(service: AwsService, change: Partial<AwsSettings>): Promise<string> {
  const identity = { accessKeyId: "AKIDEXAMPLE1", secretAccessKey: "EXAMPLEKEY" };
  const options = clientOptions(
    service,
    optionsFor("http://127.0.0.1:9"),
    { ...PLAIN, ...change },
    undefined,
    () => Promise.resolve(identity),
  );
  let host = "";
  const note = (args: { readonly request: unknown }): never => {
    host = args.request instanceof Object ? String(Reflect.get(args.request, "hostname")) : "";
    throw Object.assign(new Error("not sent"), { name: "NotSent" });
  };
  const step = { step: "finalizeRequest", priority: "low" } as const;
  const sent = {
    eks: () => {
      const client = new EKSClient(options);
      client.middlewareStack.add(() => note, step);
      return client.send(new DescribeClusterCommand({ name: "demo" }));
    },
    ec2: () => {
      const client = new EC2Client(options);
      client.middlewareStack.add(() => note, step);
      return client.send(new DescribeVpcsCommand({}));
    },
    sts: () => {
      const client = new STSClient(options);
      client.middlewareStack.add(() => note, step);
      return client.send(new GetCallerIdentityCommand({}));
    },
  }[service]();
  await expect(sent).rejects.toMatchObject({ name: "NotSent" });
  return host;
}

let configured: string | undefined;
beforeEach(() => {
  configured = process.env["AWS_ENDPOINT_URL"];
  delete process.env["AWS_ENDPOINT_URL"];
});
afterEach(() => {
  process.env["AWS_ENDPOINT_URL"] = configured;
});

describe("the SDK's clients, made with our options", () => {
  test.each<[AwsService, Partial<AwsSettings>, string]>([
    ["eks", {}, "eks.eu-west-1.amazonaws.com"],
    ["eks", { useFips: true, region: "us-east-1" }, "fips.eks.us-east-1.amazonaws.com"],
    ["eks", { useFips: true, region: "us-gov-west-1" }, "eks.us-gov-west-1.amazonaws.com"],
    ["eks", { useDualstack: true }, "eks.eu-west-1.api.aws"],
    ["eks", { useFips: true, useDualstack: true }, "eks-fips.eu-west-1.api.aws"],
    ["eks", { region: "cn-north-1" }, "eks.cn-north-1.amazonaws.com.cn"],
    ["ec2", {}, "ec2.eu-west-1.amazonaws.com"],
    ["ec2", { useFips: true, region: "us-east-1" }, "ec2-fips.us-east-1.amazonaws.com"],
    ["ec2", { useDualstack: true }, "ec2.eu-west-1.api.aws"],
    ["sts", {}, "sts.eu-west-1.amazonaws.com"],
    ["sts", { useFips: true, region: "us-east-1" }, "sts-fips.us-east-1.amazonaws.com"],
  ])("%s with %j asks %s", async (service, change, expected) => {
    expect(await hostOf(service, change)).toBe(expected);
  });

  test("refuse FIPS together with a custom endpoint, which is the user's to solve", async () => {
    await using aws = await startFakeAws(() => "hang");
    const options = optionsFor(aws.url, {}, { AWS_USE_FIPS_ENDPOINT: "true" });
    const fact = await createAwsPort(options, new FakeClock()).describeCluster("demo", calm());
    expect(fact).toMatchObject({
      kind: "unknown",
      failure: { code: "aws-error", side: "user", cause: "EndpointError" },
    });
    expect(aws.requests).toEqual([]);
  });

  test("follow each service's own endpoint variable", async () => {
    await using eks = await startFakeAws(() => "reset");
    await using ec2 = await startFakeAws(() => "reset");
    const environment = { AWS_ENDPOINT_URL_EKS: eks.url, AWS_ENDPOINT_URL_EC2: ec2.url };
    const port = createAwsPort(optionsFor("http://127.0.0.1:9", {}, environment), new FakeClock());
    await Promise.all([port.describeCluster("demo", calm()), port.listClusterEnis("demo", calm())]);
    expect(eks.requests[0]?.path).toBe("/clusters/demo");
    expect(ec2.requests[0]?.form.get("Action")).toBe("DescribeNetworkInterfaces");
  });
});
