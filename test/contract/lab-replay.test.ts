import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAwsPort } from "../../src/aws/aws-port.ts";
import { type RunningAws, startAwsServer } from "../../src/lab/aws/server.ts";
import type { LabPrincipal } from "../../src/lab/scenario.ts";
import { createTokenVerifier } from "../../src/lab/token-verifier.ts";
import type { Fact } from "../../src/model/fact.ts";
import type { TokenReplay } from "../../src/model/investigation.ts";
import { calm, FakeClock, optionsFor } from "../support/fake-aws.ts";
import {
  ADMIN,
  CLUSTER_NAME,
  makeScenario,
  REGION,
  SESSION,
  UNMAPPED,
} from "../support/lab-scenario.ts";

const NOW_MS = Date.parse("2023-04-21T15:34:17Z");
const scenario = makeScenario();
const verify = createTokenVerifier({
  region: REGION,
  clusterName: CLUSTER_NAME,
  principals: () => scenario.principals,
  nowMs: () => NOW_MS,
});

let server: RunningAws;
beforeAll(async () => {
  server = await startAwsServer({
    scenario: () => scenario,
    certificateAuthorityOf: () => undefined,
    createdAtMs: NOW_MS,
    nowMs: () => NOW_MS,
  });
});
afterAll(() => server.close());

interface Said {
  /** STS, to whom the program hands the request. */
  readonly sts: Fact<TokenReplay>;
  /** The API server, which is handed the token itself. */
  readonly accepted: boolean;
}

async function ask(principal: LabPrincipal, name = CLUSTER_NAME, nowMs = NOW_MS): Promise<Said> {
  const { accessKeyId, secretAccessKey, sessionToken } = principal;
  const environment = {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
  };
  const port = createAwsPort(optionsFor(server.url, {}, environment), new FakeClock(nowMs));
  const token = await port.signToken(name, calm());
  const verdict = verify(token.kind === "known" ? token.value.reveal() : "");
  return { sts: await port.replayToken(name, calm()), accepted: verdict.kind !== "denied" };
}

describe("a replayed token, to an STS that computes the signature itself", () => {
  test.each([
    ["keys that do not end", ADMIN],
    ["a session", SESSION],
  ])("is the caller's with %s, and the API server agrees", async (_what, principal) => {
    expect(await ask(principal)).toEqual({
      sts: {
        kind: "known",
        value: { kind: "accepted", arn: principal.arn, account: "111122223333" },
      },
      accepted: true,
    });
  });

  test("is good although the API server refuses it: the principal is not mapped", async () => {
    const { sts, accepted } = await ask(UNMAPPED);
    expect(sts).toMatchObject({ value: { kind: "accepted", arn: UNMAPPED.arn } });
    expect(accepted).toBe(false);
  });

  test("is good although the API server refuses it: it is another cluster's", async () => {
    const { sts, accepted } = await ask(ADMIN, "other");
    expect(sts).toMatchObject({ value: { kind: "accepted", arn: ADMIN.arn } });
    expect(accepted).toBe(false);
  });

  test.each([
    ["SignatureDoesNotMatch", { ...ADMIN, secretAccessKey: "EXAMPLEKEY/wrong" }],
    ["InvalidClientTokenId", { ...ADMIN, accessKeyId: "AKIDNOBODY" }],
  ])("is refused with %s where the API server refuses it too", async (code, principal) => {
    const { sts, accepted } = await ask(principal);
    expect(sts).toMatchObject({ kind: "known", value: { kind: "refused", status: 403, code } });
    expect(accepted).toBe(false);
  });

  test("from a clock that is 20 minutes late is refused in words that name both times", async () => {
    const { sts } = await ask(ADMIN, CLUSTER_NAME, NOW_MS - 20 * 60_000);
    expect(sts).toEqual({
      kind: "known",
      value: {
        kind: "refused",
        status: 403,
        code: "SignatureDoesNotMatch",
        message: expect.stringMatching(
          /^Signature expired: 20230421T151417Z is now earlier than 20230421T\d{6}Z/,
        ),
      },
    });
  });
});
