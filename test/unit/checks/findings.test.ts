import { describe, expect, test } from "vitest";
import { CHECKS } from "../../../src/checks/table.ts";
import { known, skipped, unknown } from "../../../src/model/fact.ts";
import type { Failure, FailureCode } from "../../../src/model/failure.ts";
import type { Finding } from "../../../src/model/finding.ts";
import type { Observation } from "../../../src/model/observation.ts";
import type { Resolution, ResolverRef } from "../../../src/model/resolution.ts";
import { makeRequest } from "../../../src/target/request.ts";
import {
  answered,
  bothSnapshot,
  failedAt,
  findingOf,
  HTTP_200,
  makeCluster,
  makeEni,
  makeLeaf,
  makeSnapshot,
  named,
  PUB_ENIS,
  PUB_HOST,
  PUB_ONE,
  PUB_TWO,
  pubSnapshot,
  reportOf,
  sampled,
  seen,
} from "../../support/snapshots.ts";

const VIP = "43.200.53.253";
const VIP_2 = "52.79.39.107";
const V6 = "2600:1f16::1";
const ELSEWHERE: ResolverRef = { kind: "server", ip: "1.1.1.1", port: 53, system: false };
const SYSTEM_LOOKUP: Partial<Resolution> = {
  resolver: { kind: "system-lookup" },
  transport: "none",
};
const HOSTS_FILE: Partial<Resolution> = { resolver: { kind: "hosts-file" }, transport: "none" };

function awsFailure(code: FailureCode): Failure {
  return { code, phase: "describe-enis", side: "aws", message: `said ${code}` };
}

function dnsFailure(change: Partial<Resolution> = {}): Resolution {
  const failure: Failure = {
    code: "dns-timeout",
    phase: "dns",
    side: "resolver",
    message: "no answer within 5s",
  };
  return named([], { answer: { kind: "failed", failure }, ...change });
}

function inShort({ status, summary }: Finding): readonly [string, string] {
  return [status, summary];
}

const dnsSummary = (resolutions: readonly Resolution[], more = {}) =>
  inShort(findingOf(pubSnapshot({ resolutions, ...more }), "D01"));

const localNames = (resolutions: readonly Resolution[], more = {}) =>
  findingOf(pubSnapshot({ resolutions, ...more }), "D02");

const refused = (ip: string, more: Partial<Observation> = {}): Observation => {
  const base = seen(ip, PUB_ONE);
  const failure: Failure = {
    code: "tls-untrusted",
    phase: "tls",
    side: "network",
    message: "not signed by the cluster's CA",
  };
  const leaf = makeLeaf(PUB_ONE, PUB_HOST, { subject: "CN=proxy", issuer: "CN=corp" });
  const tls = base.tls && {
    ...base.tls,
    leaf,
    verification: { kind: "refused", failure } as const,
  };
  return { ...base, tls, http: undefined, identity: undefined, failure, ...more };
};

const expiryAt = (startedAt: string) => inShort(findingOf(pubSnapshot({ startedAt }), "T02"));

const judgedToken = (statuses: Readonly<Record<string, number>>) =>
  findingOf(
    pubSnapshot({
      observations: Object.entries(statuses).map(([ip, status]) =>
        status === 200 ? seen(ip, PUB_ONE) : answered(ip, PUB_ONE, status),
      ),
    }),
    "A02",
  );

const skewed = (clockSkewMs: number | undefined) =>
  inShort(
    findingOf(
      pubSnapshot({ observations: [seen(VIP, PUB_ONE, { http: { ...HTTP_200, clockSkewMs } })] }),
      "A03",
    ),
  );

const stickyAfter = (n: number) => findingOf(pubSnapshot({}, n), "P03").summary;

const answersOf = (...statuses: readonly number[]) =>
  inShort(
    findingOf(
      pubSnapshot({
        observations: statuses.map((status, index) =>
          answered(VIP, PUB_ONE, status, { sample: index + 1 }),
        ),
      }),
      "P04",
    ),
  );

