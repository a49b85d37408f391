import { describe, expect, test } from "vitest";
import { compareRuns } from "../../../src/history/compare.ts";
import type { SavedRun } from "../../../src/history/saved-run.ts";
import { known, skipped, unknown } from "../../../src/model/fact.ts";
import type { Snapshot } from "../../../src/model/snapshot.ts";
import { makeRequest } from "../../../src/target/request.ts";
import { deepSnapshot } from "../../support/inspections.ts";
import { savedRun } from "../../support/saved-runs.ts";
import {
  failedAt,
  makeCluster,
  makeEni,
  makeLeaf,
  named,
  PUB_ENIS,
  PUB_HOST,
  PUB_ONE,
  PUB_TWO,
  pubSnapshot,
  type SnapshotParts,
  sampled,
  seen,
} from "../../support/snapshots.ts";

const DENIED = unknown({
  code: "access-denied",
  phase: "describe-cluster",
  side: "user",
  message: "denied",
});

const BEFORE = savedRun(pubSnapshot({}, 1));

function since(change: SnapshotParts, before: SavedRun = BEFORE) {
  return compareRuns(before, savedRun(pubSnapshot(change, 1)));
}

/** Changes as one line each. */
function told(change: SnapshotParts, before?: SavedRun): readonly string[] {
  return since(change, before).changes.map(({ kind, what, before: was, after }) =>
    [`${kind} ${what}`, was, after].filter((part) => part !== undefined).join(" | "),
  );
}

const PAIRS = [
  ["43.200.53.253", PUB_ONE],
  ["52.79.39.107", PUB_TWO],
  ["10.0.20.41", PUB_ONE],
  ["10.0.95.229", PUB_TWO],
] as const;

describe("what always differs", () => {
  test("times, samples, order, ports and the resolver's port are no change", () => {
    const later: Snapshot = pubSnapshot({
      startedAt: "2023-05-21T15:41:31.000Z",
      durationMs: 9_999,
      request: makeRequest("gonz-eks-pub", { samples: 3 }),
      enis: known(PUB_ENIS.toReversed()),
      resolutions: [
        named(["52.79.39.107", "43.200.53.253"], {
          resolver: { kind: "server", ip: "10.0.0.2", port: 5_353, system: true },
        }),
      ],
      observations: sampled(PAIRS.toReversed(), 3).map((one, index) => ({
        ...one,
        local: { ip: "10.0.105.163", port: 50_000 + index },
      })),
    });
    expect(compareRuns(BEFORE, savedRun(later)).changes).toEqual([]);
  });
});

describe("the cluster", () => {
  test("an upgrade and a change of access are told with both values", () => {
    const cluster = makeCluster({
      version: "1.26",
      platformVersion: "eks.4",
      privateAccess: "yes",
      publicAccessCidrs: ["203.0.113.0/24"],
    });
    const changes = told({ cluster: known(cluster) });
    expect(changes.filter((line) => !line.includes("finding"))).toEqual([
      "changed version | 1.25 | 1.26",
      "changed platform version | eks.3 | eks.4",
      "changed endpoint mode | public | public and private",
      "changed public access CIDRs | 0.0.0.0/0 | 203.0.113.0/24",
    ]);
  });

  test("another CA is told by its end, not by pages of it", () => {
    const pem = "-----BEGIN CERTIFICATE-----\nANOTHER\n-----END CERTIFICATE-----\n";
    const cluster = makeCluster({ certificateAuthority: known(pem) });
    expect(told({ cluster: known(cluster) })).toEqual(["changed cluster CA | …EXAMPLE | …ANOTHER"]);
  });

  test("what EKS did not tell this time is no change, and is said", () => {
    const { changes, notComparable } = since({ cluster: DENIED, observations: [] });
    expect(changes.filter(({ what }) => !what.startsWith("finding"))).toEqual([]);
    expect(notComparable).toContain("what EKS says of the cluster: not known now");
  });

  test("a part that EKS left out is said for itself", () => {
    const { changes, notComparable } = since({
      cluster: known(makeCluster({ platformVersion: undefined })),
    });
    expect(changes).toEqual([]);
    expect(notComparable).toEqual(["platform version: not known now"]);
  });

  test("another cluster is a change by its name, and the rest is compared all the same", () => {
    const other = {
      ...BEFORE,
      cluster: { ...BEFORE.cluster, name: "gonz-eks-pri", version: "1.26" },
    };
    expect(compareRuns(BEFORE, other).changes.map(({ what, after }) => [what, after])).toEqual([
      ["cluster name", "gonz-eks-pri"],
      ["version", "1.26"],
    ]);
  });

  test("the runs may be called by names", () => {
    const after = savedRun(pubSnapshot({ cluster: known(makeCluster({ version: undefined })) }, 1));
    const { notComparable } = compareRuns(BEFORE, after, { before: "in a", after: "in b" });
    expect(notComparable).toEqual(["version: not known in b"]);
  });

  test("what neither run knew is said once", () => {
    const before = savedRun(pubSnapshot({ cluster: DENIED, observations: [] }));
    const { notComparable } = compareRuns(before, before);
    expect(notComparable).toContain("what EKS says of the cluster: not known in both runs");
  });
});

