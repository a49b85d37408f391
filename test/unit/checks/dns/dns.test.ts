import { describe, expect, test } from "vitest";
import { known } from "../../../../src/model/fact.ts";
import type { Failure } from "../../../../src/model/failure.ts";
import type { Resolution, ResolverRef } from "../../../../src/model/resolution.ts";
import type { VpcDns } from "../../../../src/model/vpc.ts";
import { makeRequest } from "../../../../src/target/request.ts";
import { inShort, investigated, notAllowed, of, POLICY } from "../../../support/evidence.ts";
import {
  bothSnapshot,
  failedAt,
  findingOf,
  makeCluster,
  makeEni,
  named,
  PUB_ENIS,
  PUB_HOST,
  PUB_ONE,
  PUB_TWO,
  pubSnapshot,
  reportOf,
  type SnapshotParts,
  seen,
  TCP_TIMEOUT,
} from "../../../support/snapshots.ts";

const VIP = "43.200.53.253";
const VIP_2 = "52.79.39.107";
const [ENI, ENI_2] = ["10.0.20.41", "10.0.95.229"] as const;
const OLD_ENI = "10.0.30.7";
const ELSEWHERE: ResolverRef = { kind: "server", ip: "1.1.1.1", port: 53, system: false };
const OTHER_OWN: ResolverRef = { kind: "server", ip: "10.0.0.3", port: 53, system: true };
const REFUSED: Failure = { ...TCP_TIMEOUT, code: "tcp-refused", message: "refused" };

const PRIVATE_ONLY = known(makeCluster({ publicAccess: "no", privateAccess: "yes" }));
const BOTH = known(makeCluster({ privateAccess: "yes" }));

const noSuchName = (resolver: ResolverRef): Resolution =>
  named([], {
    resolver,
    answer: {
      kind: "failed",
      failure: { code: "dns-nxdomain", phase: "dns", side: "resolver", message: "no such name" },
    },
  });

const noAnswer = (resolver: ResolverRef): Resolution =>
  named([], {
    resolver,
    answer: {
      kind: "failed",
      failure: { code: "dns-timeout", phase: "dns", side: "resolver", message: "no answer" },
    },
  });

const unsent = (cause: string): Resolution =>
  named([], {
    resolver: OTHER_OWN,
    answer: {
      kind: "failed",
      failure: { code: "dns-unreachable", phase: "dns", side: "local", message: "unsent", cause },
    },
  });

const lostWith = (resolutions: readonly Resolution[]) =>
  findingOf(pubSnapshot({ resolutions, observations: [] }), "D01");

describe("D01 dns", () => {
  test("a question that never left this host is no resolver's fault, a refused one is", () => {
    const forbidden = lostWith([unsent("EPERM")]);
    expect(forbidden.side).toBe("local");
    expect(forbidden.next).toContain("ip route get 10.0.0.3");
    expect(lostWith([unsent("ECONNREFUSED")]).side).toBe("resolver");
    expect(lostWith([unsent("EPERM"), noAnswer(ELSEWHERE)]).side).toBe("resolver");
  });

  test("a private endpoint that no resolver gives is to be compared with a public resolver", () => {
    const resolutions = [noSuchName(OTHER_OWN)];
    const lost = { cluster: PRIVATE_ONLY, resolutions, observations: [] };
    expect(findingOf(pubSnapshot(lost), "D01").next).toContain(
      "--resolver system --resolver 1.1.1.1",
    );
    expect(findingOf(pubSnapshot({ ...lost, cluster: BOTH }), "D01").next).toContain("dig +short");
  });
});

const rotated = (more: SnapshotParts = {}) =>
  pubSnapshot({
    cluster: PRIVATE_ONLY,
    resolutions: [named([ENI, OLD_ENI])],
    observations: [seen(ENI, PUB_ONE), seen(ENI_2, PUB_TWO), failedAt(OLD_ENI)],
    ...more,
  });

const lagging = (second: readonly string[], dead = VIP_2) =>
  reportOf(
    pubSnapshot({
      resolutions: [named([VIP, VIP_2]), named(second, { resolver: ELSEWHERE })],
      observations: [seen(VIP, PUB_ONE), failedAt(dead), seen("3.35.0.9", PUB_TWO)],
    }),
  );

const inHostsFile = (ip: string, failure?: Failure) =>
  findingOf(
    pubSnapshot({
      resolutions: [
        named([VIP, VIP_2]),
        named([ip], { resolver: { kind: "hosts-file" }, transport: "none" }),
      ],
      observations: [seen(VIP, PUB_ONE), seen(VIP_2, PUB_TWO), failedAt(ip, failure)],
    }),
    "D04",
  );

