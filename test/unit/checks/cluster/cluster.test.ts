import { describe, expect, test } from "vitest";
import { known, skipped, unknown } from "../../../../src/model/fact.ts";
import type { ClusterUpdate } from "../../../../src/model/investigation.ts";
import type { Subnet } from "../../../../src/model/vpc.ts";
import {
  inShort,
  investigated,
  NOT_ALLOWED,
  notAllowed,
  of,
  POLICY,
} from "../../../support/evidence.ts";
import { inspection } from "../../../support/inspections.ts";
import {
  answered,
  failedAt,
  findingOf,
  makeCluster,
  makeEni,
  makeLeaf,
  makeSnapshot,
  PUB_HOST,
  PUB_ONE,
  PUB_TWO,
  pubSnapshot,
  reportOf,
  seen,
} from "../../../support/snapshots.ts";

const VIP = "43.200.53.253";
const VIP_2 = "52.79.39.107";

const withStatus = (status: string | undefined, endpoint = true) =>
  known(makeCluster({ status, ...(endpoint ? {} : { endpoint: undefined }) }));

describe("C01 cluster", () => {
  test("FAILED fails for good, CREATING only could not tell yet", () => {
    const failed = findingOf(makeSnapshot({ cluster: withStatus("FAILED", false) }), "C01");
    expect(failed.status).toBe("fail");
    expect(failed.next).toContain("cluster.health");
    expect(findingOf(makeSnapshot({ cluster: withStatus("PENDING", false) }), "C01").status).toBe(
      "unknown",
    );
  });

  test("DELETING has no endpoint any more", () => {
    const finding = findingOf(makeSnapshot({ cluster: withStatus("DELETING", false) }), "C01");
    expect(inShort(finding)).toEqual([
      "fail",
      "the cluster has no endpoint any more: its status is DELETING",
    ]);
  });

  test("DELETING while the endpoint still stands explains the paths that go away", () => {
    const report = reportOf(
      pubSnapshot({
        cluster: withStatus("DELETING"),
        enis: known([]),
        observations: [failedAt(VIP), failedAt(VIP_2)],
      }),
    );
    expect(of(report, "C01").status).toBe("fail");
    expect(of(report, "N01").causedBy).toContain("C01");
    expect(of(report, "C02").status).toBe("skip");
  });

  test("who may not describe it hears of the ways around, who mistyped it of his typo", () => {
    const denied = findingOf(makeSnapshot({ cluster: notAllowed }), "C01");
    expect(denied.details.join()).toContain("--kubeconfig FILE");
    const lost = unknown({ ...NOT_ALLOWED, code: "cluster-not-found", message: "no cluster" });
    expect(findingOf(makeSnapshot({ cluster: lost }), "C01").details.join()).toContain("a typo");
  });
});

describe("C02 enis", () => {
  test("denied names what certificates say instead, less the service's own address", () => {
    const observations = [seen(VIP, PUB_ONE), seen(VIP_2, PUB_TWO)];
    const finding = findingOf(pubSnapshot({ enis: notAllowed, observations }), "C02");
    expect(finding.status).toBe("unknown");
    expect(finding.details).toEqual([
      "the API servers' certificates name 10.0.20.41, 10.0.95.229, which may be ENIs",
    ]);
  });

  test("and the service's endpoints, where they were asked for", () => {
    const inspections = [inspection(VIP, PUB_ONE)];
    const finding = findingOf(pubSnapshot({ enis: notAllowed, inspections }), "C02");
    expect(finding.details[1]).toContain("default/kubernetes has 10.0.20.41, 10.0.95.229");
  });

  test("denied does not believe a certificate that was refused, nor one without addresses", () => {
    const bare = seen(VIP, PUB_ONE);
    const leaf = makeLeaf(PUB_ONE, PUB_HOST, { ipAddresses: ["172.20.0.1"] });
    const observations = [{ ...bare, tls: bare.tls && { ...bare.tls, leaf } }];
    expect(findingOf(pubSnapshot({ enis: notAllowed, observations }), "C02").details).toEqual([]);
    const refused = seen(VIP, PUB_ONE);
    const verification = { kind: "refused", failure: NOT_ALLOWED } as const;
    expect(
      findingOf(
        pubSnapshot({
          enis: notAllowed,
          observations: [{ ...refused, tls: refused.tls && { ...refused.tls, verification } }],
        }),
        "C02",
      ).details,
    ).toEqual([]);
  });
});

const update = (change: Partial<ClusterUpdate>): ClusterUpdate => ({
  id: "u-1",
  type: "VersionUpdate",
  status: "Successful",
  createdAt: "2023-04-21T15:00:00.000Z",
  errors: [],
  ...change,
});

