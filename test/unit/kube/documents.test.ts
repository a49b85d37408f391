import { describe, expect, test } from "vitest";
import { parseHealth, readHealth } from "../../../src/kube/health.ts";
import { parseSelfSubjectReview } from "../../../src/kube/self-subject-review.ts";
import { parseVersion } from "../../../src/kube/version.ts";
import { answered } from "../../support/wire-reply.ts";

describe("the body of /version", () => {
  test("gives the version and the platform, as recorded from kube-apiserver 1.20", () => {
    const recorded = `{
  "major": "1",
  "minor": "20",
  "gitVersion": "v1.20.2",
  "gitCommit": "faecb196815e248d3ecfb03c680a4507229c2a56",
  "gitTreeState": "archive",
  "buildDate": "2021-01-13T13:20:00Z",
  "goVersion": "go1.19.8",
  "compiler": "gc",
  "platform": "linux/amd64"
}`;
    const value = { gitVersion: "v1.20.2", platform: "linux/amd64" };
    expect(parseVersion(recorded)).toEqual({ kind: "known", value });
  });

  test("may lack the platform, but a version it must have", () => {
    const value = { gitVersion: "v1.31.5-eks-5d632ec", platform: undefined };
    expect(parseVersion('{"gitVersion":"v1.31.5-eks-5d632ec"}')).toEqual({ kind: "known", value });
    expect(parseVersion('{"platform":"linux/amd64"}')).toMatchObject({
      kind: "unknown",
      failure: { code: "body-unexpected-shape", phase: "body", side: "server" },
    });
    expect(parseVersion('{"gitVersion":""}')).toMatchObject({ kind: "unknown" });
    expect(parseVersion('{"gitVersion":131}')).toMatchObject({ kind: "unknown" });
  });

  test("is neither JSON nor safe just because a server sent it", () => {
    expect(parseVersion("<html>")).toMatchObject({ failure: { code: "body-invalid-json" } });
    const hostile = parseVersion(`{"gitVersion":"v1\\u001b[31m${"9".repeat(5_000)}"}`);
    expect(hostile.kind === "known" && hostile.value.gitVersion).toMatch(/^v1\uFFFD9{50,97}…$/u);
  });
});

/** The first lines and the last, as recorded from kube-apiserver 1.20. */
const READY = `[+]ping ok
[+]log ok
[+]etcd ok
[+]informer-sync ok
[+]poststarthook/start-kube-apiserver-admission-initializer ok
[+]poststarthook/rbac/bootstrap-roles ok
[+]shutdown ok
readyz check passed
`;

/** The form recorded while etcd hung. */
const NOT_READY = READY.replace("[+]etcd ok", "[-]etcd failed: reason withheld").replace(
  "passed",
  "failed",
);

