import { expect, test } from "vitest";
import { classifyHttp, classifyTcp, classifyTls } from "../../../../src/net/attempt/failure.ts";

const withCode = (code: string): Error => Object.assign(new Error("text is never read"), { code });

test.for([
  ["ETIMEDOUT", "tcp-timeout", "network"],
  ["EHOSTUNREACH", "tcp-unreachable", "network"],
  ["ENETUNREACH", "tcp-unreachable", "network"],
  ["EADDRNOTAVAIL", "tcp-unreachable", "local"],
  ["ECONNRESET", "tcp-reset", "network"],
  ["EMFILE", "tcp-local", "local"],
  ["EACCES", "tcp-local", "local"],
  ["ENEW", "tcp-unreachable", "network"],
] as const)("%s before the connection means %s, for %s to mend", ([cause, code, side]) => {
  const failure = { code, side, phase: "tcp", cause };
  expect(classifyTcp(withCode(cause), "10.0.0.1:443")).toMatchObject(failure);
  const wrapped = new AggregateError([new Error("outer", { cause: withCode(cause) })]);
  expect(classifyTcp(wrapped, "10.0.0.1:443")).toMatchObject(failure);
});

test("an error that nobody knows is still a failure of its phase", () => {
  for (const error of [undefined, null, 7, {}, new Error("?")]) {
    expect(classifyTls(error, "10.0.0.1:443")).toMatchObject({ code: "tls-error" });
    expect(classifyHttp(error, "body", "10.0.0.1:443")).toMatchObject({ code: "http-protocol" });
  }
});

test("an error that is its own cause is read to its end", () => {
  const error: Error = withCode("EPIPE");
  error.cause = error;
  expect(classifyTls(error, "10.0.0.1:443")).toMatchObject({ code: "tls-reset" });
});
