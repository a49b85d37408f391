import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redact, redactName } from "../../../src/model/redact.ts";

const upper = fc.constantFrom(...Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"));
const hex = fc.constantFrom(...Array.from("0123456789abcdef"));
const base64 = fc.constantFrom(
  ...Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
);
const base64url = fc.constantFrom(...Array.from("ABCXYZabcxyz0123456789-_"));

function run(unit: fc.Arbitrary<string>, min: number, max: number): fc.Arbitrary<string> {
  return fc.string({ unit, minLength: min, maxLength: max });
}

const secrets = fc.oneof(
  run(upper, 16, 16).map((id) => `ASIA${id}`),
  run(hex, 64, 64),
  run(base64, 40, 900),
  run(base64url, 20, 400).map((body) => `k8s-aws-v1.${body}`),
);

describe("redact", () => {
  test("leaves no secret in any text around it", () => {
    fc.assert(
      fc.property(fc.lorem(), secrets, fc.lorem(), (before, secret, after) => {
        const clean = redact(`${before} "${secret}", ${after}`);
        expect(clean).not.toContain(secret);
        expect(clean).not.toContain(secret.slice(0, 30));
      }),
    );
  });

  test("leaves no value of a parameter whose name promises a secret", () => {
    const names = fc.constantFrom(
      "X-Amz-Signature",
      "X-Amz-Security-Token",
      "X-Amz-Credential",
      "aws_secret_access_key",
      "password",
    );
    fc.assert(
      fc.property(names, run(base64url, 6, 30), (name, value) => {
        expect(redact(`https://sts/?a=1&${name}=${value}&z=2`)).not.toContain(value);
      }),
    );
  });

  test("is done after once", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), secrets), (text) => {
        expect(redact(redact(text))).toBe(redact(text));
      }),
    );
  });

  test.each([
    "User is not authorized to perform eks:DescribeCluster on arn:aws:eks:eu-west-1:111122223333:cluster/demo",
    "1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com did not answer",
    "request 3f0c1b2a-7d54-4b1c-9a46-0a1b2c3d4e5f failed",
    "the signature was refused",
  ])("leaves ordinary text alone: %s", (text) => {
    expect(redact(text)).toBe(text);
  });

  test("takes a bearer token out of a header", () => {
    expect(redact("Authorization: Bearer abc.def")).not.toContain("abc.def");
  });
});

describe("of a name out of the user's own file", () => {
  test.each([
    "k8s-aws-v1.aHR0cHM6Ly9zdHMu",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl",
    `AKIA${"Q".repeat(16)}`,
  ])("a token or a key id in its place is not told: %s", (secret) => {
    expect(redactName(`a ${secret} b`)).toMatch(/^a \[(?:token|key id)\] b$/);
  });

  test.each([
    "arn:aws:eks:ap-northeast-2:111122223333:cluster/gonz-eks-pub",
    "gke_a-project-with-a-very-long-name_europe-west1-b_a-cluster-with-a-longer-one",
    // Begins like a key id, and is too long for one.
    `AKIA${"PRODUCTION".repeat(3)}`,
    "/opt/tools/eyJ.sh",
  ])("nothing else is lost, however long: %s", (name) => {
    expect(redactName(name)).toBe(name);
  });
});
