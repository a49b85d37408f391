import { describe, expect, test } from "vitest";
import { known, skipped, unknown } from "../../../../src/model/fact.ts";
import type { Failure, FailureCode } from "../../../../src/model/failure.ts";
import { notInvestigated } from "../../../../src/model/investigation.ts";
import type { Snapshot } from "../../../../src/model/snapshot.ts";
import { makeRequest } from "../../../../src/target/request.ts";
import { findingOf, makeSnapshot, pubSnapshot, reportOf } from "../../../support/snapshots.ts";
import { failureOf } from "./support.ts";

/** Nothing could be asked of AWS for that reason. */
function without(failure: Failure, change: Parameters<typeof makeSnapshot>[0] = {}): Snapshot {
  return makeSnapshot({
    token: unknown(failure),
    cluster: unknown(failure),
    enis: unknown(failure),
    ...change,
  });
}

/** Codes of what counts, apart from what is ok or skipped. */
function blamed(snapshot: Snapshot): readonly string[] {
  return reportOf(snapshot)
    .findings.filter(
      ({ status, causedBy }) => status !== "ok" && status !== "skip" && causedBy.length === 0,
    )
    .map(({ code, status }) => `${code} ${status}`);
}

const timedOut = {
  ...notInvestigated(),
  instance: unknown(
    failureOf("metadata-timeout", {
      phase: "metadata",
      side: "local",
      message: "169.254.169.254 did not answer within 1s",
    }),
  ),
};

describe("A01 token", () => {
  test.each<FailureCode>(["no-credentials", "credentials-expired", "credentials-invalid"])(
    "%s is told once, by A01, and the cluster that could not be asked for is its symptom",
    (code) => {
      const snapshot = without(failureOf(code, { phase: "describe-cluster" }));
      expect(blamed(snapshot)).toEqual(["A01 unknown"]);
      expect(findingOf(snapshot, "C01")).toMatchObject({ status: "unknown", causedBy: ["A01"] });
      expect(findingOf(snapshot, "C02").summary).toBe("for the same reason as A01");
      expect(reportOf(snapshot).verdict.exitCode).toBe(3);
    },
  );

  test("keys that only AWS finds wrong are told too, though a token could be signed with them", () => {
    const failure = failureOf("credentials-expired", { phase: "describe-cluster" });
    const snapshot = without(failure, { token: known({ expiresAt: "2023-04-21T15:55:31Z" }) });
    expect(blamed(snapshot)).toEqual(["A01 unknown"]);
    expect(findingOf(snapshot, "A01").summary).toBe("said credentials-expired");
  });

  test("a call that is denied is about the call: C01 stays, and A01 is fine", () => {
    const failure = failureOf("access-denied", { phase: "describe-cluster" });
    const snapshot = makeSnapshot({ cluster: unknown(failure) });
    expect(blamed(snapshot)).toContain("C01 unknown");
    expect(findingOf(snapshot, "A01").status).toBe("ok");
  });

  test("a token that could not be signed explains no call that failed for a reason of its own", () => {
    const snapshot = makeSnapshot({
      token: unknown(failureOf("aws-error", { phase: "sign" })),
      cluster: unknown(failureOf("access-denied", { phase: "describe-cluster" })),
    });
    expect(findingOf(snapshot, "C01").causedBy).toEqual([]);
    expect(findingOf(snapshot, "A01").summary).toBe("no token: said aws-error");
  });

  test("a run without a token on purpose is skipped, and A02 with it", () => {
    const snapshot = pubSnapshot({ token: skipped("--anonymous sends none") });
    expect(findingOf(snapshot, "A01").status).toBe("skip");
  });

  test("without a token the checks of what it is answered name it", () => {
    const snapshot = pubSnapshot({ token: unknown(failureOf("no-credentials")) });
    expect(findingOf(snapshot, "A02")).toMatchObject({ status: "skip", blockedBy: ["A01"] });
  });
});

