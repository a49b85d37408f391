import { describe, expect, test } from "vitest";
import { CHECKS } from "../../../src/checks/table.ts";
import { known, skipped, unknown } from "../../../src/model/fact.ts";
import type { Failure } from "../../../src/model/failure.ts";
import type { Finding } from "../../../src/model/finding.ts";
import type { FindingCode } from "../../../src/model/finding-code.ts";
import type { Inspection, ServiceEndpoints } from "../../../src/model/inspection.ts";
import type { Certificate, Observation } from "../../../src/model/observation.ts";
import type { Snapshot } from "../../../src/model/snapshot.ts";
import { deepSnapshot, denied, inspection, lease } from "../../support/inspections.ts";
import {
  answered,
  findingOf,
  HTTP_200,
  makeCluster,
  makeLeaf,
  named,
  PUB_HOST,
  PUB_ONE,
  PUB_TWO,
  priSnapshot,
  pubSnapshot,
  reportOf,
  type Server,
  sampled,
  seen,
} from "../../support/snapshots.ts";

const VIP = "43.200.53.253";
const VIP_2 = "52.79.39.107";

function inShort({ status, summary }: Finding): readonly [string, string] {
  return [status, summary];
}

/** What a check says where each inspection is changed so; where they differ, by address. */
function deep(code: FindingCode, change: Partial<Inspection> = {}, parts = {}): Finding {
  return findingOf(deepSnapshot(change, parts), code);
}

function deepPerServer(code: FindingCode, one: Partial<Inspection>, two: Partial<Inspection>) {
  const inspections = [inspection(VIP, PUB_ONE, one), inspection(VIP_2, PUB_TWO, two)];
  return deep(code, {}, { inspections });
}

const shown = (ip: string, of: Server, change: Partial<Certificate>): Observation => {
  const probe = seen(ip, of);
  return { ...probe, tls: probe.tls && { ...probe.tls, leaf: makeLeaf(of, PUB_HOST, change) } };
};

/** The snapshot with the leaf of each server changed. */
function withLeaves(one: Partial<Certificate>, two: Partial<Certificate> = {}): Snapshot {
  return pubSnapshot({ observations: [shown(VIP, PUB_ONE, one), shown(VIP_2, PUB_TWO, two)] });
}

const DEEP_CODES = ["A04", "A05", "P05", "P06", "K01", "K02"] as const;
const LOST: Failure = { code: "http-timeout", phase: "http", side: "server", message: "no answer" };

describe("what --deep adds", () => {
  test("is all ok where all is well, and changes nothing in the verdict", () => {
    const { findings, verdict } = reportOf(deepSnapshot());
    const statuses = new Set(DEEP_CODES.map((code) => statusOf(findings, code)));
    expect(statuses).toEqual(new Set(["ok"]));
    expect(verdict).toEqual(reportOf(pubSnapshot()).verdict);
  });

  test.each(DEEP_CODES)("%s is skipped where it was not asked for", (code) => {
    expect(inShort(findingOf(pubSnapshot(), code))).toEqual(["skip", "not asked; --deep asks"]);
  });

  test.each(DEEP_CODES)("%s is optional", (code) => {
    expect(CHECKS[code].optional).toBe(true);
  });

  test("what RBAC denies is unknown with the reason and a next step, never a failure, never exit 3", () => {
    const nothing = {
      version: denied,
      livez: denied,
      readyz: denied,
      caller: denied,
      tokenCost: denied,
      leases: denied,
      serviceEndpoints: denied,
    };
    const { findings, verdict } = reportOf(deepSnapshot(nothing));
    for (const code of DEEP_CODES) {
      const finding = findings.find((one) => one.code === code);
      expect(finding).toMatchObject({
        code,
        status: "unknown",
        summary: "may not list leases in kube-system (403)",
        side: "user",
        next: expect.stringMatching(/^kubectl /),
      });
    }
    expect(verdict).toMatchObject({ status: "healthy", exitCode: 0 });
  });

  test("what got lost is unknown as well, and nobody's rights are blamed", () => {
    const finding = deep("K01", { leases: unknown(LOST) });
    expect(finding).toMatchObject({ status: "unknown", summary: "no answer", side: "server" });
    expect(finding.next).not.toContain("can-i");
  });

  test("without a token it is skipped with that reason", () => {
    const notAsked = skipped("not asked for without a token");
    expect(inShort(deep("A04", { caller: notAsked }))).toEqual([
      "skip",
      "not asked for without a token",
    ]);
    expect(inShort(deep("K01", { leases: notAsked }))[0]).toBe("skip");
  });

  test("one server of two that did not say is named, not passed over", () => {
    expect(deepPerServer("P05", {}, { version: denied }).summary).toBe(
      "v1.31.5-eks-5d632ec · B unknown",
    );
    expect(deepPerServer("P06", {}, { readyz: denied }).summary).toBe(
      "live and ready: A (26 checks each) · B unknown",
    );
    expect(deepPerServer("A04", {}, { caller: denied }).summary).toBe("reader · B unknown");
  });
});

