import { describe, expect, test } from "vitest";
import { known, skipped, unknown } from "../../../../src/model/fact.ts";
import type { Failure, FailureCode } from "../../../../src/model/failure.ts";
import type { Egress, Investigation } from "../../../../src/model/investigation.ts";
import type { KubeconfigEntry, ProxySettings } from "../../../../src/model/local-settings.ts";
import { makeRequest } from "../../../../src/target/request.ts";
import { inShort, investigated, notAllowed, of, POLICY } from "../../../support/evidence.ts";
import { inspection } from "../../../support/inspections.ts";
import {
  failedAt,
  findingOf,
  makeCluster,
  named,
  PRI_CLUSTER,
  PUB_ONE,
  PUB_TWO,
  priSnapshot,
  pubSnapshot,
  reportOf,
  type SnapshotParts,
  seen,
  TCP_TIMEOUT,
} from "../../../support/snapshots.ts";

const VIP = "43.200.53.253";
const VIP_2 = "52.79.39.107";
const [ENI, ENI_2] = ["10.0.20.41", "10.0.95.229"] as const;
const V6 = "2600:1f16::1";
const MINE = "203.0.113.7";

const failure = (code: FailureCode, phase: Failure["phase"] = "tcp"): Failure => ({
  code,
  phase,
  side: "network",
  message: `said ${code}`,
});

/** A connection that was made before it failed. */
const brokenAt = (ip: string, code: FailureCode) =>
  failedAt(ip, failure(code, "tls"), {
    timings: { tcpMs: 2, tlsMs: undefined, ttfbMs: undefined, totalMs: 5_000 },
  });

const restricted = known(makeCluster({ publicAccessCidrs: ["198.51.100.0/24"] }));
const leaving = (ip: string, source: Egress["source"] = "flag"): Partial<Investigation> => ({
  egress: known({ ip, source }),
});

const dropped = (evidence: Partial<Investigation>, more: SnapshotParts = {}) =>
  reportOf(
    pubSnapshot({
      cluster: restricted,
      observations: [failedAt(VIP), failedAt(VIP_2)],
      investigation: investigated(evidence),
      ...more,
    }),
  );

describe("N02 allowed", () => {
  test("every VIP is silent and the allowlist lacks this host: names all three, and folds N01", () => {
    const report = dropped(leaving(MINE));
    const finding = of(report, "N02");
    expect(inShort(finding)).toEqual([
      "fail",
      `publicAccessCidrs do not let ${MINE} in: every public address is silent`,
    ]);
    expect(finding.details).toEqual([
      `this host leaves as ${MINE} (as --egress-ip says)`,
      "publicAccessCidrs: 198.51.100.0/24",
    ]);
    expect(finding.next).toContain(
      `aws eks update-cluster-config --name gonz-eks-pub --region ap-northeast-2 --resources-vpc-config publicAccessCidrs=198.51.100.0/24,${MINE}/32   #`,
    );
    expect(of(report, "N01").causedBy).toEqual(["N02"]);
  });

  test("a host that the allowlist has is dropped by something else", () => {
    const report = dropped(leaving("198.51.100.7", "metadata"));
    expect(inShort(of(report, "N02"))).toEqual([
      "ok",
      "publicAccessCidrs let 198.51.100.7 in (by the instance's metadata)",
    ]);
    expect(of(report, "N01")).toMatchObject({ status: "fail", causedBy: [] });
  });

  test("a refusal, or one VIP that is silent, is no allowlist's doing", () => {
    const refusing = [failedAt(VIP, failure("tcp-refused")), failedAt(VIP_2)];
    expect(of(dropped(leaving(MINE), { observations: refusing }), "N02").status).toBe("ok");
    const one = [seen(VIP, PUB_ONE), failedAt(VIP_2)];
    expect(of(dropped(leaving(MINE), { observations: one }), "N02").status).toBe("ok");
  });

  test("an allowlist that lets everyone in is not to blame", () => {
    const report = dropped(leaving(MINE), { cluster: known(makeCluster()) });
    expect(of(report, "N02").status).toBe("ok");
    expect(of(report, "N01").next).toContain("publicAccessCidrs let everyone in");
  });

  test("without this host's address it cannot tell, says how, and blames nobody", () => {
    const report = dropped({ egress: skipped("not known") });
    expect(of(report, "N02").status).toBe("unknown");
    expect(of(report, "N02").next).toContain(
      "eks-probe check --cluster gonz-eks-pub --egress-ip IP",
    );
    expect(of(report, "N01")).toMatchObject({ status: "fail", causedBy: [] });
    const lost = unknown(failure("service-unreachable", "investigate"));
    expect(of(dropped({ egress: lost }), "N02").details).toContain("said service-unreachable");
  });

  test("an address of the other family tells nothing of this one", () => {
    expect(of(dropped(leaving("2001:db8::7")), "N02")).toMatchObject({
      status: "unknown",
      summary: "which IPv4 address this host has outside is not known",
    });
  });

  test("an allowlist that EKS does not tell is not an empty one", () => {
    const cluster = known(makeCluster({ publicAccessCidrs: undefined }));
    expect(of(dropped(leaving(MINE), { cluster }), "N02").status).toBe("unknown");
  });

  test("skips where public access is off, or no VIP was tried", () => {
    expect(findingOf(priSnapshot(), "N02").status).toBe("skip");
    expect(of(dropped(leaving(MINE), { observations: [] }), "N02").status).toBe("skip");
    expect(of(dropped({}, { cluster: notAllowed }), "N02").blockedBy).toEqual(["C01"]);
  });
});

