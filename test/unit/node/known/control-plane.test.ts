import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Fact, known, skipped, unknown, valueOf } from "../../../../src/model/fact.ts";
import type { Failure } from "../../../../src/model/failure.ts";
import type { KnownControlPlane } from "../../../../src/model/node/control-plane.ts";
import type { NodeSnapshot } from "../../../../src/model/node/snapshot.ts";
import type { Snapshot } from "../../../../src/model/snapshot.ts";
import { joinFlows } from "../../../../src/node/join/flows.ts";
import {
  controlPlaneOf,
  controlPlaneUnasked,
  endpointPort,
} from "../../../../src/node/known/control-plane.ts";
import { lineOf } from "../../../support/joined-world.ts";
import {
  at,
  CLUSTER_IP,
  ENI_ONE,
  ENI_TWO,
  ipvsTo,
  KUBELET,
  nodeWorld,
  notRead,
  rulesTo,
  socket,
} from "../../../support/node-world.ts";
import { savedAndRead } from "../../../support/replayed.ts";
import {
  bothSnapshot,
  failedAt,
  makeCluster,
  makeEni,
  named,
  PUB_HOST,
  PUB_ONE,
  PUB_TWO,
  priSnapshot,
  pubSnapshot,
  reportOf,
  sampled,
  seen,
} from "../../../support/snapshots.ts";

const PROBE = { kind: "probe", verdict: "healthy" } as const;

const DENIED: Failure = {
  code: "access-denied",
  phase: "describe-enis",
  side: "aws",
  message: "ec2:DescribeNetworkInterfaces was denied",
};

const SERVFAIL: Failure = {
  code: "dns-servfail",
  phase: "dns",
  side: "resolver",
  message: "10.0.0.2 answered SERVFAIL",
};

function node(change: Partial<NodeSnapshot> = {}): NodeSnapshot {
  return { ...nodeWorld().snapshot, ...change };
}

/** A worker whose rules, pods and kubelet tell nothing of the ClusterIP. */
function silent(change: Partial<NodeSnapshot> = {}): NodeSnapshot {
  return node({ nat: known([]), serviceAddresses: [], kubelet: skipped("none"), ...change });
}

function knownOf(snapshot: Snapshot, worker: NodeSnapshot = node()): KnownControlPlane {
  return controlPlaneOf(reportOf(snapshot), PROBE, worker);
}

function ipsOf(fact: Fact<readonly { readonly endpoint: { readonly ip: string } }[]>): unknown {
  return valueOf(fact)?.map(({ endpoint }) => endpoint.ip);
}

function serviceOf({ service }: KnownControlPlane): string {
  return service.kind === "known"
    ? `${service.value.endpoint.ip}:${service.value.endpoint.port} by ${service.value.from}`
    : service.kind;
}

