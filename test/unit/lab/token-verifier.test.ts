import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LabPrincipal } from "../../../src/lab/scenario.ts";
import { createTokenVerifier } from "../../../src/lab/token-verifier.ts";
import { ADMIN, CLUSTER_NAME, SESSION, UNMAPPED } from "../../support/lab-scenario.ts";
import { presignIdentity, type TokenChange, tokenOf } from "../../support/lab-signer.ts";

const NOW = Date.parse("2026-01-02T03:04:05Z");
const MINUTE = 60_000;

interface World {
  readonly principals?: readonly LabPrincipal[];
  readonly clockSkewMs?: number;
}

function verify(token: string, region = "ap-northeast-2", nowMs = NOW, world: World = {}) {
  const { principals = [ADMIN, UNMAPPED, SESSION], clockSkewMs = 0 } = world;
  return createTokenVerifier({
    region,
    clusterName: CLUSTER_NAME,
    principals: () => principals,
    nowMs: () => nowMs,
    clockSkewMs,
  })(token);
}

async function verdictOn(change: Partial<TokenChange>, principal: LabPrincipal = ADMIN) {
  return verify(tokenOf(await presignIdentity(principal, { signedAtMs: NOW, ...change })));
}

function reasonOf(verdict: ReturnType<typeof verify>): string {
  return verdict.kind === "denied" ? verdict.reason : `accepted ${verdict.name}`;
}

async function reasonFor(change: Partial<TokenChange>, principal?: LabPrincipal) {
  return reasonOf(await verdictOn(change, principal));
}

/** A well-signed token whose URL was changed afterwards. */
async function reasonWhen(edit: (url: string) => string) {
  return reasonOf(verify(tokenOf(edit(await presignIdentity(ADMIN, { signedAtMs: NOW })))));
}

describe("who a good token is", () => {
  it("gives the user admin the group system:masters", async () => {
    const admin = { kind: "user", name: "admin", groups: ["system:masters"] };
    expect(await verdictOn({})).toMatchObject(admin);
  });

  it("gives any other user no groups, and takes the session token into account", async () => {
    const viewer = { kind: "user", name: "viewer", groups: [] };
    expect(await verdictOn({}, SESSION)).toMatchObject(viewer);
  });

  it("names the IAM principal, and the role of a session, as EKS does", async () => {
    const id = expect.stringMatching(/^AIDALAB[0-9A-F]{12}$/);
    expect(await verdictOn({})).toMatchObject({
      uid: expect.stringMatching(/^aws-iam-authenticator:111122223333:AIDALAB[0-9A-F]{12}$/),
      extra: {
        arn: [ADMIN.arn],
        canonicalArn: [ADMIN.arn],
        principalId: [id],
        sessionName: [""],
        "sigs.k8s.io/aws-iam-authenticator/principalId": [id],
      },
    });
    expect(await verdictOn({}, SESSION)).toMatchObject({
      uid: expect.stringMatching(/^aws-iam-authenticator:111122223333:AROALAB[0-9A-F]{12}$/),
      extra: {
        arn: [SESSION.arn],
        canonicalArn: ["arn:aws:iam::111122223333:role/viewer"],
        sessionName: ["ci"],
      },
    });
  });

  it("does not tell the key that signed, nor its secret", async () => {
    const told = JSON.stringify(await verdictOn({}, SESSION));
    for (const part of [SESSION.accessKeyId, SESSION.secretAccessKey, SESSION.sessionToken ?? ""]) {
      expect(told).not.toContain(part);
    }
  });

  it("hands on the roles of the principal", async () => {
    const reader: LabPrincipal = { ...ADMIN, kubernetesUser: "reader", permissions: ["leases"] };
    const token = tokenOf(await presignIdentity(reader, { signedAtMs: NOW }));
    expect(verify(token, undefined, NOW, { principals: [reader] })).toMatchObject({
      name: "reader",
      groups: [],
      permissions: ["leases"],
    });
  });

  it("denies a principal that no access entry maps, though its signature is good", async () => {
    expect(await reasonFor({}, UNMAPPED)).toBe(
      "access denied: ARN is not mapped: arn:aws:iam::111122223333:user/nobody",
    );
  });
});