test("a healthy run passes or skips every check, and each has a title for explain", () => {
  const { findings, verdict } = reportOf(pubSnapshot());
  expect(findings.map(({ code }) => code)).toEqual(Object.keys(CHECKS));
  expect(findings.filter(({ status }) => status !== "ok" && status !== "skip")).toEqual([]);
  expect(verdict).toEqual({
    status: "healthy",
    exitCode: 0,
    summary: "healthy · 4 paths · 2 API servers · 0 failed · 0 warnings",
  });
  for (const check of Object.values(CHECKS)) expect(check.title).not.toBe("");
});

describe("C01 cluster", () => {
  test("ACTIVE with endpoint and CA is ok", () => {
    expect(inShort(findingOf(pubSnapshot(), "C01"))).toEqual(["ok", "ACTIVE, Kubernetes 1.25"]);
  });

  test("CREATING has no endpoint yet, and a command waits for it", () => {
    const cluster = known(makeCluster({ status: "CREATING", endpoint: undefined }));
    const finding = findingOf(makeSnapshot({ cluster }), "C01");
    expect(inShort(finding)).toEqual([
      "unknown",
      "the cluster has no endpoint yet: its status is CREATING",
    ]);
    expect(finding.next).toContain("aws eks wait cluster-active");
  });

  test("a connected cluster is ACTIVE without endpoint and will never get one", () => {
    const cluster = known(makeCluster({ endpoint: undefined }));
    expect(findingOf(makeSnapshot({ cluster }), "C01").summary).toBe(
      "the cluster has no endpoint: its status is ACTIVE",
    );
  });

  test.each([
    ["no-credentials", "aws configure list"],
    ["credentials-expired", "aws sso login"],
    ["credentials-invalid", "aws sts get-caller-identity"],
    ["access-denied", "eks-probe iam --cluster gonz-eks-pub"],
    ["cluster-not-found", "aws eks list-clusters"],
    ["no-region", "--region"],
    ["throttled", "wait a minute"],
    ["aws-unreachable", "AWS_ENDPOINT_URL"],
    ["aws-error", "aws eks describe-cluster --name gonz-eks-pub"],
  ] as const)("%s is unknown, never failed, and has a next step", (code, step) => {
    const finding = findingOf(makeSnapshot({ cluster: unknown(awsFailure(code)) }), "C01");
    expect(finding.status).toBe("unknown");
    expect(finding.next).toContain(step);
  });

  test.each([
    ["flags", "given by --endpoint; DescribeCluster was not asked"],
    ["kubeconfig", "given by --kubeconfig; DescribeCluster was not asked"],
  ] as const)("a cluster from %s is ok and says that EKS was not asked", (source, summary) => {
    const cluster = known(makeCluster({ source, status: undefined, version: undefined }));
    expect(inShort(findingOf(makeSnapshot({ cluster }), "C01"))).toEqual(["ok", summary]);
  });

  test.each([
    ["flags", "add --ca-file FILE"],
    ["kubeconfig", "aws eks update-kubeconfig --name gonz-eks-pub   #"],
  ] as const)("a cluster from %s without a CA is the user's to mend", (source, step) => {
    const certificateAuthority = skipped("there is none");
    const cluster = known(makeCluster({ source, region: undefined, certificateAuthority }));
    const finding = findingOf(makeSnapshot({ cluster }), "C01");
    expect(finding).toMatchObject({ status: "unknown", side: "user" });
    expect(finding.next).toContain(step);
  });

  test("a DescribeCluster that is denied is not the end: a kubeconfig does without it", () => {
    const failure = { ...awsFailure("access-denied"), phase: "describe-cluster" } as const;
    const { next } = findingOf(makeSnapshot({ cluster: unknown(failure) }), "C01");
    expect(next).toMatch(
      /^eks-probe endpoints --kubeconfig ~\/.kube\/config --cluster gonz-eks-pub {3}# .*eks-probe iam/,
    );
  });

  test("without a CA nothing can be verified, but --insecure does not want to", () => {
    const cluster = known(makeCluster({ certificateAuthority: skipped("none given") }));
    expect(findingOf(makeSnapshot({ cluster }), "C01").status).toBe("unknown");
    const request = makeRequest("gonz-eks-pub", { insecure: true });
    expect(findingOf(makeSnapshot({ cluster, request }), "C01").status).toBe("ok");
  });
});