describe("D04 stale", () => {
  test("a dead private address that no ENI has is stale, and explains the dead path", () => {
    const report = reportOf(rotated());
    const finding = of(report, "D04");
    expect([finding.status, finding.addresses]).toEqual(["fail", [`${OLD_ENI}:443`]]);
    expect(finding.details.join()).toContain("10.0.20.41, 10.0.95.229 are its ENIs now");
    expect(of(report, "N01").causedBy).toEqual(["D04"]);
  });

  test("also where it refuses: what is gone is not what is restarting", () => {
    const observations = [seen(ENI, PUB_ONE), seen(ENI_2, PUB_TWO), failedAt(OLD_ENI, REFUSED)];
    const report = reportOf(rotated({ observations }));
    expect(of(report, "N07").causedBy).toEqual(["D04"]);
    expect(of(report, "N01").causedBy).toEqual(expect.arrayContaining(["D04"]));
  });

  test("but a dead ENI that EC2 still has is not stale, nor one when EC2 was not to be asked", () => {
    const enis = known([...PUB_ENIS, makeEni(OLD_ENI)]);
    expect(findingOf(rotated({ enis }), "D04").status).toBe("ok");
    expect(findingOf(rotated({ enis: notAllowed }), "D04").status).toBe("ok");
    expect(findingOf(rotated({ enis: known([]) }), "D04").status).toBe("ok");
  });

  test("and an address that answers is not, whoever it is of", () => {
    const observations = [seen(ENI, PUB_ONE), seen(ENI_2, PUB_TWO), seen(OLD_ENI, PUB_ONE)];
    expect(findingOf(rotated({ observations }), "D04").status).toBe("ok");
  });

  test("a dead VIP that one resolver keeps and another has replaced is stale, and why they differ", () => {
    const report = lagging([VIP, "3.35.0.9"]);
    expect(of(report, "D04").details).toEqual([
      `${VIP_2}: dead; only 10.0.0.2 gives it, 1.1.1.1 does not`,
    ]);
    expect(of(report, "D04").next).toContain(`dig ${PUB_HOST} @10.0.0.2 `);
    expect(of(report, "N01").causedBy).toEqual(["D04"]);
    expect(of(report, "D03").causedBy).toEqual(["D04"]);
  });

  test("but a dead VIP that both give is not, nor one beside a resolver of the other horizon", () => {
    expect(of(lagging([VIP, VIP_2]), "D04").status).toBe("ok");
    expect(of(lagging([ENI, ENI_2]), "D04").status).toBe("ok");
    expect(of(lagging([]), "D04").status).toBe("ok");
  });

  test("a hosts entry that outlived its address is this machine's to mend", () => {
    expect(inHostsFile("3.35.0.9")).toMatchObject({
      status: "fail",
      side: "local",
      next: "take the endpoint's line out of /etc/hosts",
    });
  });

  test("but a tunnel's end that is down is no stale address", () => {
    expect(inHostsFile("127.0.0.1", REFUSED).status).toBe("ok");
  });

  test("without an answer there is nothing to be stale", () => {
    expect(findingOf(pubSnapshot({ resolutions: [noAnswer(OTHER_OWN)] }), "D04").status).toBe(
      "skip",
    );
  });
});

const compared = (own: Resolution, more: SnapshotParts = {}) =>
  reportOf(
    pubSnapshot({
      cluster: PRIVATE_ONLY,
      resolutions: [own, named([ENI, ENI_2], { resolver: ELSEWHERE })],
      observations: [seen(ENI, PUB_ONE), seen(ENI_2, PUB_TWO)],
      ...more,
    }),
  );

describe("D05 rebind", () => {
  test.each([
    ["NXDOMAIN", noSuchName(OTHER_OWN)],
    ["no record", named([], { resolver: OTHER_OWN })],
  ])("this machine's own resolver withholds by %s what another gives", (_, own) => {
    const report = compared(own);
    expect(inShort(of(report, "D05"))).toEqual([
      "fail",
      "10.0.0.3 withholds the endpoint's private addresses, which 1.1.1.1 gives",
    ]);
    expect(of(report, "D01").causedBy).toEqual(["D05"]);
  });

  test("one that was only named here, and no client asks, is a warning", () => {
    const report = compared(noSuchName({ ...OTHER_OWN, system: false }));
    expect(of(report, "D05").status).toBe("warn");
  });

  test("silence is not withholding", () => {
    const report = compared(noAnswer(OTHER_OWN));
    expect(of(report, "D05").status).toBe("ok");
    expect(of(report, "D01")).toMatchObject({ status: "warn", causedBy: [] });
  });

  test("a private address that no ENI has is no public answer", () => {
    const stale = pubSnapshot({
      cluster: BOTH,
      resolutions: [named([OLD_ENI])],
      observations: [failedAt(OLD_ENI)],
    });
    expect(findingOf(stale, "D06").status).toBe("ok");
    expect(findingOf(stale, "N02").status).toBe("skip");
  });

  test("public addresses are nothing to withhold, nor has a lone resolver anybody to differ from", () => {
    expect(of(compared(noSuchName(OTHER_OWN), { cluster: BOTH }), "D05").status).toBe("skip");
    expect(of(compared(noSuchName(OTHER_OWN), { resolutions: [named([ENI])] }), "D05").status).toBe(
      "skip",
    );
    expect(of(compared(named([ENI], { resolver: OTHER_OWN })), "D05").status).toBe("ok");
  });

  test("needs the cluster", () => {
    expect(of(compared(named([ENI]), { cluster: notAllowed }), "D05").blockedBy).toEqual(["C01"]);
  });
});