function statusOf(findings: readonly Finding[], code: FindingCode): string | undefined {
  return findings.find((finding) => finding.code === code)?.status;
}

const skewed = (...skewsMs: readonly number[]) => {
  const servers = [PUB_ONE, PUB_TWO];
  const observations = skewsMs.map((clockSkewMs, index) =>
    seen([VIP, VIP_2][index] ?? VIP, servers[index] ?? PUB_ONE, {
      http: { ...HTTP_200, clockSkewMs },
    }),
  );
  return findingOf(pubSnapshot({ observations }), "A03");
};

describe("A03 clock", () => {
  test("is the server's fault where another server's agrees with ours", () => {
    expect(inShort(skewed(400, 300_000))).toEqual([
      "warn",
      "the clock of B is 300 s ahead of this host's, with which the others agree",
    ]);
    expect(skewed(400, -300_000)).toMatchObject({
      summary: "the clock of B is 300 s behind this host's, with which the others agree",
      side: "server",
      addresses: [`${VIP_2}:443`],
    });
  });

  test("is ours where all servers say the same", () => {
    expect(skewed(300_000, 299_000)).toMatchObject({
      summary: "this clock is 300 s behind the server's",
      side: "local",
    });
  });

  test("is ours too where the limit falls between two servers that agree", () => {
    expect(skewed(59_500, 60_500).side).toBe("local");
  });

  test("a skewed server behind an address of several is told by the address", () => {
    const observations = [
      seen(VIP, PUB_ONE, { http: { ...HTTP_200, clockSkewMs: 300_000 } }),
      seen(VIP_2, PUB_ONE),
    ];
    expect(findingOf(pubSnapshot({ observations }), "A03").summary).toContain(`clock of ${VIP} is`);
  });
});

describe("A04 caller and A05 verify", () => {
  test("one user is named with its principal and groups", () => {
    const arn = "arn:aws:iam::111122223333:user/lab-reader";
    const caller = known({ username: "reader", groups: ["a", "b"], arn });
    expect(deep("A04", { caller })).toMatchObject({
      status: "ok",
      summary: `reader (${arn})`,
      details: ["groups: a, b"],
    });
  });

  test("two users for one token are a warning", () => {
    const other = known({ username: "someone", groups: [], arn: undefined });
    const finding = deepPerServer("A04", {}, { caller: other });
    expect(finding).toMatchObject({ status: "warn", details: ["A: reader", "B: someone"] });
  });

  test("the token's cost is first against second, server by server", () => {
    expect(deep("A05").summary).toBe(
      "first request and second on one connection: A 12.5ms, 2.3ms · B 12.5ms, 2.3ms",
    );
  });
});