describe("C02 enis", () => {
  test("two in-use are ok, one is a warning", () => {
    expect(inShort(findingOf(pubSnapshot(), "C02"))).toEqual([
      "ok",
      "2 EKS ENIs in ap-northeast-2a, ap-northeast-2c",
    ]);
    expect(
      inShort(findingOf(pubSnapshot({ enis: known([makeEni("10.0.20.41")]) }), "C02")),
    ).toEqual(["warn", "1 EKS ENI in ap-northeast-2a; EKS keeps at least 2"]);
  });

  test("four, as during an upgrade, are ok; one that is detached is a warning", () => {
    const more = [makeEni("10.0.20.42"), makeEni("10.0.95.230")];
    expect(findingOf(pubSnapshot({ enis: known([...PUB_ENIS, ...more]) }), "C02").status).toBe(
      "ok",
    );
    const idle = makeEni("10.0.20.42", { id: "eni-idle", status: "available" });
    expect(findingOf(pubSnapshot({ enis: known([...PUB_ENIS, idle]) }), "C02").summary).toContain(
      "not in-use: eni-idle (available)",
    );
  });

  test("a status that was not told is not a wrong one", () => {
    const enis = known([makeEni("10.0.20.41", { status: undefined }), makeEni("10.0.95.229")]);
    expect(findingOf(pubSnapshot({ enis }), "C02").status).toBe("ok");
  });

  test("none yet is no warning while the cluster has no endpoint either", () => {
    const cluster = known(makeCluster({ status: "CREATING", endpoint: undefined }));
    expect(findingOf(makeSnapshot({ cluster, enis: known([]) }), "C02").status).toBe("skip");
  });

  test("denied is unknown, left out is skipped", () => {
    expect(
      findingOf(pubSnapshot({ enis: unknown(awsFailure("access-denied")) }), "C02").status,
    ).toBe("unknown");
    expect(
      findingOf(pubSnapshot({ enis: skipped("--paths leaves the ENIs out") }), "C02").status,
    ).toBe("skip");
  });
});

describe("D01 dns", () => {
  test("says what kind of addresses they are, in number", () => {
    expect(dnsSummary([named([VIP])])).toEqual(["ok", "1 address, public; none is an EKS ENI"]);
    expect(dnsSummary([named([VIP, VIP_2])])).toEqual([
      "ok",
      "2 addresses, both public; none is an EKS ENI",
    ]);
    expect(dnsSummary([named(["10.0.20.41"])])).toEqual([
      "ok",
      "1 address, private; it is an EKS ENI",
    ]);
    expect(
      dnsSummary([named(["10.9.9.9"])], { enis: unknown(awsFailure("access-denied")) }),
    ).toEqual(["ok", "1 address, private; whether they are EKS ENIs is not known"]);
  });

  test("one resolver of two that says nothing is a warning, with a dig that works for IPv6 too", () => {
    const silent = findingOf(
      pubSnapshot({
        resolutions: [
          named([VIP]),
          dnsFailure({ resolver: { kind: "server", ip: "fd00::2", port: 53, system: true } }),
        ],
      }),
      "D01",
    );
    expect(silent.status).toBe("warn");
    expect(silent.next).toBe(`dig ${PUB_HOST} @fd00::2`);
    expect(silent.details).toEqual(["A at fd00::2: no answer within 5s"]);
    const odd = dnsFailure({
      resolver: { kind: "server", ip: "fd00::2", port: 5_353, system: false },
    });
    expect(findingOf(pubSnapshot({ resolutions: [named([VIP]), odd] }), "D01").next).toBe(
      `dig ${PUB_HOST} @fd00::2 -p 5353`,
    );
  });

  test("no address from any resolver fails", () => {
    expect(dnsSummary([dnsFailure()], { observations: [] })).toEqual([
      "fail",
      `no resolver gives ${PUB_HOST} an address`,
    ]);
  });

  test("but warns only where this machine has it from elsewhere: clients here get there", () => {
    expect(dnsSummary([dnsFailure(), named([VIP], SYSTEM_LOOKUP)])).toEqual([
      "warn",
      `no resolver gives ${PUB_HOST} an address; this machine itself says ${VIP}`,
    ]);
    expect(dnsSummary([named(["127.0.0.1"], HOSTS_FILE)])[0]).toBe("warn");
  });

  test("-6 where the name has only A records says which kind is missing", () => {
    const request = makeRequest("gonz-eks-pub", { family: 6 });
    const finding = findingOf(
      makeSnapshot({ request, resolutions: [named([], { type: "AAAA" })] }),
      "D01",
    );
    expect(inShort(finding)).toEqual(["fail", `no resolver gives ${PUB_HOST} an IPv6 address`]);
    expect(finding.details).toEqual(["AAAA at 10.0.0.2: the name has no such record"]);
    expect(finding.next).toContain("dig +short AAAA ");
  });

  test("no server to ask is unknown, and so is an interruption", () => {
    expect(dnsSummary([])[0]).toBe("unknown");
    expect(dnsSummary([], { interrupted: true })).toEqual([
      "unknown",
      "interrupted before a resolver answered",
    ]);
  });

  test("--paths eni skips it", () => {
    const request = makeRequest("gonz-eks-pub", { paths: ["eni"] });
    expect(dnsSummary([], { request })[0]).toBe("skip");
  });
});