const RIGHT: VpcDns = { support: "yes", hostnames: "yes", nameServers: ["AmazonProvidedDNS"] };

const inVpc = (dns: Partial<VpcDns> | undefined, more: SnapshotParts = {}) =>
  findingOf(
    pubSnapshot({
      cluster: BOTH,
      investigation: investigated(dns === undefined ? {} : { vpcDns: known({ ...RIGHT, ...dns }) }),
      ...more,
    }),
    "D06",
  );

describe("D06 vpc dns", () => {
  test.each([
    [{ support: "no" }, "enableDnsSupport", "--enable-dns-support"],
    [{ hostnames: "no" }, "enableDnsHostnames", "--enable-dns-hostnames"],
    [{ nameServers: ["10.0.7.7"] }, "DHCP options", "forward"],
    [{}, "this host asks another", "/etc/resolv.conf"],
  ] as const)("public addresses inside the VPC with %j: the cause is named", (dns, words, next) => {
    const finding = inVpc(dns);
    expect(finding.status).toBe("warn");
    expect(finding.summary).toContain(words);
    expect(finding.next).toContain(next);
  });

  test("the VPC's own resolver goes by several names", () => {
    for (const own of ["10.0.0.2", "169.254.169.253"])
      expect(inVpc({ nameServers: [own] }).summary).toContain("this host asks another");
  });

  test("why is not known until it is asked, and then says what it takes", () => {
    expect(inVpc(undefined).next).toContain("--deep");
    const denied = inVpc(undefined, { investigation: investigated({ vpcDns: notAllowed }) });
    expect([denied.status, denied.next]).toEqual(["warn", POLICY]);
  });

  test("explains public addresses that are blocked from inside the VPC", () => {
    const report = reportOf(
      pubSnapshot({
        cluster: BOTH,
        observations: [failedAt(VIP), failedAt(VIP_2), seen(ENI, PUB_ONE), seen(ENI_2, PUB_TWO)],
      }),
    );
    expect(of(report, "N01").causedBy).toContain("D06");
  });

  test("ENIs are the right answer, and public ones are right elsewhere or with one mode", () => {
    expect(inVpc({}, { resolutions: [named([ENI, ENI_2])] }).status).toBe("ok");
    expect(inVpc({}, { localIps: ["192.168.0.7"], observations: [] }).status).toBe("skip");
    expect(inVpc({}, { cluster: known(makeCluster()) }).status).toBe("skip");
  });

  test("a public resolver that was asked by name gives the public answer by design", () => {
    expect(findingOf(bothSnapshot(), "D06").status).toBe("ok");
    expect(inVpc({}, { resolutions: [named([VIP, VIP_2], { resolver: ELSEWHERE })] }).status).toBe(
      "skip",
    );
  });
});

const outside = (observations: SnapshotParts["observations"], more: SnapshotParts = {}) =>
  reportOf(
    pubSnapshot({
      cluster: BOTH,
      localIps: ["192.168.0.7"],
      vpcCidrs: known(["10.0.0.0/18"]),
      observations: observations ?? [],
      ...more,
    }),
  );

describe("D07 zone", () => {
  test("VIPs are blocked while ENIs answer: the name has to lead to them", () => {
    const report = outside([failedAt(VIP), failedAt(VIP_2), seen(ENI, PUB_ONE)]);
    expect(of(report, "D07")).toMatchObject({
      status: "fail",
      addresses: [`${VIP}:443`, `${VIP_2}:443`],
    });
    expect(of(report, "N01").causedBy).toContain("D07");
  });

  test("one VIP that answers is a way, and ENIs that do not are none", () => {
    expect(
      of(outside([seen(VIP, PUB_ONE), failedAt(VIP_2), seen(ENI, PUB_ONE)]), "D07").status,
    ).toBe("ok");
    expect(of(outside([failedAt(VIP), failedAt(VIP_2)]), "D07").status).toBe("skip");
    expect(of(outside([]), "D07").status).toBe("skip");
  });

  test("in the VPC, or with one mode only, there is no zone to forward", () => {
    const observations = [failedAt(VIP), failedAt(VIP_2), seen(ENI, PUB_ONE)];
    expect(of(outside(observations, { vpcCidrs: known(["10.0.0.0/16"]) }), "D07").status).toBe(
      "skip",
    );
    expect(of(outside(observations, { cluster: known(makeCluster()) }), "D07").status).toBe("skip");
    expect(of(outside(observations, { cluster: notAllowed }), "D07").blockedBy).toEqual(["C01"]);
  });

  test("--paths vip leaves no ENI to compare with", () => {
    const request = makeRequest("gonz-eks-pub", { paths: ["vip"] });
    expect(of(outside([failedAt(VIP), failedAt(VIP_2)], { request }), "D07").status).toBe("skip");
  });
});