describe("what a run tells of the control plane", () => {
  test("of the public cluster: two VIPs, two ENIs, and the API server behind each", () => {
    const plane = knownOf(pubSnapshot({}, 1));
    expect(plane).toMatchObject({
      source: PROBE,
      cluster: "gonz-eks-pub",
      region: "ap-northeast-2",
      endpointHost: PUB_HOST,
      privateAccess: "no",
      others: [],
    });
    expect(valueOf(plane.vips)).toEqual([
      { endpoint: at("43.200.53.253"), apiServer: known(PUB_ONE.host) },
      { endpoint: at("52.79.39.107"), apiServer: known(PUB_TWO.host) },
    ]);
    expect(valueOf(plane.enis)).toEqual([
      {
        eniId: "eni-10-0-20-41",
        endpoint: at(ENI_ONE),
        otherIps: [],
        apiServer: known(PUB_ONE.host),
      },
      {
        eniId: "eni-10-0-95-229",
        endpoint: at(ENI_TWO),
        otherIps: [],
        apiServer: known(PUB_TWO.host),
      },
    ]);
  });

  test("of the private cluster: its name leads to the ENIs, and to no VIP", () => {
    const plane = knownOf(priSnapshot({}, 1));
    expect(plane.vips).toEqual(known([]));
    expect(ipsOf(plane.enis)).toEqual(["10.0.58.12", "10.0.18.90"]);
    expect(plane.privateAccess).toBe("yes");
  });

  test("without the right to list the ENIs: VIPs are known by their public addresses, ENIs are not", () => {
    const plane = knownOf(pubSnapshot({ enis: unknown(DENIED) }, 1));
    expect(ipsOf(plane.vips)).toEqual(["43.200.53.253", "52.79.39.107"]);
    expect(plane.enis).toEqual(unknown(DENIED));
  });

  test("without that right in a private cluster the addresses may be either, and VIPs are not none", () => {
    const plane = knownOf(priSnapshot({ enis: unknown(DENIED) }, 1));
    expect(plane.vips).toEqual(unknown(DENIED));
    expect(plane.others.map(({ endpoint }) => endpoint.ip)).toEqual(["10.0.18.90", "10.0.58.12"]);
    const worker = node({
      namespaces: [{ id: "host", sockets: known([socket(at("10.0.18.90"), { inode: 77 })]) }],
      owners: known({ "77": [KUBELET.pid] }),
    });
    expect(joinFlows(worker, plane).map(lineOf)).toEqual([
      "kubelet to 10.0.18.90 unknown ip-172-16-56-186",
    ]);
  });

  test("where DNS failed, VIPs are unknown for that reason; where it has none, there are none", () => {
    const failed = named([], { answer: { kind: "failed", failure: SERVFAIL } });
    expect(knownOf(pubSnapshot({ resolutions: [failed], observations: [] })).vips).toEqual(
      unknown(SERVFAIL),
    );
    // An answer of one type is no answer of the other.
    const half = [failed, named([], { type: "AAAA" })];
    expect(knownOf(pubSnapshot({ resolutions: half, observations: [] })).vips.kind).toBe("unknown");
    const none = [named([]), named([], { type: "AAAA" })];
    expect(knownOf(pubSnapshot({ resolutions: none, observations: [] })).vips).toEqual(known([]));
    expect(knownOf(pubSnapshot({ resolutions: [], observations: [] })).vips.kind).toBe("skipped");
  });

  test("says of an address with several API servers in turn that it is no single one", () => {
    const observations = [
      ...sampled([["43.200.53.253", PUB_ONE]], 1),
      seen("43.200.53.253", PUB_TWO, { sample: 2 }),
      ...sampled([["52.79.39.107", PUB_TWO]], 1),
    ];
    const plane = knownOf(pubSnapshot({ observations }, 2));
    expect(valueOf(plane.vips)).toMatchObject([
      { apiServer: { kind: "skipped", reason: "answers from 2 API servers in turns" } },
      { apiServer: known(PUB_TWO.host) },
    ]);
  });

  test("says of an address why no API server is known behind it", () => {
    const observations = [
      failedAt("43.200.53.253"),
      seen("52.79.39.107", PUB_TWO, { identity: undefined, tls: undefined }),
    ];
    const plane = knownOf(pubSnapshot({ observations }, 1));
    expect(valueOf(plane.vips)).toMatchObject([
      { apiServer: { kind: "unknown", failure: { code: "tcp-timeout" } } },
      { apiServer: { kind: "skipped", reason: "its answers name no API server" } },
    ]);
    const [eni] = valueOf(plane.enis) ?? [];
    expect(eni?.apiServer.kind).not.toBe("known");
  });

  test("knows an ENI's API server by any of its addresses", () => {
    const six = "2406:da12:1::29";
    const plane = knownOf(
      pubSnapshot(
        {
          enis: known([makeEni(ENI_ONE, { otherIps: [six] })]),
          resolutions: [named([six], { type: "AAAA" })],
          observations: [failedAt(ENI_ONE), seen(six, PUB_ONE)],
        },
        1,
      ),
    );
    expect(valueOf(plane.enis)).toMatchObject([
      { endpoint: at(ENI_ONE), otherIps: [six], apiServer: known(PUB_ONE.host) },
    ]);
  });

  test("has the endpoint's port, for the ENIs as well", () => {
    const cluster = known(
      makeCluster({ endpoint: { url: `https://${PUB_HOST}:8443`, host: PUB_HOST, port: 8_443 } }),
    );
    const plane = knownOf(pubSnapshot({ cluster, observations: [] }));
    expect(endpointPort(plane, node())).toBe(8_443);
    expect(valueOf(plane.enis)?.map(({ endpoint }) => endpoint.port)).toEqual([8_443, 8_443]);
  });
});

