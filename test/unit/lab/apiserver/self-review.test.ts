import { describe, expect, it } from "vitest";
import type { Answer } from "../../../../src/lab/apiserver/answers.ts";
import type { Requester } from "../../../../src/lab/apiserver/authenticate.ts";
import { type ApiRequest, answerRequest } from "../../../../src/lab/apiserver/router.ts";
import { FIELD_CLUSTER } from "../../../support/lab-servers.ts";

const PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const REVIEW = '{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1"}';
const NOW_MS = Date.UTC(2026, 10, 22, 8, 27, 9, 900);

const USER: Requester = {
  kind: "user",
  name: "lab",
  groups: ["viewers"],
  uid: "aws-iam-authenticator:111122223333:AIDALAB1",
  extra: { arn: ["arn:aws:iam::111122223333:user/lab"], sessionName: [""] },
};
const ADMIN: Requester = { kind: "user", name: "boss", groups: ["system:masters"] };
const ANON: Requester = { kind: "anonymous" };

const [server] = FIELD_CLUSTER.servers;
if (server === undefined) throw new Error("the cluster has servers");
const SKEWED = { ...server, clockSkewSeconds: 300 };

function review(requester: Requester, more: Partial<ApiRequest> = {}, version = "1.28"): Answer {
  const request = {
    method: "POST",
    path: PATH,
    query: "",
    accept: undefined,
    forwardedFor: undefined,
    remoteIp: "127.0.0.1",
    contentType: "application/json",
    body: REVIEW,
    ...more,
  };
  const cluster = { ...FIELD_CLUSTER, version };
  return answerRequest(request, requester, {
    cluster,
    server: SKEWED,
    startedAtMs: NOW_MS,
    nowMs: NOW_MS,
  });
}

const statuses = (version: string): readonly number[] =>
  [USER, ADMIN].map((requester) => review(requester, {}, version).status);

describe("a SelfSubjectReview", () => {
  it("says who the authenticator says the caller is, authenticated, at the server's time", () => {
    const answer = review(USER);
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.body)).toEqual({
      kind: "SelfSubjectReview",
      apiVersion: "authentication.k8s.io/v1",
      metadata: { creationTimestamp: "2026-11-22T08:32:09Z" },
      status: {
        userInfo: {
          username: "lab",
          uid: "aws-iam-authenticator:111122223333:AIDALAB1",
          groups: ["viewers", "system:authenticated"],
          extra: { arn: ["arn:aws:iam::111122223333:user/lab"], sessionName: [""] },
        },
      },
    });
  });

  it("needs no role, but credentials", () => {
    expect(review(ADMIN).status).toBe(201);
    expect(review({ kind: "denied" }).status).toBe(401);
    expect(review(ANON, {}, "1.32").status).toBe(401);
    const refused = review(ANON);
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.body)).toMatchObject({
      message:
        'selfsubjectreviews.authentication.k8s.io is forbidden: User "system:anonymous" cannot create resource "selfsubjectreviews" in API group "authentication.k8s.io" at the cluster scope',
      details: { group: "authentication.k8s.io", kind: "selfsubjectreviews" },
    });
  });

  it("is not there below 1.28, and below 1.27 there is no role for it either", () => {
    expect(statuses("1.28")).toEqual([201, 201]);
    expect(statuses("1.27")).toEqual([404, 404]);
    expect(statuses("1.25")).toEqual([403, 404]);
  });

  it("can only be created, at this version and with no name", () => {
    expect(review(USER, { method: "GET" }).status).toBe(403);
    expect(review(ADMIN, { method: "GET" }).status).toBe(405);
    expect(review(ADMIN, { path: PATH.replace("v1", "v1beta1") }).status).toBe(404);
    expect(review(ADMIN, { path: `${PATH}/x` }).status).toBe(404);
  });

  it("takes an object that does not say what it is, and none that is something else", () => {
    expect(review(USER, { body: "{}", contentType: undefined }).status).toBe(201);
    for (const body of ["", "[]", "null", "{", REVIEW.replace("Self", ""), '{"apiVersion":"v1"}']) {
      expect(review(USER, { body }).status).toBe(400);
    }
    const contentType = "application/json; charset=utf-8";
    expect(review(USER, { contentType }).status).toBe(201);
    expect(review(USER, { contentType: "text/plain" }).status).toBe(415);
    expect(review(USER, { body: undefined }).status).toBe(413);
  });

  it("comes as YAML when asked, and not as what the server lacks", () => {
    const yaml = review(USER, { accept: "application/yaml" });
    expect(yaml).toMatchObject({ status: 201, contentType: "application/yaml" });
    expect(yaml.body).toContain("    username: lab\n");
    expect(review(USER, { accept: "text/html" }).status).toBe(406);
  });
});