const updates = (all: readonly ClusterUpdate[], status = "ACTIVE") =>
  findingOf(
    pubSnapshot({
      cluster: withStatus(status),
      investigation: investigated({ updates: known(all) }),
    }),
    "C03",
  );

/** What a server says of its version, and nothing else. */
const version = (gitVersion: string) => ({
  version: known({ gitVersion, platform: undefined }),
});

const versions = (status: string) =>
  reportOf(
    pubSnapshot({
      cluster: withStatus(status),
      inspections: [
        inspection(VIP, PUB_ONE, version("v1.30.1-eks-1")),
        inspection(VIP_2, PUB_TWO, version("v1.31.5-eks-1")),
      ],
    }),
  );

describe("C03 updates", () => {
  test("UPDATING is a warning that names which update runs, where that is known", () => {
    const finding = updates([update({ status: "InProgress" })], "UPDATING");
    expect(inShort(finding)).toEqual([
      "warn",
      "an update is under way: VersionUpdate of 2023-04-21 15:00:00Z",
    ]);
    expect(finding.next).toContain("aws eks list-updates --name gonz-eks-pub");
    expect(findingOf(pubSnapshot({ cluster: withStatus("UPDATING") }), "C03").summary).toBe(
      "an update is under way: which one is not known",
    );
  });

  test("servers of two versions are its symptom, while it runs and only then", () => {
    expect(of(versions("UPDATING"), "P05")).toMatchObject({ status: "warn", causedBy: ["C03"] });
    expect(of(versions("ACTIVE"), "P05")).toMatchObject({ status: "warn", causedBy: [] });
  });

  test("an update that went well is none that runs", () => {
    expect(inShort(updates([update({})]))).toEqual([
      "ok",
      "ACTIVE, no update under way; the latest: VersionUpdate of 2023-04-21 15:00:00Z",
    ]);
    expect(findingOf(pubSnapshot(), "C03").status).toBe("ok");
  });

  test("the latest one failed: with EKS's reasons, for a week", () => {
    const failed = update({
      status: "Failed",
      errors: [{ code: "InsufficientFreeAddresses", message: "subnet-0a is full" }],
    });
    const finding = updates([failed, update({})]);
    expect(finding.status).toBe("warn");
    expect(finding.details).toEqual(["InsufficientFreeAddresses: subnet-0a is full"]);
    expect(finding.next).toContain("describe-update --name gonz-eks-pub");
    expect(updates([update({}), failed]).status).toBe("ok");
    expect(updates([{ ...failed, createdAt: "2023-04-01T00:00:00.000Z" }]).status).toBe("ok");
  });

  test("who may not list them does not know of the past, which changes no exit code", () => {
    const snapshot = pubSnapshot({ investigation: investigated({ updates: notAllowed }) });
    const finding = findingOf(snapshot, "C03");
    expect([finding.status, finding.next, finding.optional]).toEqual(["unknown", POLICY, true]);
    expect(reportOf(snapshot).verdict.status).toBe("healthy");
  });

  test("skips what has no status, and without a cluster", () => {
    expect(findingOf(pubSnapshot({ cluster: withStatus(undefined) }), "C03").status).toBe("skip");
    expect(findingOf(makeSnapshot({ cluster: notAllowed }), "C03").blockedBy).toEqual(["C01"]);
  });
});

describe("C04 issues", () => {
  const issue = { code: "Ec2SubnetNotFound", message: "gone", resourceIds: ["subnet-0a"] };

  test("what EKS itself reports fails, with its words and what puts it right", () => {
    const cluster = known(makeCluster({ healthIssues: [issue] }));
    const report = reportOf(pubSnapshot({ cluster, enis: known([makeEni("10.0.20.41")]) }));
    const finding = of(report, "C04");
    expect(inShort(finding)).toEqual(["fail", "EKS reports 1 health issue: Ec2SubnetNotFound"]);
    expect(finding.details).toEqual(["Ec2SubnetNotFound: gone (subnet-0a)"]);
    expect(finding.next).toContain("name other subnets");
    expect(of(report, "C02").causedBy).toEqual(["C04"]);
  });

  test("a code that is not known here has a next step too", () => {
    const cluster = known(makeCluster({ healthIssues: [{ ...issue, code: "Brandnew" }] }));
    expect(findingOf(pubSnapshot({ cluster }), "C04").next).toContain("cluster.health   # says");
  });

  test("none is ok, and an answer without a word on it is no word", () => {
    expect(findingOf(pubSnapshot(), "C04").status).toBe("ok");
    const cluster = known(makeCluster({ healthIssues: undefined }));
    expect(findingOf(pubSnapshot({ cluster }), "C04").status).toBe("skip");
    expect(findingOf(makeSnapshot({ cluster: notAllowed }), "C04").blockedBy).toEqual(["C01"]);
  });
});