const nat = (publicIps: readonly string[], state: string | undefined = "available") =>
  known([{ id: "nat-1", subnetId: "subnet-0a", state, publicIps }]);

const behind = (natGateways: Investigation["natGateways"], cluster = restricted) =>
  findingOf(pubSnapshot({ cluster, investigation: investigated({ natGateways }) }), "N03");

describe("N03 nat", () => {
  test("nodes leave by an address that the allowlist lacks, and have no private way", () => {
    const finding = behind(nat([MINE]));
    expect(finding.status).toBe("warn");
    expect(finding.summary).toContain(MINE);
    expect(finding.next).toContain("endpointPrivateAccess=true");
  });

  test("one that the allowlist has is fine, and so is one that is gone", () => {
    expect(behind(nat(["198.51.100.9"])).status).toBe("ok");
    expect(behind(nat([MINE], "deleted")).status).toBe("skip");
  });

  test("with private access on, or everyone let in, it does not matter", () => {
    const both = known(
      makeCluster({ privateAccess: "yes", publicAccessCidrs: ["198.51.100.0/24"] }),
    );
    expect(behind(nat([MINE]), both).status).toBe("skip");
    expect(behind(nat([MINE]), known(makeCluster())).status).toBe("ok");
  });

  test("not asked is skipped, denied is not known, unknown access is not off", () => {
    expect(behind(skipped("not asked")).status).toBe("skip");
    expect(behind(notAllowed)).toMatchObject({ status: "unknown", next: POLICY });
    const cluster = known(
      makeCluster({ privateAccess: "unknown", publicAccessCidrs: ["198.51.100.0/24"] }),
    );
    expect(behind(nat([MINE]), cluster).status).toBe("skip");
  });

  test("explains no path of this host's", () => {
    const observations = [failedAt(VIP), failedAt(VIP_2)];
    const report = reportOf(
      pubSnapshot({
        cluster: restricted,
        observations,
        investigation: investigated({ natGateways: nat([MINE]) }),
      }),
    );
    expect(of(report, "N01").causedBy).toEqual([]);
  });
});

const PRI = ["10.0.58.12", "10.0.18.90"] as const;

const laptop = (more: SnapshotParts = {}) =>
  reportOf(
    priSnapshot({
      localIps: ["192.168.0.7"],
      observations: PRI.map((ip) => failedAt(ip)),
      ...more,
    }),
  );

