import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classifyAwsError } from "../../../src/aws/errors.ts";

const WHAT = { action: "eks:DescribeCluster", phase: "describe-cluster" } as const;

function named(name: string, more: object = {}): Error {
  return Object.assign(new Error("text"), { name, ...more });
}

describe("classifyAwsError", () => {
  test.each<[unknown, string, string]>([
    [named("CredentialsProviderError"), "no-credentials", "user"],
    [named("ExpiredToken", { $fault: "client" }), "credentials-expired", "user"],
    [named("SignatureDoesNotMatch", { $fault: "client" }), "credentials-invalid", "user"],
    [named("AccessDeniedException", { $fault: "client" }), "access-denied", "user"],
    [named("UnauthorizedOperation", { $fault: "client" }), "access-denied", "user"],
    [named("Throttling", { $fault: "client" }), "throttled", "aws"],
    [
      named("Strange", { $fault: "client", $metadata: { httpStatusCode: 429 } }),
      "throttled",
      "aws",
    ],
    [named("Error", { code: "ENOTFOUND", hostname: "eks.nowhere" }), "aws-unreachable", "network"],
    [named("Error", { code: "CERT_HAS_EXPIRED" }), "aws-unreachable", "network"],
    [named("TimeoutError"), "aws-unreachable", "network"],
    [named("SyntaxError", { $response: {} }), "aws-answer-invalid", "aws"],
    [named("TypeError", { $response: {} }), "aws-answer-invalid", "aws"],
    [named("ServerException", { $fault: "server" }), "aws-error", "aws"],
    [named("EndpointError"), "aws-error", "user"],
    [named("TypeError"), "aws-error", "local"],
    ["a string", "aws-error", "aws"],
    [undefined, "aws-error", "aws"],
  ])("%s is %s", (error, code, side) => {
    expect(classifyAwsError(error, WHAT)).toMatchObject({ code, side, phase: WHAT.phase });
  });

  test("looks through causes and aggregates for the first code that says something", () => {
    const refused = named("Error", { code: "ECONNREFUSED", address: "127.0.0.1" });
    const wrapped = new Error("outer", { cause: new AggregateError([new Error("x"), refused]) });
    expect(classifyAwsError(wrapped, WHAT)).toEqual({
      code: "aws-unreachable",
      phase: "describe-cluster",
      side: "network",
      message: "eks:DescribeCluster: 127.0.0.1 could not be reached (ECONNREFUSED)",
      cause: "ECONNREFUSED",
    });
  });

  test("ends on an error that is its own cause", () => {
    const error = new Error("loop");
    error.cause = error;
    expect(classifyAwsError(error, WHAT).code).toBe("aws-error");
  });

  test("never goes by the text", () => {
    const error = Object.assign(new Error("AccessDenied: Throttling ExpiredToken ENOTFOUND"), {
      name: "ServerException",
      $fault: "server",
    });
    expect(classifyAwsError(error, WHAT).code).toBe("aws-error");
  });

  test("passes a service's words on redacted, in one line, and cut", () => {
    const secret = "aB3+".repeat(10);
    const error = Object.assign(new Error(`key\u001b[31m ${secret}\n${"word ".repeat(200)}`), {
      name: "ServerException",
      $fault: "server",
    });
    const { message } = classifyAwsError(error, WHAT);
    expect(message).not.toContain("aB3+");
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message.length).toBeLessThan(360);
  });

  test("never throws and always gives one line, whatever was thrown", () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        const { message } = classifyAwsError(thrown, WHAT);
        expect(message).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});
