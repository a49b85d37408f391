import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseQuery, type SignedRequest } from "../../../../src/lab/aws/canonical.ts";
import { checkClaim } from "../../../../src/lab/aws/sigv4.ts";
import { readClaim } from "../../../../src/lab/aws/sigv4-claim.ts";
import { parseAmzDate } from "../../../../src/lab/aws/timestamp.ts";
import type { LabPrincipal } from "../../../../src/lab/scenario.ts";
import { ADMIN, REGION, SESSION } from "../../../support/lab-scenario.ts";
import { encodeQuery, signerFor, type ToSign } from "../../../support/lab-signer.ts";

const NOW = Date.parse("2026-01-02T03:04:05Z");
const RULES = { headerWindowMs: 300_000, presignedWindowMs: "signed" } as const;
const PLAIN: ToSign = {
  method: "GET",
  path: "/clusters/gonz",
  query: {},
  headers: { host: "eks.test" },
  body: "",
};

async function sign(wanted: Partial<ToSign>, principal: LabPrincipal = ADMIN, atMs = NOW) {
  const { body, ...plain } = { ...PLAIN, ...wanted };
  const signer = signerFor(principal, "eks", REGION);
  const signed = await signer.sign(
    { ...plain, protocol: "https:", hostname: "eks.test", ...(body === "" ? {} : { body }) },
    { signingDate: new Date(atMs) },
  );
  return toWire(signed, body);
}

function toWire(
  signed: { method: string; path: string; query?: object; headers: Record<string, string> },
  body: string,
): SignedRequest {
  return {
    method: signed.method,
    path: signed.path,
    query: encodeQuery({ ...signed.query }),
    headers: Object.entries(signed.headers),
    body: Buffer.from(body),
  };
}

function withHeader(request: SignedRequest, name: string, value: string): SignedRequest {
  return { ...request, headers: [...request.headers, [name, value]] };
}

function check(request: SignedRequest, principal: LabPrincipal = ADMIN, nowMs = NOW) {
  const read = readClaim(request);
  if (read.kind === "problem") return read.problem;
  const { secretAccessKey, sessionToken } = principal;
  const key = { secretAccessKey, sessionToken, expiresAtMs: undefined };
  return checkClaim(request, read.claim, key, RULES, nowMs);
}