describe("what kubelet is told of its own cluster", () => {
  const cluster = unknown(DENIED);

  test("stands in where the run learnt nothing of the cluster", () => {
    expect(knownOf(pubSnapshot({ cluster }, 1))).toMatchObject({
      cluster: "gonz-eks-pub",
      region: "ap-northeast-2",
      endpointHost: PUB_HOST,
    });
  });

  test("does not, where the run is of another one", () => {
    const plane = knownOf(priSnapshot({ cluster }, 1));
    expect(plane.cluster).toBe("gonz-eks-pri");
    expect(plane.endpointHost).toBeUndefined();
    expect(plane.region).toBeUndefined();
  });
});

describe("what a worker knows by itself, where nobody is asked", () => {
  const reason = "--no-probe: nobody was asked";

  test("is the endpoint of its kubelet, and no address", () => {
    expect(controlPlaneUnasked(reason, node())).toMatchObject({
      source: { kind: "none", reason },
      cluster: "gonz-eks-pub",
      region: "ap-northeast-2",
      endpointHost: PUB_HOST,
      privateAccess: "unknown",
      vips: { kind: "skipped", reason },
      enis: { kind: "skipped", reason },
    });
  });

  test("has the port of kubelet's server, and 443 where that has none or is no URL", () => {
    const portOf = (server: string): number => {
      const worker = node();
      const settings = valueOf(worker.kubelet);
      if (settings === undefined) throw new Error("the world has a kubelet");
      const own = node({ kubelet: known({ ...settings, server }) });
      return endpointPort(controlPlaneUnasked(reason, own), own);
    };
    expect(portOf("https://10.0.0.9:6443")).toBe(6_443);
    expect(portOf(`https://${PUB_HOST}`)).toBe(443);
    expect(portOf("not a URL")).toBe(443);
    expect(endpointPort(controlPlaneUnasked(reason, silent()), silent())).toBe(443);
  });
});

describe("the ClusterIP of default/kubernetes", () => {
  const asked = pubSnapshot({}, 1);
  const told = { serviceAddresses: [at("172.20.0.1")] };

  test("is that of the worker's own rules first", () => {
    const nat = known([rulesTo([ENI_ONE], { service: at("10.100.0.1") })]);
    expect(serviceOf(knownOf(asked, silent({ nat, ...told })))).toBe(
      "10.100.0.1:443 by the worker's rules",
    );
  });

  test("is what a pod is told where the rules have no names, as those of IPVS", () => {
    const nat = known([ipvsTo([ENI_ONE])]);
    expect(serviceOf(knownOf(asked, silent({ nat, ...told })))).toBe(
      `${CLUSTER_IP}:443 by the environment of a pod`,
    );
    expect(serviceOf(knownOf(asked, silent({ nat: notRead("denied"), ...told })))).toContain("pod");
  });

  test("is not what a pod is told that goes straight to an ENI, a VIP or out of the range", () => {
    const tellings = [ENI_ONE, "43.200.53.253", "10.9.9.9"].map((ip) => at(ip));
    for (const serviceAddresses of tellings.map((one) => [one])) {
      expect(serviceOf(knownOf(asked, silent({ serviceAddresses })))).toBe(
        "172.20.0.1:443 by the service range 172.20.0.0/16",
      );
    }
    expect(
      serviceOf(knownOf(asked, silent({ serviceAddresses: [...tellings, at("172.20.0.1")] }))),
    ).toContain("172.20.0.1:443 by the environment");
    const rangeless = pubSnapshot({
      cluster: known(makeCluster({ serviceIpv4Cidr: undefined })),
    });
    expect(serviceOf(knownOf(rangeless, silent({ serviceAddresses: tellings.slice(0, 2) })))).toBe(
      "skipped",
    );
  });

  test.each([
    ["ipv4", "10.100.0.0/16", undefined, "10.100.0.1:443 by the service range 10.100.0.0/16"],
    ["ipv6", undefined, "fd3a:1::/108", "fd3a:1::1:443 by the service range fd3a:1::/108"],
  ] as const)("is the first of the service range: %s", (ipFamily, four, six, expected) => {
    const change = { ipFamily, serviceIpv4Cidr: four, serviceIpv6Cidr: six };
    const snapshot = pubSnapshot({ cluster: known(makeCluster(change)) });
    expect(serviceOf(knownOf(snapshot, silent()))).toBe(expected);
  });

  test.each([
    [["172.20.0.10"], "172.20.0.1"],
    [["10.100.0.10"], "10.100.0.1"],
    [["fd3a:1::a"], "fd3a:1::1"],
    // Node-local DNS tells nothing; the service's own beside it does.
    [["169.254.20.10", "172.20.0.10"], "172.20.0.1"],
    [["169.254.20.10"], undefined],
    [["127.0.0.10"], undefined],
    [["10.0.0.2"], undefined],
    [["172.20.0.110"], undefined],
    [["172.20.0.26"], undefined],
    [["fd3a:1::1a"], undefined],
    [["no address"], undefined],
    [[], undefined],
  ])("by kubelet's cluster DNS %j is %s", (clusterDns, ip) => {
    const settings = valueOf(node().kubelet);
    if (settings === undefined) throw new Error("the world has a kubelet");
    const worker = silent({ kubelet: known({ ...settings, clusterDns }) });
    const { service } = controlPlaneUnasked("nobody was asked", worker);
    expect(valueOf(service)?.endpoint).toEqual(ip === undefined ? undefined : at(ip));
  });
});