describe("N04 way in", () => {
  test("a private endpoint from a laptop: not a failure of the endpoint, and N01 says no more", () => {
    const report = laptop();
    expect(of(report, "N04").status).toBe("unknown");
    expect(of(report, "N04").next).toContain("aws ssm start-session");
    expect(of(report, "N01").causedBy).toEqual(["N04"]);
    expect(report.verdict.exitCode).toBe(3);
  });

  test("where it is not known whether this is the VPC, it says so", () => {
    const report = laptop({ vpcCidrs: notAllowed });
    expect(of(report, "N04").details[0]).toContain("whether this host is in the VPC is not known");
  });

  test("from inside the VPC silence is a failure, and no lack of a way", () => {
    const report = laptop({ localIps: ["10.0.105.163"] });
    expect(of(report, "N04").status).toBe("ok");
    expect(of(report, "N01")).toMatchObject({ status: "fail", causedBy: [] });
  });

  test("one private address that answers is a way", () => {
    const report = laptop({ observations: [seen(PRI[0], PUB_ONE), failedAt(PRI[1])] });
    expect(of(report, "N04").status).toBe("ok");
  });

  test("skips where public access is on, or nothing was tried", () => {
    expect(findingOf(pubSnapshot(), "N04").status).toBe("skip");
    expect(of(laptop({ observations: [] }), "N04").status).toBe("skip");
    const cluster = known({ ...PRI_CLUSTER, publicAccess: "unknown" as const });
    expect(of(laptop({ cluster }), "N04").status).toBe("skip");
  });
});

const refusing = (ip: string, more: SnapshotParts = {}) =>
  reportOf(
    pubSnapshot({
      observations: [seen(VIP, PUB_ONE), failedAt(ip, failure("tcp-refused"))],
      ...more,
    }),
  );

describe("N07 refused", () => {
  test("a VIP that refuses is a server's affair, and the path's failure its symptom", () => {
    const report = refusing(VIP_2);
    expect(of(report, "N07")).toMatchObject({ status: "fail", side: "server" });
    expect(of(report, "N01").causedBy).toEqual(["N07"]);
  });

  test("loopback that refuses is a tunnel that is down on this host", () => {
    const report = refusing("127.0.0.1", {
      resolutions: [
        named([VIP]),
        named(["127.0.0.1"], { resolver: { kind: "hosts-file" }, transport: "none" }),
      ],
    });
    const finding = of(report, "N07");
    expect(finding.side).toBe("local");
    expect(finding.details[0]).toContain("as the hosts file says; the tunnel");
    expect(finding.next).toContain("ss -ltn");
  });

  test("silence is not refusal", () => {
    const report = refusing(VIP_2, { observations: [seen(VIP, PUB_ONE), failedAt(VIP_2)] });
    expect(of(report, "N07").status).toBe("ok");
    expect(of(report, "N01").causedBy).toEqual([]);
  });

  test("does not claim the path that failed otherwise", () => {
    const observations = [failedAt(VIP), failedAt(VIP_2, failure("tcp-refused"))];
    expect(of(refusing(VIP_2, { observations }), "N01").causedBy).toEqual([]);
  });

  test("without any answer there is nothing to say", () => {
    expect(of(refusing(VIP, { observations: [] }), "N07").status).toBe("skip");
  });
});

describe.each([
  ["N08", "tls-timeout"],
  ["N10", "tls-reset"],
] as const)("%s by %s", (code, broken) => {
  test("everywhere is the network's doing, and N01 its symptom", () => {
    const observations = [VIP, VIP_2].map((ip) => brokenAt(ip, broken));
    const report = reportOf(pubSnapshot({ observations }));
    expect(of(report, code)).toMatchObject({ status: "fail", side: "network" });
    expect(of(report, code).summary).toContain("all 2 addresses");
    expect(of(report, "N01").causedBy).toEqual([code]);
  });

  test("at one of several is that server's, with another word for it", () => {
    const report = reportOf(
      pubSnapshot({ observations: [seen(VIP, PUB_ONE), brokenAt(VIP_2, broken)] }),
    );
    expect(of(report, code)).toMatchObject({ status: "fail", side: "server" });
    expect(of(report, code).summary).toContain("1 of 2 addresses");
    expect(of(report, code).details).toEqual(
      expect.arrayContaining([expect.stringContaining(`${VIP_2}: said`)]),
    );
  });

  test("at the only one that was tried is not called everywhere", () => {
    const report = reportOf(
      pubSnapshot({ resolutions: [named([VIP])], observations: [brokenAt(VIP, broken)] }),
    );
    expect(of(report, code).side).toBe("server");
  });

  test("does not happen to who never connected, nor by another failure", () => {
    expect(findingOf(pubSnapshot({ observations: [failedAt(VIP)] }), code).status).toBe("skip");
    expect(findingOf(pubSnapshot(), code).status).toBe("ok");
    const other = code === "N08" ? "tls-reset" : "tls-timeout";
    expect(findingOf(pubSnapshot({ observations: [brokenAt(VIP, other)] }), code).status).toBe(
      "ok",
    );
  });
});