describe("the form of the token, before anything else", () => {
  it("takes 4096 bytes and refuses one more", () => {
    const prefix = "k8s-aws-v1.";
    const filled = (bytes: number): string => prefix + "A".repeat(bytes - prefix.length);
    expect(reasonOf(verify(filled(4096)))).not.toContain("too large");
    expect(reasonOf(verify(filled(4097)))).toBe("token is too large");
  });

  it("needs the prefix", () => {
    expect(reasonOf(verify("opaque"))).toBe('token is missing expected "k8s-aws-v1." prefix');
  });

  it("refuses padding and the standard alphabet, since it decodes base64url without padding", () => {
    const reason = "token is not base64url without padding";
    expect(reasonOf(verify("k8s-aws-v1.YQ=="))).toBe(reason);
    expect(reasonOf(verify("k8s-aws-v1.a+/a"))).toBe(reason);
  });

  it("refuses http, where the same URL with https is accepted", async () => {
    expect(await reasonWhen((url) => url)).toBe("accepted admin");
    expect(await reasonWhen((url) => url.replace("https:", "http:"))).toBe(
      "unexpected scheme in pre-signed URL",
    );
  });

  it("never throws and never accepts, whatever the token is", () => {
    const nearly = fc
      .tuple(fc.constantFrom("https://sts.us-east-1.amazonaws.com/", "https://"), fc.string())
      .map(([start, end]) => `${start}?${end}`);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string().map(tokenOf), nearly.map(tokenOf)), (token) => {
        expect(verify(token).kind).toBe("denied");
      }),
    );
  });
});

describe("the host", () => {
  it.each([
    ["another region of the partition", "sts.us-east-1.amazonaws.com", "us-east-1"],
    ["the global host", "sts.amazonaws.com", "us-east-1"],
    ["a FIPS host", "sts-fips.us-east-1.amazonaws.com", "us-east-1"],
    ["a dual-stack host", "sts.ap-northeast-2.api.aws", "ap-northeast-2"],
    ["a dual-stack FIPS host", "sts-fips.us-east-1.api.aws", "us-east-1"],
  ])("may be %s", async (_what, host, region) => {
    expect(await reasonFor({ host, region })).toBe("accepted admin");
  });

  it.each([
    ["of another partition", "sts.cn-north-1.amazonaws.com.cn"],
    ["of another service", "ec2.ap-northeast-2.amazonaws.com"],
    ["with a port, as AWS_ENDPOINT_URL leaves it", "127.0.0.1:4566"],
    ["with the default port", "sts.ap-northeast-2.amazonaws.com:443"],
    ["that only begins like STS", "sts.ap-northeast-2.amazonaws.com.evil.example"],
    ["in capitals", "STS.ap-northeast-2.amazonaws.com"],
  ])("may not be one %s", async (_what, host) => {
    expect(await reasonFor({ host })).toContain("partition {aws} does not support the hostname");
  });

  it("may be the global one in the partition aws only", async () => {
    const url = await presignIdentity(ADMIN, {
      signedAtMs: NOW,
      host: "sts.amazonaws.com",
      region: "us-east-1",
    });
    expect(reasonOf(verify(tokenOf(url), "us-gov-west-1"))).toBe(
      "global endpoint unsupported in partition aws-us-gov",
    );
  });

  it("has to be the region that the credential scope names, as STS wants it", async () => {
    expect(await reasonWhen((url) => url.replace("sts.ap-northeast-2", "sts.us-west-2"))).toContain(
      "SignatureDoesNotMatch",
    );
  });
});