describe("D02 local names", () => {
  test("a subset is agreement: DNS may rotate, getaddrinfo may leave a family out", () => {
    expect(localNames([named([VIP, VIP_2]), named([VIP], SYSTEM_LOOKUP)]).status).toBe("ok");
  });

  test("a hosts file that says something else is a warning", () => {
    const finding = localNames([
      named([VIP]),
      named(["127.0.0.1"], HOSTS_FILE),
      named(["127.0.0.1"], SYSTEM_LOOKUP),
    ]);
    expect(inShort(finding)).toEqual(["warn", `the hosts file says 127.0.0.1, DNS says ${VIP}`]);
  });

  test("a lookup that differs is a warning, with a command to copy", () => {
    const finding = localNames([named([VIP]), named(["192.0.2.7"], SYSTEM_LOOKUP)]);
    expect(finding.status).toBe("warn");
    expect(finding.next).toContain(`getent ahosts ${PUB_HOST} `);
  });

  test("a lookup that gives nothing is a warning, and not agreement", () => {
    expect(localNames([named([VIP]), dnsFailure(SYSTEM_LOOKUP)]).status).toBe("warn");
  });

  test("-6 compares IPv6 with IPv6: getaddrinfo was asked for both families, DNS for one", () => {
    const request = makeRequest("gonz-eks-pub", { family: 6 });
    const resolutions = [named([V6]), named([V6], SYSTEM_LOOKUP), named([VIP], SYSTEM_LOOKUP)];
    expect(localNames(resolutions, { request }).status).toBe("ok");
    expect(localNames(resolutions).status).toBe("warn");
  });

  test("says why there is nothing to compare", () => {
    const request = makeRequest("gonz-eks-pub", {
      resolvers: [{ kind: "server", ip: "1.1.1.1", port: 53 }],
    });
    expect(localNames([named([VIP])], { request }).summary).toContain(
      "--resolver names the servers",
    );
    expect(localNames([named([VIP])], { interrupted: true }).summary).toBe(
      "the system's own lookup gave no answer",
    );
    expect(localNames([named([VIP], SYSTEM_LOOKUP)]).summary).toBe(
      "needs an answer from DNS (D01)",
    );
  });
});