describe("what the AWS SDK's signer signs", () => {
  it("is found good, whatever the path, the query, the headers and the body are", async () => {
    const text = fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" });
    const segment = fc.stringMatching(/^[A-Za-z0-9_~-]{1,8}$|^a%2Fb$|^a%20b$/);
    await fc.assert(
      fc.asyncProperty(
        fc.array(segment, { maxLength: 4 }),
        fc.dictionary(text, text, { maxKeys: 4 }),
        fc.stringMatching(/^[ -~]{0,20}$/),
        fc.string({ maxLength: 40 }),
        async (segments, query, header, body) => {
          const headers = { ...PLAIN.headers, "x-amz-note": header, "content-type": "text/plain" };
          const path = `/${segments.join("/")}`;
          const request = await sign({ method: "POST", path, query, headers, body });
          expect(check(request)).toBeUndefined();
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is found good with a session token, and not without the token it was made for", async () => {
    const request = await sign({}, SESSION);
    expect(check(request, SESSION)).toBeUndefined();
    expect(check(request, { ...SESSION, sessionToken: "another" })?.kind).toBe("unknown-key");
    expect(check(await sign({}), SESSION)?.kind).toBe("unknown-key");
  });
});

describe("what was changed after signing", () => {
  it.each<[string, (request: SignedRequest) => SignedRequest]>([
    ["the method", (request) => ({ ...request, method: "DELETE" })],
    ["the path", (request) => ({ ...request, path: "/clusters/other" })],
    ["the query", (request) => ({ ...request, query: "a=2" })],
    ["the body", (request) => ({ ...request, body: Buffer.from("{}") })],
    ["a signed header", (request) => withHeader(request, "host", "evil.test")],
    ["an x-amz- header, added", (request) => withHeader(request, "X-Amz-Extra", "1")],
  ])("is refused: %s", async (_what, change) => {
    expect(check(change(await sign({})))?.kind).toBe("signature-mismatch");
  });

  it("may be a header that is neither signed nor x-amz-", async () => {
    expect(check(withHeader(await sign({}), "user-agent", "proxy"))).toBeUndefined();
  });

  it("may not be the secret", async () => {
    const request = await sign({});
    const other = { ...ADMIN, secretAccessKey: "EXAMPLEKEY/other" };
    expect(check(request, other)?.kind).toBe("signature-mismatch");
  });
});

describe("the payload hash", () => {
  it("is refused as UNSIGNED-PAYLOAD, which is S3's alone", async () => {
    const headers = { ...PLAIN.headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
    expect(check(await sign({ headers, body: "x", method: "POST" }))?.kind).toBe(
      "signature-mismatch",
    );
  });
});

describe("the clock", () => {
  it("allows a header five minutes and words the refusal as the services do", async () => {
    const request = await sign({});
    expect(check(request, ADMIN, NOW + 300_000)).toBeUndefined();
    expect(check(request, ADMIN, NOW - 300_000)).toBeUndefined();
    expect(check(request, ADMIN, NOW + 301_000)).toEqual({
      kind: "clock",
      message:
        "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (20260102T030906Z - 5 min.)",
    });
    expect(check(request, ADMIN, NOW - 301_000)).toEqual({
      kind: "clock",
      message:
        "Signature not yet current: 20260102T030405Z is still later than 20260102T030404Z (20260102T025904Z + 5 min.)",
    });
  });

  it("takes only dates that exist", () => {
    expect(parseAmzDate("20260102T030405Z")).toBe(NOW);
    expect(parseAmzDate("20260230T000000Z")).toBeUndefined();
    expect(parseAmzDate("2026-01-02T03:04:05Z")).toBeUndefined();
  });
});

describe("presigned requests", () => {
  it("are good for as long as they were signed for, where the service leaves it to the signer", async () => {
    const signed = await signerFor(ADMIN, "eks", REGION).presign(
      { ...PLAIN, protocol: "https:", hostname: "eks.test", body: undefined },
      { signingDate: new Date(NOW), expiresIn: 60 },
    );
    const request = toWire({ ...signed, headers: { host: "eks.test" } }, "");
    expect(check(request, ADMIN, NOW + 60_000)).toBeUndefined();
    expect(check(request, ADMIN, NOW + 61_000)?.kind).toBe("clock");
  });
});

describe("requests that are not signed in a known form", () => {
  it.each([
    ["nothing at all", undefined, "missing-authentication"],
    ["a bearer token", "Bearer x", "incomplete-signature"],
    [
      "a credential without scope",
      "AWS4-HMAC-SHA256 Credential=A, SignedHeaders=host, Signature=x",
      "incomplete-signature",
    ],
  ])("are told what is missing: %s", (_what, authorization, kind) => {
    const date = ["x-amz-date", "20260102T030405Z"] as const;
    const headers: SignedRequest["headers"] =
      authorization === undefined ? [date] : [date, ["authorization", authorization]];
    const request = { ...toWire({ ...PLAIN, headers: {} }, ""), headers };
    expect(check(request)?.kind).toBe(kind);
  });

  it("never make the reader throw", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (authorization, query) => {
        const request = { ...toWire({ ...PLAIN, headers: { authorization } }, ""), query };
        expect(["claim", "problem"]).toContain(readClaim(request).kind);
      }),
    );
  });

  it("have a query that cannot be read when a percent escape is broken", () => {
    expect(parseQuery("a=%zz")).toBeUndefined();
    expect(parseQuery("a=%20b&c")).toEqual([
      ["a", " b"],
      ["c", ""],
    ]);
  });
});