describe("T03 key ids", () => {
  test("a leaf without the authority's is a warning that names the server", () => {
    expect(inShort(findingOf(withLeaves({}), "T03"))).toEqual(["ok", "every certificate has one"]);
    const finding = findingOf(withLeaves({ authorityKeyId: "no" }), "T03");
    expect(inShort(finding)).toEqual([
      "warn",
      "the certificate of A has no authority key identifier",
    ]);
    expect(finding.addresses).toEqual([`${VIP}:443`]);
  });

  test("without both, of several, it says so", () => {
    const bare = { authorityKeyId: "no", subjectKeyId: "no" } as const;
    expect(findingOf(withLeaves(bare, bare), "T03").summary).toBe(
      "the certificates of A, B have neither subject nor authority key identifier",
    );
  });

  test("its own alone missing, or nothing known, is no problem", () => {
    expect(findingOf(withLeaves({ subjectKeyId: "no" }), "T03").status).toBe("ok");
    expect(findingOf(withLeaves({ authorityKeyId: "unknown" }), "T03").status).toBe("ok");
    expect(findingOf(pubSnapshot({ observations: [] }), "T03").status).toBe("skip");
  });
});

describe("P02 identity", () => {
  test("the lease makes it four signals", () => {
    expect(inShort(deep("P02"))).toEqual(["ok", "/api, certificates and identity leases agree"]);
    expect(findingOf(pubSnapshot(), "P02").summary).toBe("/api agrees with the certificates");
  });

  test("two servers that report the same address are merged, and that is said", () => {
    const two = seen(VIP_2, PUB_TWO, { identity: seen(VIP, PUB_ONE).identity });
    const finding = findingOf(pubSnapshot({ observations: [seen(VIP, PUB_ONE), two] }), "P02");
    expect(finding).toMatchObject({
      status: "warn",
      details: [
        `A: /api says ${PUB_ONE.host} everywhere, but the certificates name 2 hosts: ${PUB_ONE.host}, ${PUB_TWO.host}`,
      ],
      addresses: [`${VIP}:443`, `${VIP_2}:443`],
    });
  });
});

const sticky = (observations: readonly Observation[], more = {}) =>
  findingOf(pubSnapshot({ observations, ...more }), "P03");

describe("P03 sticky", () => {
  const both = [seen(VIP, PUB_ONE), seen(VIP, PUB_TWO, { sample: 2 })];

  test("says of the others how strongly they are pinned", () => {
    expect(sticky([...both, ...sampled([[VIP_2, PUB_TWO]], 20)]).summary).toBe(
      `balanced: ${VIP} leads to several API servers, 1 pinned (another backend ≤15 % each, 95 %)`,
    );
    expect(sticky([...both, seen(VIP_2, PUB_TWO)]).summary).toBe(
      `balanced: ${VIP} leads to several API servers, 1 with too few connections to tell`,
    );
  });

  test("tallies a balanced address by API server", () => {
    expect(sticky([...both, seen(VIP, PUB_TWO, { sample: 3 })]).details).toEqual([
      `${VIP}: B 2/3, A 1/3`,
    ]);
  });

  test("shows what a kept connection hides", () => {
    const reuses = [
      { address: `${VIP}:443`, serverAddresses: [`${PUB_ONE.host}:443`, `${PUB_ONE.host}:443`] },
      { address: `${VIP_2}:443`, serverAddresses: [`${PUB_TWO.host}:443`] },
    ];
    expect(sticky([...both, seen(VIP_2, PUB_TWO)], { reuses }).details).toEqual([
      `${VIP}: A 1/2, B 1/2`,
      `${VIP} over one kept connection: A 2 times: reuse hides the balancing`,
      `${VIP_2} over one kept connection: B once`,
    ]);
  });

  test("a kept connection without an answer says so", () => {
    const reuses = [{ address: `${VIP}:443`, serverAddresses: [] }];
    expect(sticky([seen(VIP, PUB_ONE)], { reuses }).details).toEqual([
      `${VIP} over one kept connection: no answer`,
    ]);
  });
});

