import { describe, expect, test } from "vitest";
import { buildMap } from "../../../src/map/build.ts";
import { known, unknown } from "../../../src/model/fact.ts";
import type { Failure } from "../../../src/model/failure.ts";
import type { Path } from "../../../src/model/map.ts";
import { interrupted } from "../../../src/model/ports.ts";
import type { Snapshot } from "../../../src/model/snapshot.ts";
import { makeRequest } from "../../../src/target/request.ts";
import {
  answered,
  bothSnapshot,
  failedAt,
  makeCluster,
  makeEni,
  makeSnapshot,
  named,
  PRI_CLUSTER,
  PUB_ONE,
  PUB_TWO,
  priSnapshot,
  pubSnapshot,
  seen,
  TCP_TIMEOUT,
} from "../../support/snapshots.ts";

const V6 = "2600:1f16::1";
const NO_ROUTE: Failure = {
  code: "tcp-unreachable",
  phase: "tcp",
  side: "network",
  message: "no route",
};
const DENIED = unknown({
  code: "access-denied",
  phase: "describe-enis",
  side: "aws",
  message: "denied",
});

function pathOf(snapshot: Snapshot, ip: string): Path {
  const found = buildMap(snapshot).paths.find(({ address }) => address.includes(ip));
  if (found === undefined) throw new Error(`no path for ${ip}`);
  return found;
}

describe("the map of the field notes", () => {
  test("gonz-eks-pub: each API server behind one VIP and one ENI, crossed", () => {
    const map = buildMap(pubSnapshot());
    expect([map.mode, map.dnsView]).toEqual(["public", "vips"]);
    expect(map.apiServers.map(({ id, host, reachedBy }) => [id, host, reachedBy])).toEqual([
      ["A", PUB_ONE.host, ["43.200.53.253:443", "10.0.20.41:443"]],
      ["B", PUB_TWO.host, ["52.79.39.107:443", "10.0.95.229:443"]],
    ]);
    expect(
      map.paths.map(({ kind, apiServer, seen: met, of }) => [kind, apiServer, met, of]),
    ).toEqual([
      ["vip", "A", 20, 20],
      ["vip", "B", 20, 20],
      ["eni", "A", 20, 20],
      ["eni", "B", 20, 20],
    ]);
  });

  test("gonz-eks-pri: the name gives the ENIs", () => {
    const map = buildMap(priSnapshot());
    expect([map.mode, map.dnsView, map.apiServers.length]).toEqual(["private", "enis", 2]);
  });

  test("both endpoints: the DNS view is mixed when two resolvers see different horizons", () => {
    const map = buildMap(bothSnapshot());
    expect([map.mode, map.dnsView]).toEqual(["public and private", "mixed"]);
  });
});

describe("what is not known stays unknown", () => {
  test("a switch that DescribeCluster did not tell makes the mode unknown", () => {
    expect(
      buildMap(pubSnapshot({ cluster: known(makeCluster({ privateAccess: "unknown" })) })).mode,
    ).toBe("unknown");
    expect(buildMap(pubSnapshot({ cluster: DENIED })).mode).toBe("unknown");
  });

  test("without the ENIs a private answer is neither VIP nor ENI", () => {
    const snapshot = priSnapshot({ enis: DENIED });
    expect(buildMap(snapshot).dnsView).toBe("unknown");
    expect(snapshot.addresses.map(({ kind }) => kind)).toEqual(["other", "other"]);
  });

  test("without the ENIs a public IPv6 answer may be one, as an ENI's IPv6 addresses are public", () => {
    const snapshot = makeSnapshot({
      enis: DENIED,
      resolutions: [named([V6]), named(["43.200.53.253"])],
    });
    expect(snapshot.addresses.map(({ ip, kind }) => [ip, kind])).toEqual([
      ["43.200.53.253", "vip"],
      [V6, "other"],
    ]);
    expect(buildMap(snapshot).dnsView).toBe("unknown");
  });
});