describe("DNS", () => {
  test("an address that came or went changes what the resolver says", () => {
    expect(told({ resolutions: [named(["43.200.53.253", "198.51.100.7"])] })).toContain(
      "changed addresses by DNS server 10.0.0.2 | 43.200.53.253, 52.79.39.107 | 43.200.53.253, 198.51.100.7",
    );
  });

  test("another resolver may say another thing by design: it is not compared", () => {
    const resolver = { kind: "server", ip: "1.1.1.1", port: 53, system: false } as const;
    const { changes, notComparable } = since({
      resolutions: [named(["43.200.53.253", "52.79.39.107"], { resolver })],
    });
    expect(changes).toEqual([]);
    expect(notComparable).toEqual([
      "addresses by DNS server 10.0.0.2: another resolver was asked now",
      "addresses by DNS server 1.1.1.1: another resolver was asked in the baseline",
    ]);
  });

  test("a resolver that did not answer took nothing away", () => {
    const failure = {
      code: "dns-timeout",
      phase: "dns",
      side: "resolver",
      message: "no answer",
    } as const;
    const silent = named([], { answer: { kind: "failed", failure } });
    const { changes, notComparable } = since({
      resolutions: [silent],
      observations: sampled(PAIRS.slice(2), 1),
    });
    expect(changes.filter(({ what }) => what.includes("addresses"))).toEqual([]);
    expect(notComparable).toContain("addresses by DNS server 10.0.0.2: no answer now");
  });

  test("an entry in the hosts file is a change: that no entry was there is known", () => {
    const hosts = named(["43.200.53.253"], {
      resolver: { kind: "hosts-file" },
      transport: "none",
    });
    const resolutions = [named(["43.200.53.253", "52.79.39.107"]), hosts];
    expect(told({ resolutions })).toContain(
      "changed addresses in the hosts file | none | 43.200.53.253",
    );
  });
});

describe("ENIs", () => {
  test("one that was replaced is one removed and one added, not ten properties", () => {
    const enis = known([PUB_ENIS[0] ?? makeEni("x"), makeEni("10.0.95.77")]);
    const changes = told({ enis }).filter((line) => line.includes("ENI "));
    expect(changes).toEqual([
      "removed ENI eni-10-0-95-229 | 10.0.95.229",
      "added ENI eni-10-0-95-77 | 10.0.95.77",
    ]);
  });

  test("of one that stayed each property is compared", () => {
    const [first, second] = PUB_ENIS;
    const changed = {
      ...(first ?? makeEni("x")),
      securityGroupIds: ["sg-0d"],
      status: "available",
    };
    const enis = known([changed, second ?? makeEni("y")]);
    expect(told({ enis }).filter((line) => line.includes("ENI "))).toEqual([
      "changed security groups of ENI eni-10-0-20-41 | sg-0c | sg-0d",
      "changed status of ENI eni-10-0-20-41 | in-use | available",
    ]);
  });

  test("a list that could not be had, or was not wanted, removes none", () => {
    const vips = sampled(PAIRS.slice(0, 2), 1);
    const denied = since({ enis: DENIED, observations: vips });
    expect(denied.changes.filter(({ what }) => what.startsWith("ENI"))).toEqual([]);
    expect(denied.notComparable).toContain("EKS ENIs: not known now");
    const unasked = since({ enis: skipped("--paths vip"), observations: vips });
    expect(unasked.notComparable).toContain("EKS ENIs: not asked now");
  });
});