const stallDetails = (observations: SnapshotParts["observations"]) =>
  findingOf(pubSnapshot({ observations: observations ?? [] }), "N08").details.join();

test("N08: where all VIPs stall and the ENIs do not, the way is suspected before the servers", () => {
  const vips = [VIP, VIP_2].map((ip) => brokenAt(ip, "tls-timeout"));
  expect(stallDetails([...vips, seen(ENI, PUB_ONE)])).toContain("only the public addresses stall");
  expect(stallDetails([brokenAt(VIP, "tls-timeout"), seen(VIP_2, PUB_TWO)])).not.toContain(
    "only the",
  );
});

const asked = (largeAnswer: ReturnType<typeof inspection>["largeAnswer"]) =>
  findingOf(pubSnapshot({ inspections: [inspection(VIP, PUB_ONE, { largeAnswer })] }), "N09");

describe("N09 large", () => {
  test("small answers pass and a large one hangs: the MTU, at that server's addresses", () => {
    const finding = asked(unknown(failure("body-timeout", "body")));
    expect([finding.status, finding.addresses]).toEqual(["fail", [`${VIP}:443`]]);
    expect(finding.next).toContain("ping -c 3 -M do -s 1472 43.200.53.253");
  });

  test("a large answer that was refused never set out", () => {
    expect(asked(unknown({ ...failure("http-status", "http"), side: "user" })).status).toBe(
      "unknown",
    );
    expect(inShort(asked(known({ bytes: 40_000 })))).toEqual([
      "ok",
      "answers of up to 40000 bytes arrive whole",
    ]);
  });

  test("an /api that stops half-way is told without being asked, and explains the path", () => {
    const observations = [seen(VIP, PUB_ONE), failedAt(VIP_2, failure("body-timeout", "body"))];
    const report = reportOf(pubSnapshot({ observations }));
    expect(of(report, "N09").status).toBe("fail");
    expect(of(report, "N01").causedBy).toEqual(["N09"]);
  });

  test("an answer that never began is another matter; not asked is skipped", () => {
    const observations = [failedAt(VIP, failure("http-timeout", "http"))];
    expect(findingOf(pubSnapshot({ observations }), "N09").status).toBe("skip");
    expect(findingOf(pubSnapshot(), "N09").status).toBe("skip");
  });
});

const proxied = (proxy: Partial<ProxySettings>, kubeconfig: readonly KubeconfigEntry[] = []) =>
  findingOf(
    pubSnapshot({
      local: {
        proxy: {
          httpsProxy: "http://proxy.corp.example:3128",
          variable: "HTTPS_PROXY",
          noProxy: [],
          unreadable: [],
          ...proxy,
        },
        kubeconfig: known(kubeconfig),
      },
    }),
    "N11",
  );

const entry: KubeconfigEntry = {
  file: "/home/me/.kube/config",
  context: "pub",
  current: true,
  matchedBy: "server",
  server: "https://example",
  tlsServerName: undefined,
  certificateAuthority: skipped("none"),
  skipsVerification: false,
  proxyUrl: "http://127.0.0.1:8888",
  user: { kind: "other" },
};