describe("whether a silent address is a failure", () => {
  const laptop = { localIps: ["192.168.0.7"] };

  test("a VIP always is", () => {
    const observations = [failedAt("43.200.53.253"), failedAt("52.79.39.107")];
    expect(pathOf(pubSnapshot({ ...laptop, observations }), "52.79").state.kind).toBe("failed");
  });

  test("an ENI is not, from outside the VPC", () => {
    const path = pathOf(
      priSnapshot({ ...laptop, observations: [failedAt("10.0.58.12")] }),
      "10.0.58.12",
    );
    expect(path.state).toMatchObject({
      kind: "skipped",
      reason:
        "private address, no route from here: no address of this host is in the VPC's 10.0.0.0/16",
    });
  });

  test("an ENI is, from inside the VPC of a private endpoint", () => {
    const path = pathOf(priSnapshot({ observations: [failedAt("10.0.58.12")] }), "10.0.58.12");
    expect(path.state.kind).toBe("failed");
  });

  test("an ENI is, where its sibling proves the route", () => {
    const observations = [failedAt("10.0.58.12"), seen("10.0.18.90", PUB_TWO)];
    expect(pathOf(priSnapshot({ ...laptop, observations }), "10.0.58.12").state.kind).toBe(
      "failed",
    );
  });

  test("a private address that is no ENI is, where an ENI proves the route: the name is out of date", () => {
    const resolutions = [named(["10.0.33.7", "10.0.18.90"])];
    const silent = failedAt("10.0.33.7");
    const routed = { ...laptop, resolutions, observations: [silent, seen("10.0.18.90", PUB_TWO)] };
    expect(pathOf(priSnapshot(routed), "10.0.33.7").state.kind).toBe("failed");
    const without = { ...laptop, resolutions, observations: [silent, failedAt("10.0.18.90")] };
    expect(pathOf(priSnapshot(without), "10.0.33.7").state.kind).toBe("skipped");
  });

  test("an ENI of a public endpoint is not, even inside the VPC: private access is off", () => {
    const path = pathOf(pubSnapshot({ observations: [failedAt("10.0.20.41")] }), "10.0.20.41");
    expect(path.state).toMatchObject({
      kind: "skipped",
      reason: "private address, and private access is off: only the control plane itself uses it",
    });
  });

  test("a private address that the name gives is, although private access is off: clients go there", () => {
    const observations = [failedAt("10.0.44.44")];
    const stale = pubSnapshot({ resolutions: [named(["10.0.44.44"])], observations, ...laptop });
    expect(pathOf(stale, "10.0.44.44").state.kind).toBe("failed");
  });

  test("a dead tunnel end that the hosts file names is: it is this host's own", () => {
    const refused: Failure = {
      code: "tcp-refused",
      phase: "tcp",
      side: "server",
      message: "refused",
    };
    const snapshot = priSnapshot({
      ...laptop,
      resolutions: [named(["127.0.0.1"], { resolver: { kind: "hosts-file" }, transport: "none" })],
      observations: [failedAt("127.0.0.1", refused)],
    });
    expect(pathOf(snapshot, "127.0.0.1").state.kind).toBe("failed");
  });

  test("an address is, where the user said how to reach it", () => {
    const connectTo = [
      { fromHost: "10.0.58.12", fromPort: undefined, toHost: "127.0.0.1", toPort: 1 },
    ];
    const request = makeRequest("gonz-eks-pri", { connectTo });
    const observations = [failedAt("10.0.58.12")];
    expect(pathOf(priSnapshot({ ...laptop, request, observations }), "10.0.58.12").state.kind).toBe(
      "failed",
    );
  });

  test("an ENI's public IPv6 address is not, from outside the VPC", () => {
    const snapshot = makeSnapshot({
      ...laptop,
      cluster: known(PRI_CLUSTER),
      enis: known([makeEni("10.0.58.12", { otherIps: [V6] })]),
      resolutions: [named([V6])],
      observations: [failedAt(V6)],
    });
    expect(pathOf(snapshot, V6).state.kind).toBe("skipped");
  });

  test("an IPv6 VIP is not, on a host without IPv6 where IPv4 answers", () => {
    const parts = {
      resolutions: [named(["43.200.53.253"]), named([V6])],
      observations: [seen("43.200.53.253", PUB_ONE), failedAt(V6, NO_ROUTE)],
    };
    expect(pathOf(makeSnapshot(parts), V6).state.kind).toBe("skipped");
    const timedOut = [seen("43.200.53.253", PUB_ONE), failedAt(V6)];
    expect(pathOf(makeSnapshot({ ...parts, observations: timedOut }), V6).state.kind).toBe(
      "failed",
    );
    const request = makeRequest("gonz-eks-pub", { family: 6 });
    expect(pathOf(makeSnapshot({ ...parts, request }), V6).state.kind).toBe("failed");
  });

  test("who answers TCP and then fails is there and broken, wherever it is", () => {
    const stalled: Failure = {
      code: "tls-timeout",
      phase: "tls",
      side: "server",
      message: "no ServerHello",
    };
    const observations = [failedAt("10.0.58.12", stalled)];
    expect(pathOf(priSnapshot({ ...laptop, observations }), "10.0.58.12").state.kind).toBe(
      "failed",
    );
  });
});

