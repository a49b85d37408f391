import { describe, expect, test } from "vitest";
import { buildMap } from "../../../src/map/build.ts";
import type { Coverage, LeaseView } from "../../../src/model/coverage.ts";
import { known, skipped, unknown, valueOf } from "../../../src/model/fact.ts";
import type { IdentityLease, ServiceEndpoints } from "../../../src/model/inspection.ts";
import {
  deepSnapshot,
  denied,
  FORBIDDEN,
  inspection,
  lease,
  leaseName,
} from "../../support/inspections.ts";
import {
  answered,
  makeCluster,
  makeEni,
  makeLeaf,
  named,
  PRI_CLUSTER,
  PUB_HOST,
  PUB_ONE,
  PUB_TWO,
  priSnapshot,
  pubSnapshot,
  type Server,
  type SnapshotParts,
  seen,
} from "../../support/snapshots.ts";

const HIDDEN: Server = {
  ...PUB_ONE,
  host: "ip-172-16-98-23.ap-northeast-2.compute.internal",
  byte: "E5",
};

function coverageWith(
  leases: readonly IdentityLease[],
  parts: SnapshotParts = {},
): readonly LeaseView[] {
  const { coverage } = buildMap(deepSnapshot({ leases: known(leases) }, parts));
  return valueOf(coverage.leases) ?? [];
}

const inShort = (views: readonly LeaseView[]) =>
  views.map(({ apiServer, live, ageSeconds }) => [apiServer, live, ageSeconds]);

describe("leases", () => {
  test("a live one whose server no probe met is a server that you do not see", () => {
    const views = coverageWith([lease(PUB_ONE, 5), lease(PUB_TWO, 7), lease(HIDDEN, 9)]);
    expect(inShort(views)).toEqual([
      ["A", true, 5],
      ["B", true, 7],
      [undefined, true, 9],
    ]);
    expect(views[2]?.host).toBe(HIDDEN.host);
  });

  test("live is renewed within a minute, not there", () => {
    const views = coverageWith([lease(PUB_ONE, 60), lease(PUB_TWO, 61)]);
    expect(inShort(views)).toEqual([
      ["A", true, 60],
      ["B", false, 61],
    ]);
  });

  test("age is by the server's clock, so that a wrong one here makes no server dead", () => {
    const leases = known([lease(PUB_ONE, -300)]);
    const snapshot = deepSnapshot({ leases, clockSkewMs: 303_000 });
    const [view] = valueOf(buildMap(snapshot).coverage.leases) ?? [];
    expect([view?.live, view?.ageSeconds]).toEqual([true, 3]);
  });

  test("a restart shows as another incarnation on the same host", () => {
    const before = lease(PUB_TWO, 610, { name: "apiserver-old", incarnation: "before" });
    const after = lease(PUB_TWO, 4, { incarnation: "after" });
    const views = coverageWith([lease(PUB_ONE, 5), before, after]);
    expect(views.map(({ apiServer, incarnation, live }) => [apiServer, incarnation, live])).toEqual(
      [
        ["B", "after", true],
        ["A", "00000000-0000-4000-8000-0000000000a1", true],
        ["B", "before", false],
      ],
    );
  });

  test("without a label the name tells, which is computed from the host", () => {
    const [view] = coverageWith([lease(PUB_TWO, 5, { host: undefined })]);
    expect(view).toMatchObject({ apiServer: "B", host: PUB_TWO.host });
  });

  test("with neither it is nobody's: no guess", () => {
    const drawn = lease(PUB_TWO, 5, { host: undefined, name: "kube-apiserver-by-chance" });
    expect(coverageWith([drawn])[0]).toMatchObject({ apiServer: undefined, host: undefined });
  });

  test("a label with the first part of the name is the same host, one that begins like it is not", () => {
    const short = lease(PUB_ONE, 5, { name: "x", host: "ip-172-16-57-254" });
    const other = lease(PUB_ONE, 6, { name: "y", host: "ip-172-16-57-25" });
    expect(coverageWith([short, other]).map(({ apiServer }) => apiServer)).toEqual([
      "A",
      undefined,
    ]);
  });

  test("what one path was denied another may have been told", () => {
    const inspections = [
      inspection("43.200.53.253", PUB_ONE, { leases: denied }),
      inspection("52.79.39.107", PUB_TWO),
    ];
    expect(buildMap(deepSnapshot({}, { inspections })).coverage.leases.kind).toBe("known");
  });

  test("denied everywhere is unknown with the reason; not asked is skipped", () => {
    expect(buildMap(deepSnapshot({ leases: denied })).coverage.leases).toEqual(unknown(FORBIDDEN));
    expect(buildMap(pubSnapshot()).coverage.leases).toEqual(skipped("not asked; --deep asks"));
  });
});