describe("N11 proxy", () => {
  test("a proxy that NO_PROXY does not keep from the endpoint is a warning with the cure", () => {
    const finding = proxied({ noProxy: ["10.0.0.0/16", "corp.example"] });
    expect(inShort(finding)).toEqual([
      "warn",
      "kubectl would go to the endpoint through http://proxy.corp.example:3128; eks-probe does not",
    ]);
    expect(finding.next).toContain(
      "export NO_PROXY=10.0.0.0/16,corp.example,.eks.amazonaws.com   #",
    );
    expect(finding.details.join()).not.toContain("tunnel");
  });

  test.each([[".eks.amazonaws.com"], ["amazonaws.com"], ["*"]])("NO_PROXY=%s does", (part) => {
    expect(proxied({ noProxy: [part] }).status).toBe("ok");
  });

  test("a proxy on this very host is likely a tunnel, which is no proxy", () => {
    const finding = proxied({ httpsProxy: "http://localhost:8443", variable: "https_proxy" });
    expect(finding.details.join()).toContain("is no proxy");
    expect(finding.next).toBe("unset https_proxy");
    expect(proxied({ httpsProxy: "http://localhost.corp.example:1" }).details.join()).not.toContain(
      "is no proxy",
    );
  });

  test("a kubeconfig's own proxy counts whatever NO_PROXY says", () => {
    const finding = proxied({ httpsProxy: undefined, noProxy: ["*"] }, [entry]);
    expect(finding.status).toBe("warn");
    expect(finding.details.join()).toContain("context pub has proxy-url http://127.0.0.1:8888");
    expect(proxied({ httpsProxy: undefined }, [{ ...entry, proxyUrl: undefined }]).status).toBe(
      "ok",
    );
  });

  test("spaces do not divide NO_PROXY, and the cure has commas", () => {
    const finding = proxied({ noProxy: ["localhost .eks.amazonaws.com"] });
    expect(finding.status).toBe("warn");
    expect(finding.details.join()).toContain("commas divide it, not spaces");
    expect(finding.next).toContain("NO_PROXY=localhost,.eks.amazonaws.com,");
  });

  test("what is no URL is still a proxy that kubectl tries", () => {
    const odd = { httpsProxy: undefined, unreadable: ["HTTPS_PROXY"] };
    expect(proxied(odd).summary).toContain("HTTPS_PROXY is set to what is no proxy's URL");
    expect(proxied({ ...odd, noProxy: [".eks.amazonaws.com"] }).status).toBe("ok");
  });

  test("none is ok, and without an endpoint there is nothing to leave out", () => {
    expect(findingOf(pubSnapshot(), "N11").summary).toBe("no proxy is set");
    expect(findingOf(pubSnapshot({ cluster: notAllowed }), "N11").blockedBy).toEqual(["C01"]);
  });
});

const noRoute = failure("tcp-unreachable");

const host = (localIps: readonly string[], more: SnapshotParts = {}) =>
  reportOf(
    pubSnapshot({
      localIps,
      enis: known([]),
      resolutions: [named([VIP, VIP_2])],
      observations: [failedAt(VIP, noRoute), failedAt(VIP_2, noRoute)],
      ...more,
    }),
  );

describe("N12 family", () => {
  test("an IPv6-only host and an endpoint that has only IPv4", () => {
    const report = host([V6, "fe80::1"]);
    expect(of(report, "N12").status).toBe("fail");
    expect(of(report, "N12").summary).toContain("this host has no IPv4 address, and 1368909f");
    expect(of(report, "N01").causedBy).toEqual(["N12"]);
  });

  test("a host that has IPv4 and no route for it is told of the route", () => {
    expect(of(host(["192.168.0.7"]), "N12").summary).toContain(
      "has no route to the endpoint's IPv4",
    );
  });

  test("one address that can be reached, or silence, is another matter", () => {
    const one = [seen(VIP, PUB_ONE), failedAt(VIP_2, noRoute)];
    expect(of(host(["192.168.0.7"], { observations: one }), "N12").status).toBe("ok");
    const silent = [failedAt(VIP, TCP_TIMEOUT), failedAt(VIP_2, noRoute)];
    expect(of(host(["192.168.0.7"], { observations: silent }), "N12").status).toBe("skip");
  });

  test("the other family is lost with -6 on a host without it, and not where IPv4 does", () => {
    const request = makeRequest("gonz-eks-pub", { family: 6 });
    const parts = { resolutions: [named([V6])], observations: [failedAt(V6, noRoute)] };
    expect(of(host(["192.168.0.7"], { ...parts, request }), "N12").summary).toContain(
      "no IPv6 address",
    );
    const dual = {
      resolutions: [named([VIP]), named([V6])],
      observations: [seen(VIP, PUB_TWO), failedAt(V6, noRoute)],
    };
    expect(of(host(["192.168.0.7"], dual), "N12").status).toBe("ok");
  });
});

test("ENIs that answer leave nothing to explain, though their VIPs are silent", () => {
  const report = reportOf(
    pubSnapshot({
      cluster: restricted,
      observations: [failedAt(VIP), failedAt(VIP_2), seen(ENI, PUB_ONE), seen(ENI_2, PUB_TWO)],
      investigation: investigated(leaving(MINE)),
    }),
  );
  expect(of(report, "N02").status).toBe("fail");
  expect(of(report, "N05").status).toBe("skip");
  expect(of(report, "N06").status).toBe("skip");
});