describe("samples that differ", () => {
  const vip = "43.200.53.253";

  test("some failures of many fail the path, with their share", () => {
    const observations = [
      seen(vip, PUB_ONE),
      failedAt(vip, TCP_TIMEOUT, { sample: 2 }),
      seen(vip, PUB_ONE, { sample: 3 }),
    ];
    const path = pathOf(pubSnapshot({ observations }), vip);
    expect([path.apiServer, path.seen, path.of]).toEqual(["A", 2, 3]);
    expect(path.state).toMatchObject({
      kind: "failed",
      failure: { message: `1 of 3 probes: ${TCP_TIMEOUT.message}` },
    });
  });

  test("a status that is not 200 weighs more than an interruption", () => {
    const stopped = failedAt(vip, interrupted("tcp"), { sample: 1 });
    const observations = [stopped, answered(vip, PUB_ONE, 503, { sample: 2 })];
    const path = pathOf(pubSnapshot({ observations, interrupted: true }), vip);
    expect(path.state.kind).toBe("answered");
  });

  test("only interruptions leave it unknown", () => {
    const observations = [seen(vip, PUB_ONE), failedAt(vip, interrupted("tcp"), { sample: 2 })];
    expect(pathOf(pubSnapshot({ observations, interrupted: true }), vip).state.kind).toBe(
      "unknown",
    );
  });

  test("a balanced address has a path to each API server", () => {
    const observations = [seen(vip, PUB_ONE), seen(vip, PUB_TWO, { sample: 2 })];
    const paths = buildMap(pubSnapshot({ observations })).paths.filter(({ address }) =>
      address.startsWith(vip),
    );
    expect(paths.map(({ apiServer, seen: met, of }) => [apiServer, met, of])).toEqual([
      ["A", 1, 2],
      ["B", 1, 2],
    ]);
  });
});

describe("addresses that were not probed", () => {
  test("the cluster's own failure is the reason", () => {
    const state = pathOf(makeSnapshot({ cluster: DENIED }), "10.0.20.41").state;
    expect(state).toMatchObject({ kind: "unknown", failure: { code: "access-denied" } });
  });

  test("a cluster without endpoint is the reason", () => {
    const cluster = known(makeCluster({ endpoint: undefined, status: "CREATING" }));
    expect(pathOf(makeSnapshot({ cluster }), "10.0.20.41").state).toMatchObject({
      kind: "unknown",
      failure: { code: "no-endpoint", message: "the cluster has no endpoint (status CREATING)" },
    });
  });

  test("an interrupted run is", () => {
    const state = pathOf(makeSnapshot({ interrupted: true }), "10.0.20.41").state;
    expect(state).toMatchObject({ kind: "unknown", failure: { code: "interrupted" } });
  });

  test("an ENI's second address that the name gives is left out by --paths eni, interrupted or not", () => {
    const snapshot = makeSnapshot({
      request: makeRequest("gonz-eks-pub", { paths: ["eni"] }),
      enis: known([makeEni("10.0.20.41", { otherIps: ["10.0.20.42"] })]),
      resolutions: [named(["10.0.20.42"])],
      interrupted: true,
    });
    expect(pathOf(snapshot, "10.0.20.42").state.kind).toBe("skipped");
  });
});

test("200 addresses keep their letters in the order of the addresses", () => {
  const ips = Array.from(
    { length: 200 },
    (_, index) => `43.200.${Math.floor(index / 100)}.${(index % 100) + 1}`,
  );
  const observations = ips.map((ip, index) =>
    seen(ip, { ...PUB_ONE, host: `ip-172-16-0-${index}.ap-northeast-2.compute.internal` }),
  );
  const map = buildMap(
    makeSnapshot({
      enis: known([]),
      resolutions: [named(ips)],
      observations: observations.toReversed(),
    }),
  );
  expect(map.paths.map(({ apiServer }) => apiServer)).toEqual(map.apiServers.map(({ id }) => id));
  expect(map.apiServers.at(-1)).toMatchObject({ id: "GR", reachedBy: ["43.200.1.100:443"] });
});