describe("the lease as a signal", () => {
  test("is the fourth that agrees", () => {
    const { apiServers } = buildMap(deepSnapshot());
    expect(apiServers.map(({ agreement }) => agreement)).toEqual(
      ["A", "B"].map(() => ({
        kind: "agree",
        signals: [
          "server-address",
          "certificate-host",
          "certificate-fingerprint",
          "identity-lease",
        ],
      })),
    );
  });

  test("gives a server that only its certificate names a second signal", () => {
    const forbidden = [answered("43.200.53.253", PUB_ONE, 403)];
    const inspections = [inspection("43.200.53.253", PUB_ONE, { serverAddress: denied })];
    const { apiServers } = buildMap(deepSnapshot({}, { observations: forbidden, inspections }));
    expect(apiServers[0]?.agreement).toEqual({
      kind: "agree",
      signals: ["certificate-host", "identity-lease"],
    });
  });

  test("does not settle a disagreement of the others", () => {
    const probe = seen("43.200.53.253", PUB_ONE);
    const tls = probe.tls && { ...probe.tls, leaf: makeLeaf(PUB_TWO, PUB_HOST) };
    const { apiServers } = buildMap(deepSnapshot({}, { observations: [{ ...probe, tls }] }));
    expect(apiServers[0]?.agreement.kind).toBe("disagree");
  });

  test("one of another host adds nothing", () => {
    const snapshot = deepSnapshot({ leases: known([lease(HIDDEN, 5)]) });
    expect(buildMap(snapshot).apiServers[0]?.agreement).toMatchObject({
      signals: expect.not.arrayContaining(["identity-lease"]),
    });
    expect(leaseName(HIDDEN)).not.toBe(leaseName(PUB_ONE));
  });
});

const slices = (...ips: readonly string[]) => {
  const addresses = ips.map((ip) => ({ ip, port: 443, ready: "yes" }) as const);
  const fact = known<ServiceEndpoints>({ source: "endpointslices/v1", addresses });
  return { serviceEndpoints: fact };
};

function sourcesWith(...[change, parts]: Parameters<typeof deepSnapshot>): Coverage["sources"] {
  return buildMap(deepSnapshot(change, parts)).coverage.sources;
}

describe("EC2's ENIs, the service and DNS", () => {
  test("agree where they list the same, in whatever order", () => {
    expect(sourcesWith(slices("10.0.95.229", "10.0.20.41", "10.0.20.41"))).toMatchObject({
      service: { value: { source: "endpointslices/v1", ips: ["10.0.20.41", "10.0.95.229"] } },
      missingInService: [],
      missingInEc2: [],
      unknownInDns: [],
    });
  });

  test("slices that lag have one too many and one too few", () => {
    expect(sourcesWith(slices("10.0.20.41", "10.0.33.7"))).toMatchObject({
      missingInService: ["10.0.95.229"],
      missingInEc2: ["10.0.33.7"],
    });
  });

  test("nothing is missing in a list that could not be had", () => {
    const nothing = { missingInService: [], missingInEc2: [], unknownInDns: [] };
    expect(sourcesWith({ serviceEndpoints: denied })).toMatchObject({
      ...nothing,
      service: { kind: "unknown" },
    });
    expect(sourcesWith(slices("10.0.33.7"), { enis: denied })).toMatchObject(nothing);
  });

  test("DNS that gives a private address of no ENI beside ENIs lags", () => {
    const snapshot = priSnapshot({
      resolutions: [named(["10.0.58.12", "10.0.44.44"], { name: "x" })],
    });
    expect(buildMap(snapshot).coverage.sources).toMatchObject({
      dns: known(["10.0.44.44", "10.0.58.12"]),
      unknownInDns: ["10.0.44.44"],
    });
  });

  test("public answers are another way in, and prove nothing of the ENIs", () => {
    expect(sourcesWith()).toMatchObject({ dns: known([]), unknownInDns: [] });
  });

  test("without an answer of DNS its list is not empty but not there", () => {
    expect(sourcesWith({}, { resolutions: [] }).dns).toEqual(skipped("DNS named no address"));
  });
});

const clusterIp = (parts: SnapshotParts): Coverage["clusterIp"] =>
  buildMap(pubSnapshot(parts)).coverage.clusterIp;

describe("the service's ClusterIP", () => {
  test("is the first address of the range, and in every leaf", () => {
    expect(clusterIp({})).toEqual(known({ ip: "172.20.0.1", inCertificates: "yes" }));
  });

  test("is missed in the one leaf that lacks it", () => {
    const two = seen("52.79.39.107", PUB_TWO);
    const leaf = makeLeaf(PUB_TWO, PUB_HOST, { ipAddresses: ["10.0.95.229"] });
    const observations = [
      seen("43.200.53.253", PUB_ONE),
      { ...two, tls: two.tls && { ...two.tls, leaf } },
    ];
    expect(clusterIp({ observations })).toMatchObject({ value: { inCertificates: "no" } });
  });

  test("of an IPv6 cluster is of the IPv6 range", () => {
    const cluster = known(
      makeCluster({ serviceIpv4Cidr: undefined, serviceIpv6Cidr: "fd12:3456::/108" }),
    );
    expect(clusterIp({ cluster })).toMatchObject({ value: { ip: "fd12:3456::1" } });
  });

  test("is unknown without leaves, and skipped without a range", () => {
    expect(clusterIp({ observations: [] })).toMatchObject({ value: { inCertificates: "unknown" } });
    expect(clusterIp({ cluster: known(makeCluster({ serviceIpv4Cidr: undefined })) }).kind).toBe(
      "skipped",
    );
    expect(
      clusterIp({ cluster: known({ ...PRI_CLUSTER, serviceIpv4Cidr: "nonsense" }) }).kind,
    ).toBe("skipped");
  });

  test("an ENI more or less is no matter of its", () => {
    expect(clusterIp({ enis: known([makeEni("10.0.20.41")]) }).kind).toBe("known");
  });
});