describe("D03 resolvers", () => {
  test("agree, or do not", () => {
    const same = pubSnapshot({
      resolutions: [named([VIP, VIP_2]), named([VIP_2, VIP], { resolver: ELSEWHERE })],
    });
    expect(inShort(findingOf(same, "D03"))).toEqual(["ok", "2 resolvers agree"]);
    const other = pubSnapshot({
      resolutions: [named([VIP]), named([VIP_2], { resolver: ELSEWHERE })],
    });
    expect(findingOf(other, "D03").status).toBe("warn");
  });

  test("a split horizon is by design with both endpoints, and only then", () => {
    expect(inShort(findingOf(bothSnapshot(), "D03"))).toEqual([
      "ok",
      "split horizon by design: ENIs from the VPC's resolver, VIPs from others",
    ]);
    expect(findingOf(bothSnapshot({ cluster: known(makeCluster()) }), "D03").status).toBe("warn");
    const denied = bothSnapshot({ enis: unknown(awsFailure("access-denied")) });
    expect(findingOf(denied, "D03").status).toBe("warn");
  });

  test("none or one that answered is nothing to compare, each in its own words", () => {
    expect(findingOf(pubSnapshot({ resolutions: [dnsFailure()] }), "D03").summary).toBe(
      "needs an answer from DNS (D01)",
    );
    expect(
      findingOf(
        pubSnapshot({ resolutions: [named([VIP]), dnsFailure({ resolver: ELSEWHERE })] }),
        "D03",
      ).summary,
    ).toBe("one resolver gave addresses; --resolver is repeatable");
  });
});

describe("N01 paths", () => {
  test("counts an address once, however many API servers are behind it", () => {
    const observations = [seen(VIP, PUB_ONE), seen(VIP, PUB_TWO, { sample: 2 })];
    const snapshot = makeSnapshot({ enis: known([]), resolutions: [named([VIP])], observations });
    expect(inShort(findingOf(snapshot, "N01"))).toEqual(["ok", "1/1 answer"]);
  });

  test("a path that fails has the failure's next step", () => {
    const finding = findingOf(
      pubSnapshot({ observations: [failedAt(VIP), failedAt(VIP_2)] }),
      "N01",
    );
    expect(finding.status).toBe("fail");
    expect(finding.addresses).toEqual([`${VIP}:443`, `${VIP_2}:443`]);
    expect(finding.next).toContain("publicAccessCidrs");
  });

  test("no allowlist is suspected where another address of the kind answers", () => {
    const finding = findingOf(
      pubSnapshot({ observations: [failedAt(VIP), seen(VIP_2, PUB_TWO)] }),
      "N01",
    );
    expect(finding.addresses).toEqual([`${VIP}:443`]);
    expect(finding.next).toContain("a replaced API server fails for a minute");
  });

  test("-6 --paths eni with IPv4 ENIs tried nothing, which is not healthy", () => {
    const request = makeRequest("gonz-eks-pub", { family: 6, paths: ["eni"] });
    const { verdict } = reportOf(makeSnapshot({ request }));
    expect([verdict.status, verdict.exitCode]).toEqual(["unknown", 3]);
  });

  test("nor is a run that was denied the cluster, though the denial is ignored", () => {
    const denied = unknown({
      code: "access-denied",
      phase: "describe-cluster",
      side: "user",
      message: "denied",
    });
    const snapshot = makeSnapshot({ cluster: denied, enis: denied });
    const ignore = (["C01", "C02", "N01"] as const).map((code) => ({ code, reason: "known" }));
    const { findings, verdict } = reportOf(snapshot, { ignore });
    expect(findings.find(({ code }) => code === "C01")).toMatchObject({ status: "unknown" });
    expect([verdict.status, verdict.exitCode]).toEqual(["unknown", 3]);
    expect(verdict.summary).toMatch(/^could not tell · 0 paths/);
    const partly = reportOf(pubSnapshot({ cluster: denied }), { ignore });
    expect(partly.verdict.status).not.toBe("unknown");
  });

  test("no address because DNS gave none is D01's to tell", () => {
    const snapshot = makeSnapshot({ enis: known([]), resolutions: [dnsFailure()] });
    expect(findingOf(snapshot, "N01").status).toBe("skip");
  });

  test("only private addresses that are silent cannot be judged from outside", () => {
    const snapshot = makeSnapshot({
      localIps: ["192.168.0.7"],
      request: makeRequest("gonz-eks-pub", { paths: ["eni"] }),
      observations: [failedAt("10.0.20.41"), failedAt("10.0.95.229")],
    });
    expect(findingOf(snapshot, "N01").status).toBe("unknown");
  });
});

