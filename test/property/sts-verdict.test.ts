import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readVerdict } from "../../src/aws/evidence/sts-verdict.ts";

const status = fc.oneof(
  fc.constantFrom(200, 302, 400, 403, 429, 500),
  fc.integer({ min: 200, max: 599 }),
);

/** Bodies that get past the first look, with anything inside. */
const body = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.json(),
  fc
    .tuple(fc.anything(), fc.anything())
    .map(([Code, Message]) => JSON.stringify({ Error: { Code, Message } }) ?? ""),
  fc.tuple(fc.anything(), fc.anything()).map(
    ([Arn, Account]) =>
      JSON.stringify({
        GetCallerIdentityResponse: { GetCallerIdentityResult: { Arn, Account } },
      }) ?? "",
  ),
  fc
    .tuple(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }))
    .map(
      ([code, message]) =>
        `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
    ),
  fc
    .string({ unit: "binary" })
    .map((arn) => `<GetCallerIdentityResponse><Arn>${arn}</Arn></GetCallerIdentityResponse>`),
);

test("whatever STS answers is a verdict or a reason, on one line that a terminal can show", () => {
  fc.assert(
    fc.property(status, body, (code, text) => {
      const fact = readVerdict({ status: code, body: text }, "sts.example");
      const shown = JSON.stringify(fact);
      expect(shown).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]|\\u00|\\[nrtbf]/u);
      expect(shown.length).toBeLessThan(1200);
      if (fact.kind !== "known") return;
      expect(fact.value.kind).toBe(code === 200 ? "accepted" : "refused");
    }),
    { numRuns: 500 },
  );
});