describe("API servers", () => {
  const THREE = { ...PUB_TWO, host: "ip-172-16-9-9.ap-northeast-2.compute.internal", byte: "E5" };

  test("one that was replaced is told, with the addresses that now lead to the new one", () => {
    const observations = sampled(
      PAIRS.map(([ip, of]) => [ip, of === PUB_TWO ? THREE : of] as const),
      1,
    );
    expect(told({ observations })).toEqual([
      `removed API server ${PUB_TWO.host}`,
      `added API server ${THREE.host}`,
      `changed API server behind 52.79.39.107:443 | ${PUB_TWO.host} | ${THREE.host}`,
      `changed API server behind 10.0.95.229:443 | ${PUB_TWO.host} | ${THREE.host}`,
    ]);
  });

  test("a new certificate on the same host is a restart, told by its fingerprint's start", () => {
    const leaf = makeLeaf(PUB_ONE, PUB_HOST, {
      sha256: Array.from({ length: 32 }, () => "F6").join(":"),
    });
    const observations = sampled(PAIRS, 1).map((one) =>
      one.identity?.host === PUB_ONE.host && one.tls ? { ...one, tls: { ...one.tls, leaf } } : one,
    );
    expect(told({ observations })).toEqual([
      `changed certificate of API server ${PUB_ONE.host} | A1:A1:A1:A1:A1:A1:A1:A1… | F6:F6:F6:F6:F6:F6:F6:F6…`,
    ]);
  });

  test("one whose address answers no more is not gone: it could not be seen", () => {
    const observations = [
      ...sampled(PAIRS.slice(0, 1), 1),
      failedAt("52.79.39.107"),
      ...sampled(PAIRS.slice(2, 3), 1),
      failedAt("10.0.95.229"),
    ];
    const { changes, notComparable } = since({ observations });
    expect(changes.filter(({ what }) => what.startsWith("API server"))).toEqual([]);
    expect(notComparable).toContain(`API server ${PUB_TWO.host}: perhaps by chance not met now`);
    expect(notComparable).toContain("API server behind 52.79.39.107:443: nobody was met now");
  });

  test("where nobody at all was met, that is the reason, and not chance", () => {
    const { notComparable } = since({ observations: [failedAt("52.79.39.107")] });
    expect(notComparable).toContain(`API server ${PUB_TWO.host}: nobody was met now`);
  });

  test("behind a balanced address chance decides who is met, which is no change", () => {
    const both = [
      seen("43.200.53.253", PUB_ONE),
      seen("43.200.53.253", PUB_TWO, { sample: 2 }),
      ...sampled(PAIRS.slice(1), 1),
    ];
    const before = savedRun(pubSnapshot({ observations: both }, 2));
    expect(told({}, before).filter((line) => line.includes("behind"))).toEqual([]);
    const third = [seen("43.200.53.253", THREE), ...sampled(PAIRS.slice(1), 1)];
    expect(told({ observations: third }, before)).toContain(
      `changed API server behind 43.200.53.253:443 | ${PUB_TWO.host}, ${PUB_ONE.host} | ${THREE.host}`,
    );
  });

  test("another version is told where both runs asked, and else what was not asked", () => {
    const version = known({ gitVersion: "v1.26.1-eks-1", platform: "linux/amd64" });
    const [before, after] = [deepSnapshot({}, {}, 1), deepSnapshot({ version }, {}, 1)].map(
      savedRun,
    );
    if (before === undefined || after === undefined) throw new Error("no runs");
    const { changes } = compareRuns(before, after);
    expect(changes.map(({ what, after: is }) => [what, is])).toEqual([
      [`version of API server ${PUB_ONE.host}`, "v1.26.1-eks-1"],
      [`version of API server ${PUB_TWO.host}`, "v1.26.1-eks-1"],
    ]);
    const { notComparable } = compareRuns(BEFORE, after);
    expect(notComparable).toContain(
      `version of API server ${PUB_ONE.host}: not asked in the baseline`,
    );
  });

  test("swapped behind two addresses, both are told, and no server came or went", () => {
    const observations = sampled(
      [["43.200.53.253", PUB_TWO], ["52.79.39.107", PUB_ONE], ...PAIRS.slice(2)],
      1,
    );
    expect(told({ observations })).toEqual([
      `changed API server behind 43.200.53.253:443 | ${PUB_ONE.host} | ${PUB_TWO.host}`,
      `changed API server behind 52.79.39.107:443 | ${PUB_TWO.host} | ${PUB_ONE.host}`,
    ]);
  });
});

describe("findings", () => {
  test("what became worse or better is told; what was not looked at found nothing wrong", () => {
    const expiring = pubSnapshot({ startedAt: "2024-04-10T00:00:00.000Z" }, 1);
    const { changes } = compareRuns(BEFORE, savedRun(expiring));
    expect(changes).toEqual([
      { kind: "changed", what: "finding T02 expiry", before: "ok", after: "warning" },
    ]);
    expect(compareRuns(savedRun(expiring), BEFORE).changes).toEqual([
      { kind: "changed", what: "finding T02 expiry", before: "warning", after: "ok" },
    ]);
  });

  test("a finding that could not tell this time did not change", () => {
    const { changes, notComparable } = since({ enis: DENIED });
    expect(changes.filter(({ what }) => what.includes("C02"))).toEqual([]);
    expect(notComparable).toContain("finding C02 enis: could not tell now");
  });

  test("a check that a run of another version had, or has, is no change", () => {
    const older = { ...BEFORE, findings: BEFORE.findings.slice(1) };
    expect(compareRuns(older, BEFORE).changes).toEqual([]);
    expect(compareRuns(BEFORE, older).changes).toEqual([]);
  });
});

test("words of a saved run that a terminal would act on, or that never end, go out as one line", () => {
  const hostile: SavedRun = {
    ...BEFORE,
    cluster: {
      ...BEFORE.cluster,
      version: "\u001b[2J1.24\n::error::\u202E",
      arn: "a".repeat(100_000),
    },
    enis: {
      ...BEFORE.enis,
      items: [...BEFORE.enis.items, { id: "eni\u0007", privateIp: "10.0.0.9\n" }],
    },
  };
  const { changes } = since({}, hostile);
  expect(changes.map(({ what }) => what)).toEqual(["ARN", "version", "ENI eni\uFFFD"]);
  for (const { what, before = "", after = "" } of changes)
    for (const text of [what, before, after]) {
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(text.length).toBeLessThan(10_000);
    }
});
