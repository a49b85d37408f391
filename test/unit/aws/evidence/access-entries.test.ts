import { describe, expect, test } from "vitest";
import { createAwsPort } from "../../../../src/aws/aws-port.ts";
import type { Fact } from "../../../../src/model/fact.ts";
import {
  calm,
  eksError,
  type FakeAnswer,
  FakeClock,
  type FakeRequest,
  optionsFor,
  startFakeAws,
} from "../../../support/fake-aws.ts";

async function ask(
  answer: (request: FakeRequest, index: number) => FakeAnswer,
): Promise<Fact<readonly string[]>> {
  await using aws = await startFakeAws(answer);
  return await createAwsPort(optionsFor(aws.url), new FakeClock()).accessEntries("demo", calm());
}

const ADMIN = "arn:aws:iam::111122223333:role/admin";
const NODES = "arn:aws:iam::111122223333:role/nodes";

describe("accessEntries", () => {
  test("gives the principals of every page", async () => {
    const paths: string[] = [];
    const fact = await ask(({ path }, index) => {
      paths.push(path);
      return {
        body: JSON.stringify(
          index === 0 ? { accessEntries: [ADMIN], nextToken: "more" } : { accessEntries: [NODES] },
        ),
      };
    });
    expect(fact).toEqual({ kind: "known", value: [ADMIN, NODES] });
    expect(paths[0]).toMatch(/^\/clusters\/demo\/access-entries\?/);
    expect(paths[1]).toContain("nextToken=more");
  });

  test("knows that nobody has an entry, which is not an answer without a list", async () => {
    expect(await ask(() => ({ body: '{"accessEntries":[]}' }))).toEqual({
      kind: "known",
      value: [],
    });
    expect(await ask(() => ({ body: "{}" }))).toMatchObject({
      failure: { code: "aws-answer-invalid", phase: "investigate" },
    });
  });

  test.each([
    ["a number", [ADMIN, 7]],
    ["an empty text", [ADMIN, ""]],
    ["an object", [{ principalArn: ADMIN }]],
  ])(
    "fails for an entry that is %s: left out, its principal would have none",
    async (_what, accessEntries) => {
      expect(await ask(() => ({ body: JSON.stringify({ accessEntries }) }))).toMatchObject({
        failure: { code: "aws-answer-invalid" },
      });
    },
  );

  test("stops at pages that do not end", async () => {
    const fact = await ask(() => ({ body: '{"accessEntries":[],"nextToken":"again"}' }));
    expect(fact).toMatchObject({ failure: { code: "aws-answer-invalid" } });
  });

  test("passes on EKS's words where the cluster's mode knows no entries", async () => {
    const fact = await ask(() =>
      eksError(
        400,
        "InvalidRequestException",
        "The cluster's authentication mode must be set to API",
      ),
    );
    expect(fact).toMatchObject({
      kind: "unknown",
      failure: {
        code: "aws-error",
        side: "aws",
        cause: "InvalidRequestException",
        message: expect.stringContaining("authentication mode"),
      },
    });
  });

  test("names the action that was denied", async () => {
    expect(await ask(() => eksError(403, "AccessDeniedException"))).toMatchObject({
      failure: {
        code: "access-denied",
        message: "eks:ListAccessEntries was denied (AccessDeniedException)",
      },
    });
  });
});