const subnet = (id: string, freeIps: number | undefined): Subnet => ({
  id,
  vpcId: "vpc-0a",
  availabilityZone: undefined,
  cidrs: ["10.0.0.0/17"],
  freeIps,
});

const room = (...subnets: readonly Subnet[]) =>
  findingOf(pubSnapshot({ investigation: investigated({ subnets: known(subnets) }) }), "C05");

describe("C05 subnets", () => {
  test("five free addresses are one too few, six are enough", () => {
    expect(inShort(room(subnet("subnet-0a", 5), subnet("subnet-0c", 9)))).toEqual([
      "warn",
      "subnet-0a has 5 free addresses; EKS needs 6 in each for new ENIs",
    ]);
    expect(inShort(room(subnet("subnet-0a", 6), subnet("subnet-0c", 9)))).toEqual([
      "ok",
      "2 subnets, each with 6 or more free addresses",
    ]);
  });

  test("a full subnet that is not the cluster's is not its trouble", () => {
    expect(
      room(subnet("subnet-0a", 6), subnet("subnet-0c", 9), subnet("subnet-other", 0)).status,
    ).toBe("ok");
  });

  test("one that the cluster names and EC2 does not list is a warning", () => {
    expect(room(subnet("subnet-0a", 6)).summary).toContain("EC2 lists no subnet-0c");
  });

  test("a number that was not told is not zero", () => {
    expect(room(subnet("subnet-0a", undefined), subnet("subnet-0c", undefined)).status).toBe(
      "skip",
    );
  });

  test("not asked is skipped, denied is not known", () => {
    expect(findingOf(pubSnapshot(), "C05").status).toBe("skip");
    const denied = pubSnapshot({ investigation: investigated({ subnets: notAllowed }) });
    expect(findingOf(denied, "C05")).toMatchObject({ status: "unknown", next: POLICY });
  });
});

describe("C06 kind", () => {
  const connected = known(makeCluster({ endpoint: undefined, connectorProvider: "GKE" }));

  test("a connected cluster has no endpoint in EKS, which explains that there is none", () => {
    const report = reportOf(makeSnapshot({ cluster: connected, enis: known([]) }));
    expect(of(report, "C06")).toMatchObject({ status: "unknown", causedBy: [] });
    expect(of(report, "C01").causedBy).toEqual(["C06"]);
    expect(report.verdict.exitCode).toBe(3);
  });

  test("an ACTIVE cluster of EKS without one is not called connected", () => {
    const report = reportOf(makeSnapshot({ cluster: withStatus("ACTIVE", false) }));
    expect(of(report, "C06").status).toBe("ok");
    expect(of(report, "C01").causedBy).toEqual([]);
  });

  const local = known(makeCluster({ localId: "3f1c" }));

  test("a local cluster on Outposts gets a token for its id, so that a refusal has another cause", () => {
    const observations = [answered(VIP, PUB_ONE, 401), answered(VIP_2, PUB_TWO, 401)];
    const report = reportOf(pubSnapshot({ cluster: local, observations }));
    expect(of(report, "C06")).toMatchObject({
      status: "ok",
      summary: "a local cluster on Outposts: the token is signed for its id 3f1c",
    });
    expect(of(report, "A02").causedBy).not.toContain("C06");
  });

  test("without a cluster there is no kind to tell", () => {
    expect(findingOf(makeSnapshot({ cluster: notAllowed }), "C06").status).toBe("skip");
  });
});

const inRange = (...cidrs: readonly string[]) =>
  findingOf(pubSnapshot({ vpcCidrs: known(cidrs) }), "C07");

describe("C07 ranges", () => {
  test("a VPC on Docker's own range is a warning, its neighbours are not", () => {
    const finding = inRange("10.0.0.0/16", "172.17.128.0/20");
    expect(finding.status).toBe("warn");
    expect(finding.summary).toBe("the VPC's 172.17.128.0/20 overlaps 172.17.0.0/16");
    expect(inRange("172.16.0.0/16", "172.18.0.0/16").status).toBe("ok");
  });

  test("ranges that are not known, or were not asked for, are skipped", () => {
    expect(findingOf(pubSnapshot({ vpcCidrs: notAllowed }), "C07").status).toBe("skip");
    expect(findingOf(pubSnapshot({ vpcCidrs: skipped("no VPC") }), "C07").status).toBe("skip");
  });
});