describe("P05 version and P06 health", () => {
  test("two versions are an update under way", () => {
    const newer = known({ gitVersion: "v1.32.1-eks-94c5925", platform: undefined });
    const finding = deepPerServer("P05", {}, { version: newer });
    expect(inShort(finding)).toEqual([
      "warn",
      "the API servers run different versions: an update is under way",
    ]);
    expect(finding.details).toEqual(["A: v1.31.5-eks-5d632ec", "B: v1.32.1-eks-94c5925"]);
  });

  test("a check that fails names itself and its server, and fails the run", () => {
    const ill = known({ healthy: false, checks: 26, failing: ["etcd", "informer-sync"] });
    const finding = deepPerServer("P06", {}, { readyz: ill });
    expect(finding).toMatchObject({
      status: "fail",
      summary: "not ready: B",
      details: ["B: /readyz fails etcd, informer-sync"],
      side: "server",
      addresses: [`${VIP_2}:443`],
    });
    const nameless = known({ healthy: false, checks: 0, failing: [] });
    expect(deep("P06", { livez: nameless }).details[0]).toBe(
      "A: /livez fails without saying which check",
    );
  });

  test("only one of the two probes known claims no more than it knows", () => {
    expect(inShort(deep("P06", { readyz: denied }))).toEqual([
      "ok",
      "live: A, B · whether ready is unknown",
    ]);
    expect(inShort(deep("P06", { livez: denied }))).toEqual(["ok", "ready: A, B (26 checks each)"]);
  });

  test("a plain ok lists no checks, and none are counted", () => {
    const plain = known({ healthy: true, checks: 0, failing: [] });
    expect(deep("P06", { readyz: plain, livez: plain }).summary).toBe("live and ready: A, B");
  });
});

describe("P07 topology", () => {
  test("is the sentence with its confidence", () => {
    expect(findingOf(pubSnapshot(), "P07").summary).toMatch(
      /^public, DNS gives VIPs; .* consistent with a zonal NLB .* \(another backend ≤15 %\)$/,
    );
  });

  test("has nothing to say where no API server was met", () => {
    expect(findingOf(pubSnapshot({ observations: [] }), "P07").status).toBe("skip");
  });
});

const HIDDEN: Server = {
  ...PUB_ONE,
  host: "ip-172-16-98-23.ap-northeast-2.compute.internal",
  byte: "E5",
};

const leases = (...all: readonly ReturnType<typeof lease>[]) => deep("K01", { leases: known(all) });

/** As up to 1.25: no label, and a name by chance. */
const drawn = (name: string, ageSeconds: number) =>
  lease(HIDDEN, ageSeconds, { host: undefined, name });

describe("K01 leases", () => {
  test("three hold leases, two are reached", () => {
    const finding = leases(
      lease(PUB_ONE, 5),
      lease(PUB_TWO, 5),
      lease(HIDDEN, 5),
      lease({ ...HIDDEN, host: "gone" }, 1_500, { name: "apiserver-gone" }),
    );
    expect(finding).toMatchObject({
      status: "warn",
      summary: "3 API servers hold leases, you reach 2",
      details: [`not reached: ${HIDDEN.host}`, "1 lingering lease of a server gone or restarted"],
    });
  });

  test("all reached is ok, and what lingers is told", () => {
    expect(inShort(leases(lease(PUB_ONE, 5), lease(PUB_TWO, 5)))).toEqual([
      "ok",
      "2 API servers hold leases, all reached",
    ]);
    const left = lease(PUB_TWO, 610, { name: "apiserver-before" });
    expect(inShort(leases(lease(PUB_ONE, 5), lease(PUB_TWO, 5), left))).toEqual([
      "ok",
      "2 API servers hold leases, all reached · 1 lingering lease of a server gone or restarted",
    ]);
  });

  test("a server that answers and does not renew its own is a warning", () => {
    const finding = leases(lease(PUB_ONE, 5), lease(PUB_TWO, 3_000));
    expect(inShort(finding)).toEqual([
      "warn",
      "B answers, but has not renewed its lease for 50 min",
    ]);
    expect(finding.details).toContain("1 API server holds a lease, all reached");
  });

  test("a server without any lease is no warning: leases may be off", () => {
    expect(leases(lease(PUB_ONE, 5)).status).toBe("ok");
  });

  test("leases that name nobody are counted: as many as you reach is ok, one more is not", () => {
    const two = [drawn("a", 5), drawn("b", 5)];
    expect(inShort(leases(...two, drawn("before", 610)))).toEqual([
      "ok",
      "2 API servers hold leases, as many as you reach · 1 lingering lease of a server gone or restarted",
    ]);
    const finding = leases(...two, drawn("c", 5));
    expect(inShort(finding)).toEqual(["warn", "3 API servers hold leases, you reach 2"]);
    expect(finding.details.join()).toContain("restarted a minute ago");
  });
});

