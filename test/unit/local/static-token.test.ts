import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { signedAt } from "../../../src/local/static-token.ts";

/** A token's form, without a signature that was ever good. */
function token(query: string): string {
  const url = `https://sts.ap-northeast-2.amazonaws.com/?${query}`;
  return `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`;
}

describe("when a static token was signed", () => {
  test("is its X-Amz-Date", () => {
    expect(signedAt(token("Action=GetCallerIdentity&X-Amz-Date=20230421T153417Z"))).toBe(
      "2023-04-21T15:34:17.000Z",
    );
    expect(signedAt(`${token("X-Amz-Date=20230421T153417Z")}\n`)).toBe("2023-04-21T15:34:17.000Z");
  });

  test.each([
    ["a token of another kind", "eyJhbGciOi.EXAMPLE.EXAMPLE"],
    ["a token without a date", token("Action=GetCallerIdentity")],
    ["a date of another form", token("X-Amz-Date=2023-04-21")],
    ["a date that is none", token("X-Amz-Date=20231399T153417Z")],
    ["what is inside no URL", "k8s-aws-v1.EXAMPLE"],
    ["nothing", ""],
    ["a token without end", token(`X-Amz-Date=20230421T153417Z&x=${"y".repeat(20_000)}`)],
  ])("is not told by %s", (_, text) => {
    expect(signedAt(text)).toBeUndefined();
  });

  test("is asked of anything without an error", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => [signedAt(text), signedAt(`k8s-aws-v1.${text}`)]).not.toThrow();
      }),
    );
  });
});
