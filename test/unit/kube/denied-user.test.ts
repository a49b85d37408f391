import { describe, expect, test } from "vitest";
import { readDeniedUser } from "../../../src/kube/denied-user.ts";

function status(message: string, change: Readonly<Record<string, unknown>> = {}): string {
  const fields = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "Forbidden" };
  return JSON.stringify({ ...fields, message, code: 403, ...change });
}

const ANONYMOUS = 'forbidden: User "system:anonymous" cannot get path "/api"';

describe("whom a 403 refuses", () => {
  test.each([
    [ANONYMOUS, "system:anonymous"],
    [
      'pods is forbidden: User "system:node:ip-10-0-1-2" cannot list resource "pods" in API group "" at the cluster scope',
      "system:node:ip-10-0-1-2",
    ],
    ['forbidden: User "a \\"quoted\\" name" cannot get path "/api"', 'a "quoted" name'],
    [
      'forbidden: User "arn:aws:sts::111122223333:assumed-role/ci/run" cannot get path "/api"',
      "arn:aws:sts::111122223333:assumed-role/ci/run",
    ],
  ])("is read from %s", (message, user) => {
    expect(readDeniedUser(status(message))).toBe(user);
  });

  test.each([
    ["a proxy's page", '<html>User "system:anonymous" cannot pass</html>'],
    ["JSON that is no Status", JSON.stringify({ message: ANONYMOUS, code: 403 })],
    ["a Status of another code", status(ANONYMOUS, { code: 401 })],
    ["a Status whose message names nobody", status("forbidden")],
    ["an empty name", status('forbidden: User "" cannot get path "/api"')],
    ["a message that is no text", status("", { message: 3 })],
    ["a message that no API server writes", status(`${"x".repeat(5_000)} ${ANONYMOUS}`)],
    ["nothing", ""],
    ["null", "null"],
  ])("is not read from %s", (_, body) => {
    expect(readDeniedUser(body)).toBeUndefined();
  });

  test("is made safe to print, and short", () => {
    const user = `\u001b[31m${"r".repeat(300)}`;
    const read = readDeniedUser(status(`forbidden: User ${JSON.stringify(user)} cannot get path`));
    expect(read).toMatch(/^\P{Cc}{200}$/u);
  });
});
