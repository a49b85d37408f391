import { createHash, createHmac } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { createAwsPort } from "../../../src/aws/aws-port.ts";
import { presignToken, sealToken } from "../../../src/aws/token.ts";
import type { BearerToken } from "../../../src/model/ports.ts";
import { calm, FakeClock, optionsFor } from "../../support/fake-aws.ts";

const NOW_MS = Date.parse("2023-04-21T15:34:17.900Z");
const HOST = "sts.ap-northeast-2.amazonaws.com";

async function sign(sessionToken?: string, clusterId = "demo"): Promise<BearerToken> {
  const signed = await presignToken({
    identity: {
      accessKeyId: "AKIDEXAMPLE1",
      secretAccessKey: "EXAMPLEKEY",
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
    region: "ap-northeast-2",
    host: HOST,
    clusterId,
    wallMs: NOW_MS,
  });
  if (signed.kind === "failed") throw new Error(signed.failure.message);
  return signed.value;
}

function urlIn(token: string): string {
  expect(token.startsWith("k8s-aws-v1.")).toBe(true);
  return Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString();
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** Signature Version 4 by the book, without the SDK. */
function signatureOf(url: string, clusterId: string): string {
  const query = url
    .slice(url.indexOf("?") + 1)
    .split("&")
    .filter((pair) => !pair.startsWith("X-Amz-Signature="))
    .toSorted()
    .join("&");
  const canonical = `GET\n/\n${query}\nhost:${HOST}\nx-k8s-aws-id:${clusterId}\n\nhost;x-k8s-aws-id\n${sha256("")}`;
  const scope = "20230421/ap-northeast-2/sts/aws4_request";
  const toSign = `AWS4-HMAC-SHA256\n20230421T153417Z\n${scope}\n${sha256(canonical)}`;
  const key = ["20230421", "ap-northeast-2", "sts", "aws4_request"].reduce<string | Buffer>(
    hmac,
    "AWS4EXAMPLEKEY",
  );
  return hmac(key, toSign).toString("hex");
}

describe("a token", () => {
  test("holds awscli's parameters in awscli's order, and no others", async () => {
    const url = urlIn((await sign()).reveal());
    expect(url.split("X-Amz-Signature=")[0]).toBe(
      `https://${HOST}/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE1%2F20230421%2Fap-northeast-2%2Fsts%2Faws4_request&X-Amz-Date=20230421T153417Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&`,
    );
  });

  test("is base64url without padding, which verifiers refuse", async () => {
    for (const id of ["a", "ab", "abc"]) {
      expect((await sign(id.repeat(3))).reveal()).toMatch(/^k8s-aws-v1\.[\w-]+$/);
    }
  });

  test.each([
    ["demo", undefined],
    ["demo", "abc/+=' ()*!~"],
    ["other_cluster-2", undefined],
  ])("carries a signature that a verifier computes too (%s, session %s)", async (name, session) => {
    const url = urlIn((await sign(session, name)).reveal());
    expect(new URL(url).searchParams.get("X-Amz-Security-Token")).toBe(session ?? null);
    const signature = new URL(url).searchParams.get("X-Amz-Signature");
    expect(signature).toBe(signatureOf(url, name));
    expect(signature).not.toBe(signatureOf(url, `${name}x`));
  });

  test("expires a minute before verifiers say so, stamped without milliseconds", async () => {
    expect((await sign()).expiresAt).toBe("2023-04-21T15:48:17Z");
  });

  test("of up to 4096 bytes is given, a longer one is a failure that says so", async () => {
    expect((await sign("x".repeat(2600))).reveal().length).toBeLessThanOrEqual(4096);
    const identity = { accessKeyId: "AKIDEXAMPLE1", secretAccessKey: "EXAMPLEKEY" };
    const signed = await presignToken({
      identity: { ...identity, sessionToken: "x".repeat(2800) },
      region: "ap-northeast-2",
      host: HOST,
      clusterId: "demo",
      wallMs: NOW_MS,
    });
    expect(signed).toMatchObject({
      kind: "failed",
      failure: { code: "token-too-large", phase: "sign", side: "user" },
    });
  });
});

describe("a sealed token", () => {
  test("does not show its secret by any ordinary means", () => {
    const token = sealToken("hush", "2023-04-21T15:48:17Z");
    const shown = [
      // oxlint-disable-next-line typescript/no-base-to-string -- the very thing under test
      String(token),
      JSON.stringify({ token }),
      inspect({ deep: [token] }, { depth: 9, showHidden: true }),
      Object.values(token)
        .filter((value) => typeof value === "string")
        .join(),
    ];
    expect(shown.join()).not.toContain("hush");
    expect(shown.slice(0, 2)).toEqual(["[bearer token]", '{"token":"[bearer token]"}']);
    expect(token.reveal()).toBe("hush");
  });
});

describe("signToken", () => {
  test("names the real STS host whatever AWS_ENDPOINT_URL says", async () => {
    const port = createAwsPort(optionsFor("http://127.0.0.1:9"), new FakeClock(NOW_MS));
    const fact = await port.signToken("demo", calm());
    if (fact.kind !== "known") throw new Error(JSON.stringify(fact));
    expect(urlIn(fact.value.reveal())).toContain(`https://${HOST}/?`);
  });

  test("signs the id of an Outposts local cluster instead of its name", async () => {
    const options = optionsFor("http://127.0.0.1:9", { clusterId: "b1f6" });
    const fact = await createAwsPort(options, new FakeClock(NOW_MS)).signToken("demo", calm());
    if (fact.kind !== "known") throw new Error(JSON.stringify(fact));
    const url = urlIn(fact.value.reveal());
    expect(new URL(url).searchParams.get("X-Amz-Signature")).toBe(signatureOf(url, "b1f6"));
  });

  test("is interrupted by its signal", async () => {
    const port = createAwsPort(optionsFor("http://127.0.0.1:9"), new FakeClock(NOW_MS));
    expect(await port.signToken("demo", AbortSignal.abort())).toMatchObject({
      kind: "unknown",
      failure: { code: "interrupted", phase: "sign" },
    });
  });
});
