import { describe, expect, test } from "vitest";
import { buildMap } from "../../../src/map/build.ts";
import { expectedRoutes, formatShare } from "../../../src/map/topology.ts";
import { known, unknown } from "../../../src/model/fact.ts";
import type { Snapshot } from "../../../src/model/snapshot.ts";
import {
  bothSnapshot,
  makeEni,
  PUB_ENIS,
  PUB_ONE,
  PUB_TWO,
  priSnapshot,
  pubSnapshot,
  type Server,
  sampled,
} from "../../support/snapshots.ts";

const VIP = "43.200.53.253";
const VIP_2 = "52.79.39.107";
const ENI = "10.0.20.41";
const ENI_2 = "10.0.95.229";

function read(snapshot: Snapshot): string {
  const { sentence, confidence } = buildMap(snapshot).topology;
  return `${sentence} (${confidence})`;
}

function met(pairs: readonly (readonly [ip: string, of: Server])[], n = 20): string {
  return read(pubSnapshot({ observations: sampled(pairs, n) }));
}

describe("one sentence with its confidence", () => {
  test("1:1 is consistent with a zonal NLB without cross-zone balancing", () => {
    expect(read(pubSnapshot())).toBe(
      "public, DNS gives VIPs; each VIP has its own server: consistent with a zonal NLB without cross-zone balancing; one server per ENI in 2 zones (another backend ≤15 %)",
    );
  });

  test("one connection each reads the same, and says how weak that is", () => {
    expect(read(pubSnapshot({}, 1))).toMatch(
      /without cross-zone .* \(weak: too few connections\)$/,
    );
  });

  test("a balanced VIP is consistent with an NLB that balances", () => {
    const pairs = [
      [VIP, PUB_ONE],
      [VIP, PUB_TWO],
    ] as const;
    expect(met(pairs)).toBe(
      "public, DNS gives VIPs; VIPs lead to several API servers: consistent with an NLB that balances across zones or has several API servers in one (certain: several backends were met)",
    );
  });

  test("two VIPs of one server are no proof of balancing", () => {
    const pairs = [
      [VIP, PUB_ONE],
      [VIP_2, PUB_ONE],
    ] as const;
    expect(met(pairs)).toContain("several VIPs lead to the same API server");
  });

  test("a balanced ENI is what EKS does not document", () => {
    const pairs = [
      [ENI, PUB_ONE],
      [ENI, PUB_TWO],
      [ENI_2, PUB_TWO],
    ] as const;
    expect(met(pairs)).toContain(
      "ENIs in 2 zones lead to several API servers, which EKS does not document",
    );
  });

  test("two ENIs of one server are told", () => {
    const pairs = [
      [ENI, PUB_ONE],
      [ENI_2, PUB_ONE],
    ] as const;
    expect(met(pairs)).toContain("several ENIs in 2 zones lead to the same API server");
  });

  test("the address with the fewest connections sets the confidence", () => {
    const observations = [...sampled([[VIP, PUB_ONE]], 100), ...sampled([[VIP_2, PUB_TWO]], 10)];
    expect(read(pubSnapshot({ observations }))).toMatch(/\(another backend ≤30 %\)$/);
  });

  test("a private endpoint is its ENIs", () => {
    expect(read(priSnapshot())).toBe(
      "private, DNS gives ENIs; one server per ENI in 2 zones (another backend ≤15 %)",
    );
  });

  test("both endpoints name both horizons", () => {
    expect(read(bothSnapshot())).toMatch(/^public and private, DNS gives VIPs and ENIs; /);
  });

  test("zones that were not told are not counted", () => {
    const enis = known(PUB_ENIS.map((eni) => ({ ...eni, availabilityZone: undefined })));
    expect(read(pubSnapshot({ enis }))).toContain("one server per ENI (");
    const oneZone = known([makeEni(ENI), makeEni(ENI_2)]);
    expect(read(pubSnapshot({ enis: oneZone }))).toContain("one server per ENI in 1 zone (");
  });

  test("nothing reached is nothing said", () => {
    expect(read(pubSnapshot({ observations: [] }))).toBe(
      "public, DNS gives VIPs; too little was reached to say more (none)",
    );
    const cluster = unknown({
      code: "access-denied",
      phase: "describe-cluster",
      side: "aws",
      message: "denied",
    });
    expect(read(pubSnapshot({ cluster, observations: [], resolutions: [] }))).toBe(
      "access unknown, nothing from DNS; too little was reached to say more (none)",
    );
  });
});

describe("the expected routes", () => {
  test.each([
    ["public", "the public VIPs"],
    ["private", "the ENIs"],
    ["public and private", "the ENIs where the VPC's own resolver answers, else the public VIPs"],
    ["unknown", "what the endpoint's name resolves to there"],
  ] as const)("%s: kubelet and kube-proxy go to %s", (mode, path) => {
    expect(expectedRoutes(mode)[0]).toEqual({
      direction: "worker to control plane",
      who: "kubelet, kube-proxy",
      path,
    });
  });

  test("pods go to an ENI by the service's address, and the control plane comes from the ENIs, in every mode", () => {
    for (const mode of ["public", "private", "public and private", "unknown"] as const) {
      const [, pods, back] = expectedRoutes(mode);
      expect(pods?.path).toBe("the kubernetes service's address, translated on the node to an ENI");
      expect(back).toMatchObject({
        direction: "control plane to worker",
        path: "from the ENIs to kubelet, port 10250, in every mode",
      });
    }
  });
});

test("a share is rounded up: a bound may be weaker than it is, never stronger", () => {
  expect([0.15, 0.1501, 0.0333, 0.003, 0.00301, 1].map(formatShare)).toEqual([
    "15 %",
    "16 %",
    "3.4 %",
    "0.3 %",
    "0.4 %",
    "100 %",
  ]);
});
