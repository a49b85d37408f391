import { describe, expect, test } from "vitest";
import { isEksEndpoint } from "../../../../src/checks/tls/refused.ts";
import { known, unknown } from "../../../../src/model/fact.ts";
import type { Failure, FailureCode } from "../../../../src/model/failure.ts";
import type { Certificate, Observation } from "../../../../src/model/observation.ts";
import type { Snapshot } from "../../../../src/model/snapshot.ts";
import { makeRequest } from "../../../../src/target/request.ts";
import {
  failedAt,
  findingOf,
  HTTP_200,
  makeLeaf,
  named,
  PUB_HOST,
  PUB_ONE,
  PUB_TWO,
  pubSnapshot,
  reportOf,
  seen,
} from "../../../support/snapshots.ts";

const VIP = "43.200.53.253";
const VIP_2 = "52.79.39.107";
const OTHER_HOST = "f14ded698ce1583e19d28678b846c0cd.yl4.ap-northeast-2.eks.amazonaws.com";

/** A probe whose certificate was refused for that reason. */
function refused(
  ip: string,
  code: FailureCode,
  leaf: Partial<Certificate> = {},
  more: Partial<Observation> = {},
): Observation {
  const base = seen(ip, PUB_ONE);
  const failure: Failure = { code, phase: "tls", side: "network", message: `said ${code}` };
  return {
    ...base,
    tls: base.tls && {
      ...base.tls,
      leaf: makeLeaf(PUB_ONE, PUB_HOST, leaf),
      verification: { kind: "refused", failure },
    },
    http: undefined,
    identity: undefined,
    token: "withheld-unverified",
    failure,
    ...more,
  };
}

function withOne(first: Observation, change: Parameters<typeof pubSnapshot>[0] = {}): Snapshot {
  return pubSnapshot({ observations: [first, seen(VIP_2, PUB_TWO)], ...change });
}

const CORP = "CN=Example Corp Inspection CA, O=Example";
const inspected = refused(VIP, "tls-untrusted", { issuer: CORP });
const foreign = refused(VIP, "tls-untrusted", { dnsNames: ["kubernetes", OTHER_HOST] });

describe("T04 inspection", () => {
  test("an issuer that no cluster has, for the endpoint's name, is inspection, and T01 its symptom", () => {
    const snapshot = withOne(inspected);
    const finding = findingOf(snapshot, "T04");
    expect(finding).toMatchObject({
      status: "fail",
      summary: `something in between inspects TLS: ${CORP} signs for the endpoint`,
      addresses: [`${VIP}:443`],
      causedBy: [],
    });
    expect(finding.next).toContain("leave the endpoint out of TLS inspection");
    expect(findingOf(snapshot, "T01")).toMatchObject({ status: "fail", causedBy: ["T04"] });
    expect(findingOf(snapshot, "T05").status).toBe("ok");
  });

  test("a certificate of something else altogether is told apart from inspection", () => {
    const traefik = refused(VIP, "tls-untrusted", {
      subject: "CN=TRAEFIK DEFAULT CERT",
      issuer: "CN=TRAEFIK DEFAULT CERT",
      dnsNames: ["0123456789abcdef.traefik.default"],
      ipAddresses: [],
    });
    const finding = findingOf(withOne(traefik), "T04");
    expect(finding.summary).toBe(
      "something else than an API server ends TLS: CN=TRAEFIK DEFAULT CERT of CN=TRAEFIK DEFAULT CERT",
    );
    expect(finding.next).toContain("tunnel");
  });

  test("the issuer that every cluster has is no inspection, though the certificate is refused", () => {
    expect(findingOf(withOne(refused(VIP, "tls-untrusted")), "T04").status).toBe("ok");
    expect(findingOf(pubSnapshot(), "T04").status).toBe("ok");
  });

  test("accounts for its own addresses only: another reason elsewhere leaves T01 a failure of its own", () => {
    const snapshot = withOne(inspected, {
      observations: [inspected, refused(VIP_2, "tls-name-mismatch")],
    });
    expect(findingOf(snapshot, "T01").causedBy).toEqual([]);
  });

  test("is a warning with --insecure, and skipped without a certificate", () => {
    const request = makeRequest("gonz-eks-pub", { insecure: true });
    expect(findingOf(withOne(inspected, { request }), "T04").status).toBe("warn");
    expect(findingOf(pubSnapshot({ observations: [failedAt(VIP)] }), "T04").status).toBe("skip");
  });
});