describe("the text of a health check", () => {
  test("passes every check it lists", () => {
    const value = { healthy: true, checks: 7, failing: [] };
    expect(readHealth(answered(200, READY), "/readyz")).toEqual({ kind: "known", value });
  });

  test("with a 500 is a report and no failure: it names the check that fails", () => {
    const value = { healthy: false, checks: 7, failing: ["etcd"] };
    expect(readHealth(answered(500, NOT_READY), "/readyz")).toEqual({ kind: "known", value });
  });

  test("knows checks that are left out, and reasons that are given", () => {
    const text =
      "[+]ping excluded: ok\n[-]poststarthook/rbac/bootstrap-roles failed: not finished\n";
    expect(parseHealth(text)).toEqual({
      checks: 2,
      failing: ["poststarthook/rbac/bootstrap-roles"],
    });
  });

  test("is healthy without a list where the answer is a plain ok", () => {
    const value = { healthy: true, checks: 0, failing: [] };
    expect(readHealth(answered(200, "ok"), "/livez")).toEqual({ kind: "known", value });
  });

  test("is not healthy when a check of a 200 fails", () => {
    expect(readHealth(answered(200, NOT_READY), "/readyz")).toMatchObject({
      value: { healthy: false, failing: ["etcd"] },
    });
  });

  test.for([
    {
      what: "a 500 that is no report",
      status: 500,
      body: '{"kind":"Status"}',
      code: "http-status",
    },
    { what: "a 500 in which nothing fails", status: 500, body: READY, code: "http-status" },
    { what: "a 502 of something else", status: 502, body: NOT_READY, code: "http-status" },
    { what: "a 200 of something else", status: 200, body: "<html>", code: "body-unexpected-shape" },
    { what: "an empty 200", status: 200, body: "", code: "body-unexpected-shape" },
    {
      what: "a list too long to be one",
      status: 200,
      body: "[+]ping ok\n".repeat(501),
      code: "body-unexpected-shape",
    },
  ])("tells nothing as $what", ({ status, body, code }) => {
    expect(readHealth(answered(status, body), "/readyz")).toMatchObject({
      kind: "unknown",
      failure: { code, side: "server" },
    });
  });

  test("says why it may not be read", () => {
    expect(readHealth(answered(403, "{}"), "/livez")).toMatchObject({
      failure: { code: "http-status", side: "user", message: "may not read /livez (403)" },
    });
  });

  test("cannot smuggle escape sequences in by a check's name", () => {
    const hostile = parseHealth(
      `[-]etcd\u001b[31m\u202e failed: x\n[-]${"a".repeat(400)} failed\n`,
    );
    expect(hostile).toEqual({ checks: 1, failing: ["etcd\uFFFD"] });
  });
});

const REVIEW = {
  kind: "SelfSubjectReview",
  apiVersion: "authentication.k8s.io/v1",
  metadata: { creationTimestamp: null },
  status: {
    userInfo: {
      username: "lab",
      uid: "aws-iam-authenticator:111122223333:AIDAEXAMPLE",
      groups: ["viewers", "system:authenticated"],
      extra: {
        accessKeyId: ["AKIDEXAMPLE1"],
        arn: ["arn:aws:sts::111122223333:assumed-role/viewer/ci"],
        canonicalArn: ["arn:aws:iam::111122223333:role/viewer"],
      },
    },
  },
};

function reviewOf(userInfo: unknown): string {
  return JSON.stringify({ ...REVIEW, status: { userInfo } });
}

function arnOf(extra: unknown): unknown {
  const read = parseSelfSubjectReview(reviewOf({ username: "lab", extra }));
  return read.kind === "known" ? read.value.arn : read;
}

describe("a SelfSubjectReview", () => {
  test("tells who the API server takes the caller for, and nothing of the access key", () => {
    const read = parseSelfSubjectReview(JSON.stringify(REVIEW));
    expect(read).toEqual({
      kind: "known",
      value: {
        username: "lab",
        groups: ["viewers", "system:authenticated"],
        arn: "arn:aws:sts::111122223333:assumed-role/viewer/ci",
      },
    });
    expect(JSON.stringify(read)).not.toContain("AKID");
  });

  test("takes the canonical ARN where there is no other, and none from an empty list", () => {
    const role = "arn:aws:iam::111122223333:role/viewer";
    expect(arnOf({ canonicalArn: [role] })).toBe(role);
    expect(arnOf({ arn: [], canonicalArn: [role] })).toBe(role);
    expect(arnOf({ arn: [] })).toBeUndefined();
    expect(arnOf({})).toBeUndefined();
    expect(arnOf(null)).toBeUndefined();
    expect(arnOf({ arn: ["arn:\u001b[31maws"] })).toBe("arn:\uFFFDaws");
  });

  test("of a caller without groups has none, and one without a name is no answer", () => {
    expect(parseSelfSubjectReview(reviewOf({ username: "lab" }))).toEqual({
      kind: "known",
      value: { username: "lab", groups: [], arn: undefined },
    });
    expect(parseSelfSubjectReview(reviewOf({ groups: [] }))).toMatchObject({
      failure: { code: "body-unexpected-shape" },
    });
    expect(parseSelfSubjectReview(JSON.stringify({ ...REVIEW, kind: "Status" }))).toMatchObject({
      failure: { code: "body-unexpected-shape" },
    });
  });
});
