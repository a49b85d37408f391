import { describe, expect, test } from "vitest";
import { known } from "../../../../../src/model/fact.ts";
import type { ClusterSeen } from "../../../../../src/model/watch/sample.ts";
import { NO_CLUSTER, trackCluster } from "../../../../../src/watch/track/discovery/cluster.ts";
import { clusterSeen, follow, lost, timeOf, told } from "../../../../support/watch-samples.ts";

/** `undefined`: EKS did not answer. */
function watch(...seen: readonly (Partial<ClusterSeen> | undefined)[]) {
  return follow(
    trackCluster,
    NO_CLUSTER,
    seen.map((one) => ({ cluster: one === undefined ? lost() : known(clusterSeen(one)) })),
  );
}

describe("a version changes", () => {
  test("from what EKS last said to what it says now", () => {
    const { events } = watch({}, undefined, { version: "1.31", platformVersion: "eks.1" });
    expect(events).toMatchObject([
      {
        kind: "version-changed",
        severity: "info",
        what: "Kubernetes version of the cluster is 1.31, was 1.30",
        was: "1.30",
        is: "1.31",
        at: timeOf(3),
        after: timeOf(1),
        reportedAt: timeOf(3),
      },
      { kind: "version-changed", what: "platform version of the cluster is eks.1, was eks.8" },
    ]);
  });

  test("not with the first answer, and not when EKS leaves it out and says it again", () => {
    expect(watch({}, { version: undefined }, {}).events).toEqual([]);
  });

  test("not when it becomes known; and a change over an answer without it is told", () => {
    expect(watch({ version: undefined }, {}).events).toEqual([]);
    const { events } = watch({}, { version: undefined }, { version: "1.31" });
    expect(events).toMatchObject([{ was: "1.30", is: "1.31", after: timeOf(1), at: timeOf(3) }]);
  });
});

describe("the cluster changes", () => {
  test("in each field by an event of its own", () => {
    const { events } = watch(
      {},
      {
        status: "UPDATING",
        endpointHost: "other.eks.amazonaws.com",
        access: "private",
        publicAccessCidrs: ["198.51.100.0/24", "203.0.113.0/24"],
        securityGroupIds: ["sg-1", "sg-2"],
        subnetIds: ["subnet-a"],
        scalingTier: "tier-xl",
      },
    );
    expect(told(events)).toEqual([
      "cluster-changed: status of the cluster is UPDATING, was ACTIVE",
      "cluster-changed: endpoint of the cluster is other.eks.amazonaws.com, was 1368909f.yl4.ap-northeast-2.eks.amazonaws.com",
      "cluster-changed: endpoint access of the cluster is private, was public",
      "cluster-changed: public access CIDRs of the cluster changed: 0.0.0.0/0 is out, 198.51.100.0/24 is in, 203.0.113.0/24 is in",
      "cluster-changed: security groups of the cluster changed: sg-2 is in",
      "cluster-changed: subnets of the cluster changed: subnet-b is out",
      "cluster-changed: scaling tier of the cluster is tier-xl, was standard",
    ]);
    expect(events[3]).toMatchObject({ was: "0.0.0.0/0", is: "198.51.100.0/24, 203.0.113.0/24" });
  });

  test("not when a list comes in another order", () => {
    expect(watch({}, { subnetIds: ["subnet-b", "subnet-a"] }).events).toEqual([]);
  });

  test("to a list without any, which is not the same as one that is left out", () => {
    expect(watch({}, { publicAccessCidrs: undefined }).events).toEqual([]);
    expect(watch({}, { publicAccessCidrs: [] }).events).toMatchObject([{ is: "none" }]);
  });

  test("for the worse when it fails or is deleted", () => {
    const severities = ["FAILED", "DELETING", "UPDATING"].map(
      (status) => watch({}, { status }).events[0]?.severity,
    );
    expect(severities).toEqual(["bad", "bad", "info"]);
  });
});

test("what EKS says does not reach the terminal raw", () => {
  const { events } = watch({}, { version: "1.31\u001b]0;x\u0007", subnetIds: ["a\nb"] });
  expect(JSON.stringify(events)).not.toMatch(/\\u001b|\\n/);
});