describe("A06 role", () => {
  test.each([
    ["access-denied", undefined, "trust policy"],
    ["credentials-expired", "ExpiredToken", "renew them first"],
    ["credentials-invalid", "InvalidClientTokenId", "renew them first"],
    ["aws-unreachable", "ETIMEDOUT", "interface endpoint"],
  ] as const)(
    "%s on the way to the credentials is the role's, A01 and C01 its symptoms",
    (code, cause, step) => {
      const snapshot = without(failureOf(code, cause === undefined ? {} : { cause }));
      expect(blamed(snapshot)).toEqual(["A06 unknown"]);
      const finding = findingOf(snapshot, "A06");
      expect(finding.summary).toBe(`the role could not be assumed: said ${code}`);
      expect(finding.next).toContain(step);
      expect(findingOf(snapshot, "A01").causedBy).toEqual(["A06"]);
      expect(findingOf(snapshot, "C01").causedBy).toEqual(["A01"]);
      expect(reportOf(snapshot).verdict.exitCode).toBe(3);
    },
  );

  test("no credentials to begin with, or a sign-in session that is over, are A01's to tell", () => {
    for (const failure of [
      failureOf("no-credentials"),
      failureOf("credentials-expired", { message: "the sign-in session has expired" }),
    ]) {
      expect(blamed(without(failure))).toEqual(["A01 unknown"]);
      expect(findingOf(without(failure), "A06").status).toBe("skip");
    }
  });

  test("the same code from the call for the cluster is not about a role", () => {
    const failure = failureOf("access-denied", { phase: "describe-cluster" });
    expect(
      findingOf(makeSnapshot({ cluster: unknown(failure), token: skipped("none") }), "A06").status,
    ).toBe("skip");
    expect(findingOf(pubSnapshot(), "A06").status).toBe("ok");
  });
});

describe("A07 size", () => {
  const long = failureOf("token-too-large", {
    phase: "sign",
    message: "the token has 4312 bytes, API servers take 4096: the session token is too long",
  });

  test("a token that is too long fails, and that there is none is its symptom", () => {
    const snapshot = pubSnapshot({ token: unknown(long), observations: [] });
    expect(findingOf(snapshot, "A07")).toMatchObject({
      status: "fail",
      summary: long.message,
      side: "user",
    });
    expect(findingOf(snapshot, "A01").causedBy).toEqual(["A07"]);
    expect(findingOf(snapshot, "C01")).toMatchObject({ status: "ok", causedBy: [] });
  });

  test("a token that could not be signed for another reason says nothing of its length", () => {
    const snapshot = pubSnapshot({ token: unknown(failureOf("no-credentials")) });
    expect(findingOf(snapshot, "A07").status).toBe("skip");
    expect(findingOf(snapshot, "A01").causedBy).toEqual([]);
    expect(findingOf(pubSnapshot(), "A07").status).toBe("ok");
    expect(findingOf(pubSnapshot({ token: skipped("none") }), "A07").status).toBe("skip");
  });
});

describe("A13 metadata service", () => {
  const lost = failureOf("no-credentials");

  test("silent, and no credentials from elsewhere: the hop limit, and A01 is its symptom", () => {
    const snapshot = without(lost, { investigation: timedOut });
    expect(blamed(snapshot)).toEqual(["A13 unknown"]);
    const finding = findingOf(snapshot, "A13");
    expect(finding.details[0]).toBe("169.254.169.254 did not answer within 1s");
    expect(finding.next).toContain("--http-put-response-hop-limit 2");
    expect(findingOf(snapshot, "A01").causedBy).toEqual(["A13"]);
    expect(reportOf(snapshot).verdict.exitCode).toBe(3);
  });

  test("silent where the credentials are from elsewhere is no trouble at all", () => {
    expect(findingOf(pubSnapshot({ investigation: timedOut }), "A13").status).toBe("skip");
    const denied = without(failureOf("access-denied"), { investigation: timedOut });
    expect(findingOf(denied, "A13").status).toBe("skip");
  });

  test("no such service, or one that answers, leaves A01 the cause", () => {
    const none = {
      ...notInvestigated(),
      instance: unknown(failureOf("metadata-unreachable", { phase: "metadata" })),
    };
    const instance = known({
      instanceId: "i-0123456789abcdef0",
      region: "ap-northeast-2",
      privateIp: "10.0.105.163",
      publicIp: undefined,
      vpcId: "vpc-0a",
      subnetId: "subnet-0a",
      securityGroupIds: [],
    });
    const there = { ...notInvestigated(), instance };
    expect(findingOf(without(lost, { investigation: none }), "A13").status).toBe("skip");
    expect(findingOf(without(lost, { investigation: there }), "A13")).toMatchObject({
      status: "ok",
      summary: "it answers: i-0123456789abcdef0",
    });
    expect(blamed(without(lost, { investigation: none }))).toEqual(["A01 unknown"]);
    expect(findingOf(pubSnapshot(), "A13").status).toBe("skip");
  });
});

test("an anonymous run still needs credentials to ask for the cluster, and A01 says so", () => {
  const request = makeRequest("gonz-eks-pub", { anonymous: true });
  const failure = failureOf("no-credentials", { phase: "describe-cluster" });
  const snapshot = without(failure, { request, token: skipped("--anonymous signs no token") });
  expect(blamed(snapshot)).toEqual(["A01 unknown"]);
});