describe("T05 whose certificate", () => {
  test("one that names another endpoint is another cluster's, and T01 its symptom", () => {
    const snapshot = withOne(foreign);
    expect(findingOf(snapshot, "T05")).toMatchObject({
      status: "fail",
      summary: `another cluster answers at ${VIP}: its certificate is not of this cluster's CA`,
      details: [`${VIP}: names ${OTHER_HOST}`],
    });
    expect(findingOf(snapshot, "T01").causedBy).toEqual(["T05"]);
  });

  test.each([
    ["of an IPv6 cluster", "eks-cluster.eu-west-1.api.aws"],
    ["in China", "a.yl4.cn-north-1.eks.amazonaws.com.cn"],
  ])("an endpoint %s counts as one too, whoever signed for it", (_what, host) => {
    const other = refused(VIP, "tls-untrusted", { issuer: CORP, dnsNames: [host] });
    expect(findingOf(withOne(other), "T05").status).toBe("fail");
    expect(findingOf(withOne(other), "T04").status).toBe("ok");
  });

  test("a cluster's issuer with another key is another cluster's, or the CA given is an old one", () => {
    const finding = findingOf(withOne(refused(VIP, "tls-untrusted")), "T05");
    expect(finding.details).toEqual([
      `${VIP}: issued by CN=kubernetes, as every cluster's, but by another CA`,
    ]);
  });

  test("says where EC2 has no ENI of the cluster at a private address", () => {
    const stray = "10.0.77.7";
    const change = { resolutions: [named([stray, VIP_2])] };
    const snapshot = withOne(refused(stray, "tls-untrusted"), change);
    expect(findingOf(snapshot, "T05").details[0]).toContain("EC2 has no ENI of this cluster there");
    const failure: Failure = {
      code: "access-denied",
      phase: "describe-enis",
      side: "user",
      message: "denied",
    };
    const denied = withOne(refused(stray, "tls-untrusted"), { ...change, enis: unknown(failure) });
    expect(findingOf(denied, "T05").details[0]).not.toContain("EC2");
  });

  test("one that merely lacks the name, or has expired, is still this cluster's", () => {
    expect(findingOf(withOne(refused(VIP, "tls-expired")), "T05").status).toBe("ok");
    const nameless = refused(VIP, "tls-name-mismatch", { dnsNames: ["kubernetes"] });
    expect(findingOf(withOne(nameless), "T05").status).toBe("ok");
  });
});

const ENDED = { notBefore: "2022-04-01T00:00:00.000Z", notAfter: "2023-04-01T00:00:00.000Z" };