describe("T01 tls", () => {
  test("a foreign certificate fails and is named", () => {
    const finding = findingOf(
      pubSnapshot({ observations: [refused(VIP), seen(VIP_2, PUB_TWO)] }),
      "T01",
    );
    expect(inShort(finding)).toEqual(["fail", "1 of 2 addresses not verified by the cluster's CA"]);
    expect(finding.details).toEqual([
      `${VIP}: not signed by the cluster's CA, shows CN=proxy issued by CN=corp`,
    ]);
  });

  test("with --insecure it is a warning, and never ok", () => {
    const request = makeRequest("gonz-eks-pub", { insecure: true });
    const observations = [refused(VIP, { failure: undefined, http: HTTP_200 })];
    expect(findingOf(pubSnapshot({ request, observations }), "T01").status).toBe("warn");
  });

  test("without a handshake there is nothing to judge", () => {
    expect(findingOf(pubSnapshot({ observations: [failedAt(VIP)] }), "T01").status).toBe("skip");
  });
});

describe("T02 expiry", () => {
  test("30 days are enough, 29 are not", () => {
    expect(expiryAt("2024-03-17T04:15:37.000Z")).toEqual([
      "ok",
      "the first certificate ends in 30 days",
    ]);
    expect(expiryAt("2024-03-17T04:15:38.000Z")[0]).toBe("warn");
  });

  test("counts one day as one, and tells past from future", () => {
    expect(expiryAt("2024-04-15T00:00:00.000Z")[1]).toBe(
      "B's certificate ends in 1 day (2024-04-16 04:15:37Z)",
    );
    expect(expiryAt("2024-04-18T00:00:00.000Z")[1]).toBe(
      "B's certificate ended 2 days ago (2024-04-16 04:15:37Z)",
    );
  });
});

describe("A01 and A02 token", () => {
  test("no token for want of credentials is unknown, for want of asking skipped", () => {
    expect(
      findingOf(pubSnapshot({ token: unknown(awsFailure("no-credentials")) }), "A01").status,
    ).toBe("unknown");
    expect(findingOf(pubSnapshot({ token: skipped("--anonymous sends none") }), "A01").status).toBe(
      "skip",
    );
  });

  test("401 everywhere is the caller's to solve", () => {
    const finding = judgedToken({ [VIP]: 401, [VIP_2]: 401 });
    expect(inShort(finding)).toEqual(["fail", "every API server refuses the token (401)"]);
    expect(finding.side).toBe("user");
  });

  test("401 from one is that server's trouble", () => {
    const finding = judgedToken({ [VIP]: 401, [VIP_2]: 200 });
    expect(inShort(finding)).toEqual([
      "fail",
      `401 from ${VIP} for a token that is accepted elsewhere`,
    ]);
    expect(finding.side).toBe("server");
  });

  test("401 beside 200 at the same address is that server's trouble too", () => {
    const observations = [seen(VIP, PUB_ONE), answered(VIP, PUB_TWO, 401, { sample: 2 })];
    expect(findingOf(pubSnapshot({ observations }), "A02").side).toBe("server");
  });

  test("an error of the server's own is no acceptance", () => {
    expect(inShort(judgedToken({ [VIP]: 401, [VIP_2]: 503 }))).toEqual([
      "fail",
      `no API server accepts the token: 401 from ${VIP}`,
    ]);
    expect(judgedToken({ [VIP]: 503, [VIP_2]: 429 }).status).toBe("skip");
  });

  test("403 is an accepted token without a permission: a warning", () => {
    expect(judgedToken({ [VIP]: 403, [VIP_2]: 403 }).status).toBe("warn");
  });

  test("401 without a token says nothing of one", () => {
    const observations = [answered(VIP, PUB_ONE, 401, { token: "none" })];
    expect(findingOf(pubSnapshot({ observations }), "A02").status).toBe("skip");
  });
});

describe("A03 clock", () => {
  test("more than a minute is a warning, in the right direction", () => {
    expect(skewed(120_000)).toEqual(["warn", "this clock is 120 s behind the server's"]);
    expect(skewed(-120_000)).toEqual(["warn", "this clock is 120 s ahead of the server's"]);
  });

  test("less is ok, and told as it is", () => {
    expect(skewed(45_000)).toEqual(["ok", "within 45 s of the API servers'"]);
    expect(skewed(-900)).toEqual(["ok", "within a second or so of the API servers'"]);
    expect(skewed(undefined)[0]).toBe("skip");
  });
});

