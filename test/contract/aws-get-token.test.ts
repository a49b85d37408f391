import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { createAwsPort } from "../../src/aws/aws-port.ts";
import { execCredential } from "../../src/aws/exec-credential.ts";
import { calm, FakeClock, optionsFor } from "../support/fake-aws.ts";
import { findProgram, skipReason } from "../support/real-clients.ts";

const aws = findProgram("aws");
if (aws === undefined) process.stderr.write(`${skipReason("aws")}\n`);
const run = promisify(execFile);

interface Printed {
  readonly kind: string;
  readonly apiVersion: string;
  readonly spec: unknown;
  readonly status: { readonly expirationTimestamp: string; readonly token: string };
}

async function askAwscli(environment: Record<string, string>, region: string): Promise<Printed> {
  const { stdout } = await run(
    aws ?? "aws",
    ["eks", "get-token", "--cluster-name", "demo", "--region", region, "--output", "json"],
    {
      env: {
        PATH: process.env["PATH"],
        HOME: process.env["HOME"],
        AWS_ACCESS_KEY_ID: "AKIDEXAMPLE1",
        AWS_SECRET_ACCESS_KEY: "EXAMPLEKEY",
        AWS_EC2_METADATA_DISABLED: "true",
        AWS_CONFIG_FILE: "/dev/null",
        AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
        ...environment,
      },
    },
  );
  const printed: Printed = JSON.parse(stdout);
  return printed;
}

/** The presigned URL's text without what changes from second to second. */
function timeless(token: string): string {
  const url = Buffer.from(token.replace("k8s-aws-v1.", ""), "base64url").toString();
  return url
    .replace(/(X-Amz-Signature)=[^&]*/, "$1")
    .replace(/(X-Amz-Date)=[^&]*/, "$1")
    .replace(/(X-Amz-Credential=\w+%2F)\d{8}/, "$1");
}

describe.skipIf(aws === undefined)("a token beside that of aws eks get-token", () => {
  test.each<[string, Record<string, string>]>([
    ["ap-northeast-2", {}],
    ["ap-northeast-2", { AWS_SESSION_TOKEN: "abc/+=~*'()" }],
    ["us-east-1", { AWS_USE_FIPS_ENDPOINT: "true" }],
    ["us-gov-west-1", { AWS_USE_FIPS_ENDPOINT: "true" }],
    ["eu-west-1", { AWS_USE_DUALSTACK_ENDPOINT: "true" }],
    ["cn-north-1", {}],
    ["eusc-de-east-1", {}],
  ])("is the same request in %s with %j, parameter by parameter", async (region, environment) => {
    const theirs = await askAwscli(environment, region);
    const stamp = Date.parse(theirs.status.expirationTimestamp) - 14 * 60_000;
    const options = optionsFor("http://127.0.0.1:9", { region }, environment);
    const fact = await createAwsPort(options, new FakeClock(stamp)).signToken("demo", calm());
    if (fact.kind !== "known") throw new Error(JSON.stringify(fact));
    expect(timeless(fact.value.reveal())).toBe(timeless(theirs.status.token));
    const ours = execCredential(
      fact.value.reveal(),
      fact.value.expiresAt,
      "client.authentication.k8s.io/v1beta1",
    );
    expect({ ...ours, status: fact.value.expiresAt }).toEqual({
      ...theirs,
      status: theirs.status.expirationTimestamp,
    });
  });
});
