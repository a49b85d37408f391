import { expect, test } from "vitest";
import { createAwsPort } from "../../../../src/aws/aws-port.ts";
import {
  calm,
  eksAnswer,
  FakeClock,
  type FakeRequest,
  optionsFor,
  roleAnswer,
  startFakeAws,
} from "../../../support/fake-aws.ts";
import { ec2List } from "../../../support/fake-ec2.ts";

const EXPIRATION = "2023-04-21T16:34:17Z";

/** Whose key signed it, in a header or in a presigned URL. */
function signerOf({ headers, path }: FakeRequest): string | undefined {
  const presigned = /X-Amz-Credential=(\w+)%2F/.exec(path)?.[1];
  return presigned ?? /Credential=(\w+)\//.exec(headers.authorization ?? "")?.[1];
}

test("the map and its evidence share one role: it is assumed once, and signs every question", async () => {
  await using aws = await startFakeAws(({ form, path }) => {
    if (form.get("Action") === "AssumeRole") return roleAnswer("ASIAROLEEXAMPLE", EXPIRATION);
    if (form.get("Action") === "DescribeSecurityGroups") {
      return ec2List("DescribeSecurityGroups", "securityGroupInfo", []);
    }
    if (path.includes("/access-entries")) return { body: '{"accessEntries":[]}' };
    return eksAnswer({ name: "demo" });
  });
  const roleArn = "arn:aws:iam::111122223333:role/probe";
  const port = createAwsPort(optionsFor(aws.url, { roleArn }), new FakeClock());
  await port.describeCluster("demo", calm());
  await Promise.all([
    port.securityGroups(["sg-1"], calm()),
    port.accessEntries("demo", calm()),
    port.replayToken("demo", calm()),
  ]);
  const assumed = aws.requests.filter(({ form }) => form.get("Action") === "AssumeRole");
  expect(assumed.map(signerOf)).toEqual(["AKIDEXAMPLE1"]);
  const others = aws.requests.filter((request) => !assumed.includes(request));
  expect(others.map(signerOf)).toEqual(Array(4).fill("ASIAROLEEXAMPLE"));
});