describe("the path and the parameters", () => {
  it("refuses any path but /, even one that was signed", async () => {
    expect(await reasonFor({ path: "/x" })).toBe("unexpected path in pre-signed URL");
    expect(await reasonWhen((url) => url.replace("/?", "?"))).toContain("unexpected path");
  });

  it("refuses a parameter given twice, whatever its case", async () => {
    expect(await reasonWhen((url) => `${url}&ACTION=GetCallerIdentity`)).toBe(
      "query parameter with multiple values not supported",
    );
  });

  it("names the parameter it does not know, as an SDK's x-id", async () => {
    expect(await reasonFor({ query: { "x-id": "GetCallerIdentity" } })).toBe(
      'non-whitelisted query parameter "x-id"',
    );
  });

  it("refuses another action", async () => {
    expect(await reasonFor({ query: { Action: "GetSessionToken" } })).toContain(
      "unexpected action",
    );
  });

  it("refuses a URL whose signature leaves the cluster out", async () => {
    expect(await reasonFor({ headers: {} })).toBe(
      "client did not sign the x-k8s-aws-id header in the pre-signed URL",
    );
  });

  it("takes X-Amz-Expires up to 900 and no more", async () => {
    expect(await reasonFor({ expiresIn: 900 })).toBe("accepted admin");
    expect(await reasonFor({ expiresIn: 901 })).toContain("invalid X-Amz-Expires");
    expect(await reasonWhen((url) => url.replace(/&X-Amz-Expires=\d+/, ""))).toContain(
      "invalid X-Amz-Expires",
    );
  });
});

describe("the clock", () => {
  it("ignores X-Amz-Expires: 60 seconds last 15 minutes", async () => {
    expect(await reasonFor({ signedAtMs: NOW - 15 * MINUTE })).toBe("accepted admin");
    expect(await reasonFor({ signedAtMs: NOW - 15 * MINUTE - 1000 })).toBe(
      "X-Amz-Date parameter is expired (15 minute expiration) 20260102T024904Z",
    );
  });

  it("leaves a date ahead of time to STS, which allows five minutes", async () => {
    expect(await reasonFor({ signedAtMs: NOW + 5 * MINUTE })).toBe("accepted admin");
    expect(await reasonFor({ signedAtMs: NOW + 6 * MINUTE })).toContain("SignatureDoesNotMatch");
  });

  it("is the server's own for the age of the token, and that of STS for the rest", async () => {
    const at = async (clockSkewMs: number, signedAtMs: number): Promise<string> => {
      const token = tokenOf(await presignIdentity(ADMIN, { signedAtMs }));
      return reasonOf(verify(token, undefined, NOW, { clockSkewMs }));
    };
    expect(await at(5 * MINUTE, NOW - 10 * MINUTE)).toBe("accepted admin");
    expect(await at(5 * MINUTE, NOW - 11 * MINUTE)).toContain("15 minute expiration");
    // A server that is behind does not make the token last longer than STS lets it.
    expect(await at(-5 * MINUTE, NOW - 16 * MINUTE)).toContain("SignatureDoesNotMatch");
  });

  it("refuses a date that is none", async () => {
    expect(await reasonWhen((url) => url.replace(/X-Amz-Date=\d+T/, "X-Amz-Date=20261340T"))).toBe(
      "error parsing X-Amz-Date parameter",
    );
  });
});

describe("the signature", () => {
  it("does not fit when the token is for another cluster", async () => {
    expect(await reasonFor({ clusterName: "gonz-eks-pri" })).toBe(
      "error from AWS (expected 200, got 403) on ap-northeast-2 endpoint: SignatureDoesNotMatch",
    );
  });

  it("does not fit with a wrong secret, nor when a header more was signed than is sent", async () => {
    const wrong = { ...ADMIN, secretAccessKey: "EXAMPLEKEY/wrong" };
    expect(await reasonFor({}, wrong)).toContain("SignatureDoesNotMatch");
    const headers = { "x-k8s-aws-id": CLUSTER_NAME, accept: "application/json" };
    expect(await reasonFor({ headers })).toContain("SignatureDoesNotMatch");
  });

  it("is not looked at for a key or a session token nobody has", async () => {
    expect(await reasonFor({}, { ...ADMIN, accessKeyId: "AKIDEXAMPLE9" })).toContain(
      "InvalidClientTokenId",
    );
    expect(await reasonFor({}, { ...SESSION, sessionToken: "another" })).toContain(
      "InvalidClientTokenId",
    );
  });

  it("is never quoted in a reason", async () => {
    const url = await presignIdentity(ADMIN, { signedAtMs: NOW, clusterName: "other" });
    const signature = new URL(url).searchParams.get("X-Amz-Signature") ?? "absent";
    expect(reasonOf(verify(tokenOf(url)))).not.toContain(signature);
  });
});