describe("P01 map and P02 identity", () => {
  test("tells the shape in one clause where it holds for all", () => {
    expect(findingOf(pubSnapshot(), "P01").summary).toBe(
      "2 API servers, each behind 1 VIP and 1 ENI",
    );
    const lopsided = pubSnapshot({
      observations: sampled(
        [
          [VIP, PUB_ONE],
          [VIP_2, PUB_TWO],
          ["10.0.20.41", PUB_ONE],
        ],
        1,
      ),
    });
    expect(findingOf(lopsided, "P01").summary).toBe(
      "2 API servers, A behind 1 VIP and 1 ENI, B behind 1 VIP",
    );
  });

  test("who answers without any signal is unknown, not absent", () => {
    const nameless = answered(VIP, PUB_ONE, 401);
    const tls = nameless.tls && { ...nameless.tls, leaf: undefined };
    const finding = findingOf(pubSnapshot({ observations: [{ ...nameless, tls }] }), "P01");
    expect(inShort(finding)).toEqual(["unknown", `who answers at ${VIP} is not known`]);
  });

  test("signals that disagree are a warning with both names", () => {
    const mixed = { ...seen(VIP, PUB_ONE), tls: seen(VIP, PUB_TWO).tls };
    const finding = findingOf(pubSnapshot({ observations: [mixed] }), "P02");
    expect(finding.status).toBe("warn");
    expect(finding.details).toEqual([
      `A: /api says ${PUB_ONE.host}, the certificate says ${PUB_TWO.host}`,
    ]);
  });
});

describe("P03 sticky", () => {
  test("the bound is three in n, per address, and nothing is claimed where it would be all", () => {
    expect(stickyAfter(20)).toBe(
      "pinned: 80/80 fresh connections (another backend ≤15 % per address, 95 %)",
    );
    expect(stickyAfter(4)).toBe(
      "pinned: 16/16 fresh connections (another backend ≤75 % per address, 95 %)",
    );
    expect(stickyAfter(3)).toBe(
      "12 connections, too few to tell pinned from balanced; -n 20 tells",
    );
    expect(stickyAfter(1)).toBe("4 connections, too few to tell pinned from balanced; -n 20 tells");
  });

  test("the address with the fewest connections bounds them all", () => {
    const observations = [...sampled([[VIP, PUB_ONE]], 100), ...sampled([[VIP_2, PUB_TWO]], 10)];
    expect(findingOf(pubSnapshot({ observations }), "P03").summary).toContain("≤30 %");
  });

  test("two API servers behind one address are balanced", () => {
    const observations = [seen(VIP, PUB_ONE), seen(VIP, PUB_TWO, { sample: 2 })];
    expect(findingOf(pubSnapshot({ observations }), "P03").summary).toBe(
      `balanced: ${VIP} leads to several API servers`,
    );
  });
});

describe("P04 answers", () => {
  test("5xx fails, 429 is about all callers (P09), 401 and 403 are about this one (A02)", () => {
    expect(answersOf(503, 429)).toEqual(["fail", "1 of 2 answers were errors of the server"]);
    expect(answersOf(429, 401)).toEqual(["ok", "none of 2 answers is an error of the server"]);
    expect(answersOf(401, 403)).toEqual(["ok", "none of 2 answers is an error of the server"]);
  });
});

describe("the verdict", () => {
  test("failed beats unknown beats warning, and an interrupted run is judged by nobody", () => {
    const broken = { observations: [failedAt(VIP)], enis: unknown(awsFailure("access-denied")) };
    expect(reportOf(pubSnapshot(broken)).verdict).toMatchObject({ status: "failed", exitCode: 1 });
    expect(reportOf(pubSnapshot({ enis: broken.enis })).verdict).toMatchObject({
      status: "unknown",
      exitCode: 3,
    });
    const few = known([makeEni("10.0.20.41")]);
    expect(reportOf(pubSnapshot({ enis: few })).verdict).toMatchObject({
      status: "warning",
      exitCode: 0,
    });
    expect(reportOf(pubSnapshot({ ...broken, interrupted: true })).verdict).toMatchObject({
      status: "interrupted",
      exitCode: 130,
    });
  });
});