describe("a saved run", () => {
  const aWorker = fc.constantFrom(node(), silent(), silent({ serviceAddresses: [at(ENI_ONE)] }));
  const aSnapshot = fc
    .record({
      made: fc.constantFrom(pubSnapshot({}, 2), priSnapshot({}, 1), bothSnapshot()),
      enis: fc.option(
        fc.constantFrom<Snapshot["enis"]>(
          unknown(DENIED),
          skipped("not asked"),
          known([]),
          known([makeEni(ENI_ONE, { otherIps: ["2406:da12:1::29", "10.0.20.77"] })]),
        ),
        { nil: undefined },
      ),
      resolutions: fc.option(
        fc.constantFrom<Snapshot["resolutions"]>(
          [],
          [named([], { answer: { kind: "failed", failure: SERVFAIL } })],
          [named([]), named([], { type: "AAAA" })],
          [named(["2406:da12:1::29"], { type: "AAAA" }), named(["10.0.20.41", "43.200.53.253"])],
        ),
        { nil: undefined },
      ),
      cluster: fc.option(
        fc.constantFrom<Snapshot["cluster"]>(
          unknown({ ...DENIED, phase: "describe-cluster", message: "eks:DescribeCluster denied" }),
          skipped("not asked"),
          known(makeCluster({ endpoint: undefined, status: "CREATING" })),
          known(
            makeCluster({
              ipFamily: "ipv6",
              serviceIpv4Cidr: undefined,
              serviceIpv6Cidr: "fd3a:1::/108",
              privateAccess: "unknown",
              region: undefined,
            }),
          ),
        ),
        { nil: undefined },
      ),
      observations: fc.option(
        fc.constantFrom<Snapshot["observations"]>(
          [],
          [failedAt("43.200.53.253"), seen(ENI_ONE, PUB_ONE), seen("2406:da12:1::29", PUB_TWO)],
          [seen("43.200.53.253", PUB_ONE), seen("43.200.53.253", PUB_TWO, { sample: 2 })],
        ),
        { nil: undefined },
      ),
    })
    .map(({ made, ...change }) => {
      const parts = Object.fromEntries(
        Object.entries(change).filter(([, value]) => value !== undefined),
      );
      return pubSnapshot({ ...made, ...parts });
    });

  test("read back tells the same of the control plane as the run that it was saved from", () => {
    fc.assert(
      fc.property(aSnapshot, aWorker, (snapshot, worker) => {
        const report = reportOf(snapshot);
        const source = { kind: "map", file: "run.json", startedAt: snapshot.startedAt } as const;
        const live = controlPlaneOf(report, source, worker);
        const { report: read } = savedAndRead(report);
        expect(controlPlaneOf(read, source, worker)).toEqual(live);
      }),
      { numRuns: 200 },
    );
  });
});
