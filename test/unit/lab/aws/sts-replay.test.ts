import { request as httpRequest } from "node:http";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, describe, expect, it } from "vitest";
import type { RunningAws } from "../../../../src/lab/aws/server.ts";
import { mintToken } from "../../../../src/lab/client/presign.ts";
import type { AwsFault, LabPrincipal } from "../../../../src/lab/scenario.ts";
import { refusalOf, settings, startAws, stopAws } from "../../../support/lab-aws.ts";
import { ADMIN, CLUSTER_NAME, REGION, SESSION } from "../../../support/lab-scenario.ts";

afterEach(stopAws);

interface Replay {
  readonly clusterName?: string;
  readonly accept?: string;
}

/** The request inside a token, sent to the lab's port while it names the real STS as its host. */
function replay(server: RunningAws, token: string, how: Replay = {}) {
  const url = new URL(Buffer.from(token.replace("k8s-aws-v1.", ""), "base64url").toString());
  const headers = {
    host: url.host,
    "x-k8s-aws-id": how.clusterName ?? CLUSTER_NAME,
    accept: how.accept ?? "application/json",
  };
  const target = { host: "127.0.0.1", port: server.port, path: `${url.pathname}${url.search}` };
  return new Promise<{ readonly status: number | undefined; readonly body: string }>(
    (resolve, reject) => {
      const outgoing = httpRequest({ ...target, headers }, (incoming) => {
        let body = "";
        incoming.setEncoding("utf8").on("data", (text: string) => {
          body += text;
        });
        incoming.on("end", () => resolve({ status: incoming.statusCode, body }));
      });
      outgoing.on("error", reject).end();
    },
  );
}

function tokenOf(who: LabPrincipal, ageSeconds = 0): string {
  return mintToken(who, REGION, CLUSTER_NAME, Date.now() - ageSeconds * 1000);
}

async function errorOf(answer: ReturnType<typeof replay>) {
  const { status, body } = await answer;
  return { status, error: JSON.parse(body).Error };
}

describe("the request inside a token, sent to STS at another address than it names", () => {
  it.each([
    ["a user", ADMIN],
    ["a role's session", SESSION],
  ])("says who %s is, in JSON", async (_, who) => {
    const { status, body } = await replay(await startAws(), tokenOf(who));
    expect(status).toBe(200);
    expect(JSON.parse(body).GetCallerIdentityResponse.GetCallerIdentityResult.Arn).toBe(who.arn);
  });

  it("answers in XML to who does not ask for JSON", async () => {
    const { status, body } = await replay(await startAws(), tokenOf(ADMIN), { accept: "*/*" });
    expect(status).toBe(200);
    expect(body).toContain(`<Arn>${ADMIN.arn}</Arn>`);
  });

  it("does not fit another cluster's name", async () => {
    const answer = replay(await startAws(), tokenOf(ADMIN), { clusterName: "other" });
    expect(await errorOf(answer)).toMatchObject({
      status: 403,
      error: { Code: "SignatureDoesNotMatch", Type: "Sender" },
    });
  });

  it("is too old after 15 minutes, and by how much is said", async () => {
    const server = await startAws();
    expect((await replay(server, tokenOf(ADMIN, 880))).status).toBe(200);
    expect(await errorOf(replay(server, tokenOf(ADMIN, 960)))).toMatchObject({
      status: 403,
      error: {
        Code: "SignatureDoesNotMatch",
        Message: expect.stringMatching(
          /^Signature expired: \w+Z is now earlier than \w+Z \(\w+Z - 15 min\.\)$/,
        ),
      },
    });
  });

  it("is too old at once for an STS whose clock is ahead, and too early for one behind", async () => {
    const ahead = await startAws({}, { nowMs: () => Date.now() + 1_000_000 });
    expect((await errorOf(replay(ahead, tokenOf(ADMIN)))).error.Message).toContain("expired");
    const behind = await startAws({}, { nowMs: () => Date.now() - 1_000_000 });
    expect((await errorOf(replay(behind, tokenOf(ADMIN)))).error.Message).toContain(
      "not yet current",
    );
  });

  it("is of nobody when the key is not known", async () => {
    const stranger = { ...ADMIN, accessKeyId: "AKIDEXAMPLE9" };
    expect(await errorOf(replay(await startAws(), tokenOf(stranger)))).toMatchObject({
      status: 403,
      error: { Code: "InvalidClientTokenId" },
    });
  });
});

describe("faults that STS has alone", () => {
  it.each([
    ["invalid-client-token", "InvalidClientTokenId"],
    ["region-disabled", "RegionDisabledException"],
  ] as const)("%s is %s, 403", async (kind, name) => {
    const fault: AwsFault = { action: "sts:GetCallerIdentity", kind, times: undefined };
    const server = await startAws({ awsFaults: [fault] });
    const call = new STSClient(settings(server)).send(new GetCallerIdentityCommand({}));
    expect(await refusalOf(call)).toMatchObject({ name, status: 403 });
    expect((await errorOf(replay(server, tokenOf(ADMIN)))).error.Code).toBe(name);
  });
});