describe("T06 validity", () => {
  test("where another server's certificate is good by this clock, the expired one is overdue", () => {
    const snapshot = withOne(refused(VIP, "tls-expired", ENDED));
    expect(findingOf(snapshot, "T06")).toMatchObject({
      status: "fail",
      summary: "the certificate is expired, and this host's clock is not to blame",
      side: "aws",
      details: [`${VIP}: good from 2022-04-01 00:00:00Z to 2023-04-01 00:00:00Z`],
    });
    expect(findingOf(snapshot, "T01").causedBy).toEqual(["T06"]);
  });

  test("where none is good and none tells the time, the clock is the likelier culprit", () => {
    const observations = [refused(VIP, "tls-not-yet-valid"), refused(VIP_2, "tls-not-yet-valid")];
    const finding = findingOf(pubSnapshot({ observations }), "T06");
    expect(finding.summary).toBe(
      "every certificate is not yet valid by this clock, which is more likely wrong than all of them",
    );
    expect([finding.side, finding.next?.startsWith("date -u")]).toEqual(["local", true]);
  });

  test("where it is good by the servers' time, this clock is wrong, and A03 the first cause", () => {
    const request = makeRequest("gonz-eks-pub", { insecure: true });
    const day = 86_400_000;
    const snapshot = pubSnapshot({
      request,
      startedAt: "2023-04-10T00:00:00.000Z",
      observations: [
        refused(VIP, "tls-not-yet-valid", {}, { http: { ...HTTP_200, clockSkewMs: 11 * day } }),
      ],
    });
    expect(findingOf(snapshot, "T06")).toMatchObject({
      status: "warn",
      summary: "this host's clock is wrong: by the servers' time the certificates are good",
      causedBy: ["A03"],
    });
    expect(findingOf(snapshot, "T01").causedBy).toEqual(["T06"]);
    expect(findingOf(snapshot, "A03").causedBy).toEqual([]);
  });

  test("where the clocks agree it is overdue, and A03 has nothing to do with it", () => {
    const request = makeRequest("gonz-eks-pub", { insecure: true });
    const observations = [refused(VIP, "tls-expired", ENDED, { http: HTTP_200 })];
    const finding = findingOf(pubSnapshot({ request, observations }), "T06");
    expect([finding.side, finding.causedBy]).toEqual(["aws", []]);
  });

  test("a certificate refused for another reason is within its dates", () => {
    expect(findingOf(withOne(inspected), "T06").status).toBe("ok");
    expect(findingOf(pubSnapshot({ observations: [failedAt(VIP)] }), "T06").status).toBe("skip");
  });
});

describe("T02 expiry", () => {
  const at = { startedAt: "2024-02-17T04:15:37.000Z" };

  test("goes by the number of days that the user expects, and says which", () => {
    expect(findingOf(pubSnapshot(at), "T02").status).toBe("ok");
    expect(findingOf(pubSnapshot(at), "T02", { certificateDays: 59 }).status).toBe("ok");
    const finding = findingOf(pubSnapshot(at), "T02", { certificateDays: 60 });
    expect(finding).toMatchObject({ status: "warn", details: ["at least 60 days are expected"] });
  });

  test("its title promises no number", () => {
    expect(findingOf(pubSnapshot(), "T02").title).not.toMatch(/\d/);
  });
});

test("each reason a certificate is refused for leaves one failure that counts, and one cause", () => {
  for (const [observation, cause] of [
    [inspected, "T04"],
    [foreign, "T05"],
    [refused(VIP, "tls-expired", ENDED), "T06"],
  ] as const) {
    const { findings, verdict } = reportOf(withOne(observation, { enis: known([]) }));
    const failed = findings.filter(
      ({ status, causedBy }) => status === "fail" && causedBy.length === 0,
    );
    expect(failed.map(({ code }) => code)).toEqual([cause]);
    expect(verdict.exitCode).toBe(1);
  }
});

test.each([
  "0123abcd.gr7.us-gov-west-1.eks.amazonaws.com",
  "0123abcd.yl4.cn-north-1.eks.amazonaws.com.cn",
  "0123abcd.yl4.us-iso-east-1.eks.c2s.ic.gov",
  "0123abcd.yl4.eusc-de-east-1.eks.amazonaws.eu",
  "0123abcd.eks-cluster.us-west-2.api.aws",
])("%s is an endpoint of EKS, in whatever partition", (host) => {
  expect(isEksEndpoint(host)).toBe(true);
  expect(isEksEndpoint(`${host}.example`)).toBe(false);
  expect(isEksEndpoint(host.replaceAll(".", "x"))).toBe(false);
});