const listing = (source: ServiceEndpoints["source"], ...ips: readonly string[]) => ({
  serviceEndpoints: known({
    source,
    addresses: ips.map((ip) => ({ ip, port: 443, ready: "yes" }) as const),
  }),
});

describe("K02 sources", () => {
  test("names the lists that agree", () => {
    expect(deep("K02").summary).toBe("EC2 and endpointslices/v1 list the same 2 addresses");
    const pri = priSnapshot({
      inspections: [
        inspection("10.0.58.12", PUB_ONE, listing("endpoints/v1", "10.0.58.12", "10.0.18.90")),
      ],
    });
    expect(findingOf(pri, "K02").summary).toBe(
      "EC2, endpoints/v1 and DNS list the same 2 addresses",
    );
  });

  test("a lagging service is told by who answers at the ENI that it lacks", () => {
    const change = listing("endpointslices/v1", "10.0.20.41", "10.0.33.7");
    expect(deep("K02", change)).toMatchObject({
      status: "warn",
      details: [
        "10.0.95.229 is an ENI, not in endpointslices/v1: B answers there, so the service lags",
        "10.0.33.7 is in endpointslices/v1, but no ENI of EC2's: the service lags",
      ],
    });
    expect(deep("K02", change, { observations: [seen(VIP, PUB_ONE)] }).details[0]).toContain(
      "no API server serves there, or the service lags",
    );
  });

  test("a lagging DNS is told", () => {
    const pri = priSnapshot({
      resolutions: [named(["10.0.58.12", "10.0.44.44"])],
      inspections: [
        inspection("10.0.58.12", PUB_ONE, listing("endpointslices/v1", "10.0.58.12", "10.0.18.90")),
      ],
    });
    expect(findingOf(pri, "K02").details).toEqual([
      "10.0.44.44 is in DNS, but no ENI of EC2's: DNS lags",
    ]);
  });

  test("without EC2's word there is nothing to compare with, and C02 says why", () => {
    const finding = deep("K02", {}, { enis: denied });
    expect(inShort(finding)).toEqual(["skip", "needs C02 (enis), which is not ok"]);
    expect(finding.blockedBy).toEqual(["C02"]);
    expect(deep("K02", {}, { enis: skipped("--paths leaves the ENIs out") }).status).toBe("skip");
  });
});

describe("K03 service", () => {
  test("every leaf names the ClusterIP, or one does not", () => {
    expect(findingOf(pubSnapshot(), "K03").summary).toBe(
      "every certificate names the service's 172.20.0.1",
    );
    expect(inShort(findingOf(withLeaves({}, { ipAddresses: ["10.0.95.229"] }), "K03"))).toEqual([
      "warn",
      "a certificate lacks the kubernetes service's address 172.20.0.1",
    ]);
  });

  test("without a leaf or a range there is nothing to compare", () => {
    expect(findingOf(pubSnapshot({ observations: [] }), "K03").status).toBe("skip");
    const cluster = known(makeCluster({ serviceIpv4Cidr: undefined }));
    expect(findingOf(pubSnapshot({ cluster }), "K03").status).toBe("skip");
  });
});

describe("the verdict", () => {
  test("counts the paths that were tried among those that are known", () => {
    const observations = [seen(VIP, PUB_ONE)];
    expect(reportOf(pubSnapshot({ observations, interrupted: true })).verdict.summary).toMatch(
      /^interrupted · 1 of 4 paths /,
    );
  });

  test("an interruption takes nothing from what was seen before it", () => {
    const stopped: Failure = { ...LOST, code: "interrupted", side: "user" };
    const observations = [seen(VIP, PUB_ONE), answered(VIP, PUB_ONE, 0, { failure: stopped })];
    expect(reportOf(pubSnapshot({ observations, interrupted: true })).verdict.summary).toMatch(
      /^interrupted · 1 of 4 paths /,
    );
  });
});
