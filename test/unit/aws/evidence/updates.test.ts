import { describe, expect, test } from "vitest";
import { AWS_CALLS } from "../../../../src/aws/actions.ts";
import { createAwsPort } from "../../../../src/aws/aws-port.ts";
import type { Fact } from "../../../../src/model/fact.ts";
import type { ClusterUpdate } from "../../../../src/model/investigation.ts";
import {
  calm,
  eksError,
  type FakeAnswer,
  type FakeAws,
  FakeClock,
  optionsFor,
  startFakeAws,
} from "../../../support/fake-aws.ts";

const ENDPOINT_UPDATE = {
  id: "u-1",
  status: "InProgress",
  type: "EndpointAccessUpdate",
  params: [{ type: "EndpointPrivateAccess", value: "true" }],
  createdAt: 1_700_000_000.5,
  errors: [],
};

/** Lists the ids, and tells of each what the test says. */
async function ask(
  list: FakeAnswer | readonly string[],
  tell: (id: string) => FakeAnswer,
): Promise<{
  readonly fact: Fact<readonly ClusterUpdate[]>;
  readonly requests: FakeAws["requests"];
}> {
  await using aws = await startFakeAws(({ path }) => {
    const id = /^\/clusters\/demo\/updates\/([^?]+)/.exec(path)?.[1];
    if (id !== undefined) return tell(id);
    return isIds(list) ? { body: JSON.stringify({ updateIds: list }) } : list;
  });
  const fact = await createAwsPort(optionsFor(aws.url), new FakeClock()).updates("demo", calm());
  return { fact, requests: aws.requests };
}

function isIds(list: FakeAnswer | readonly string[]): list is readonly string[] {
  return Array.isArray(list);
}

function update(change: object): FakeAnswer {
  return { body: JSON.stringify({ update: { ...ENDPOINT_UPDATE, ...change } }) };
}

/** `u-3` was made at second 3. */
function madeInOrder(id: string): FakeAnswer {
  return update({ id, createdAt: Number(id.slice(2)) });
}

function idsOf(fact: Fact<readonly ClusterUpdate[]>): readonly string[] {
  return fact.kind === "known" ? fact.value.map(({ id }) => id) : [JSON.stringify(fact)];
}

describe("updates", () => {
  test("gives what an update does, how it stands, since when and what went wrong", async () => {
    const { fact, requests } = await ask(["u-1"], () =>
      update({
        status: "Failed",
        errors: [
          { errorCode: "SubnetNotFound", errorMessage: "no subnet-1", resourceIds: ["subnet-1"] },
        ],
      }),
    );
    expect(fact).toEqual({
      kind: "known",
      value: [
        {
          id: "u-1",
          type: "EndpointAccessUpdate",
          status: "Failed",
          createdAt: "2023-11-14T22:13:20.500Z",
          errors: [{ code: "SubnetNotFound", message: "no subnet-1" }],
        },
      ],
    });
    expect(requests.map(({ path }) => path.replace(/\?.*/, ""))).toEqual([
      "/clusters/demo/updates",
      "/clusters/demo/updates/u-1",
    ]);
  });

  test("sorts by time, newest first, whatever EKS's order", async () => {
    const { fact } = await ask(["u-2", "u-3", "u-1"], madeInOrder);
    expect(idsOf(fact)).toEqual(["u-3", "u-2", "u-1"]);
  });

  test.each([
    ["oldest first", ["u-1", "u-2", "u-3", "u-4", "u-5", "u-6", "u-7", "u-8", "u-9"]],
    ["newest first", ["u-9", "u-8", "u-7", "u-6", "u-5", "u-4", "u-3", "u-2", "u-1"]],
  ])("describes five of a long list that comes %s, the newest among them", async (_what, ids) => {
    const { fact, requests } = await ask(ids, madeInOrder);
    expect(idsOf(fact)).toEqual(["u-9", "u-8", "u-7", "u-6", "u-1"]);
    expect(requests).toHaveLength(AWS_CALLS.updates);
  });

  test("reads every page of the list before it chooses", async () => {
    await using aws = await startFakeAws(({ path }) => {
      const id = /\/updates\/([^?]+)/.exec(path)?.[1];
      if (id !== undefined) return madeInOrder(id);
      return path.includes("nextToken=more")
        ? { body: '{"updateIds":["u-2"]}' }
        : { body: '{"updateIds":["u-1"],"nextToken":"more"}' };
    });
    const port = createAwsPort(optionsFor(aws.url), new FakeClock());
    expect(idsOf(await port.updates("demo", calm()))).toEqual(["u-2", "u-1"]);
  });

  test("knows that there was no update, which is not an answer without a list", async () => {
    const none = await ask([], madeInOrder);
    expect(none.fact).toEqual({ kind: "known", value: [] });
    const empty = await ask({ body: "{}" }, madeInOrder);
    expect(empty.fact).toMatchObject({ failure: { code: "aws-answer-invalid" } });
  });

  test("keeps an update whose fields are absent or of other types, as unknown", async () => {
    const { fact } = await ask(["u-1"], () => ({
      body: JSON.stringify({ update: { type: 7, status: ["x"], errors: [null, "x", {}] } }),
    }));
    expect(fact).toMatchObject({
      value: [{ id: "u-1", type: undefined, status: undefined, createdAt: undefined }],
    });
  });

  test("lets no secret and no control character through EKS's words", async () => {
    const secret = "k8s-aws-v1.aHR0cHM6Ly9zdHMuYW1hem9uYXdzLmNvbS8_QWN0aW9u";
    const { fact } = await ask(["u-1"], () =>
      update({ errors: [{ errorCode: "A\u001b[31m", errorMessage: `bad ${secret}\n` }] }),
    );
    const text = JSON.stringify(fact);
    expect(text).toContain("bad [token]");
    expect(text).not.toMatch(/\\u001b|\\n|aHR0/);
  });

  test("says which of the two actions was denied", async () => {
    const denied = eksError(403, "AccessDeniedException");
    const list = await ask(denied, madeInOrder);
    expect(list.fact).toMatchObject({
      failure: { message: "eks:ListUpdates was denied (AccessDeniedException)" },
    });
    const one = await ask(["u-1"], () => denied);
    expect(one.fact).toMatchObject({
      failure: {
        code: "access-denied",
        phase: "investigate",
        message: "eks:DescribeUpdate was denied (AccessDeniedException)",
      },
    });
  });
});
