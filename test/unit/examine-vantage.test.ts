import { describe, expect, test } from "vitest";
import { examine } from "../../src/examine.ts";
import { known } from "../../src/model/fact.ts";
import { makeRequest } from "../../src/target/request.ts";
import { clusterGroup, instanceIn, mainTable, of, openAcl } from "../support/evidence.ts";
import { fakeDeps } from "../support/fake-deps.ts";
import { failedAt, makeCluster, named, PUB_ONE, seen } from "../support/snapshots.ts";

const signal = new AbortController().signal;
const PRIVATE_ONLY = known(makeCluster({ publicAccess: "no", privateAccess: "yes" }));
const ENIS = ["10.0.20.41", "10.0.95.229"] as const;

/** A pod behind its instance: nothing but the metadata says where it is. */
const run = (vpcId: string) =>
  examine(
    makeRequest("gonz-eks-pub"),
    {
      ...fakeDeps({
        cluster: PRIVATE_ONLY,
        query: (server, name, type) =>
          named(type === "A" ? ENIS : [], {
            resolver: { ...server, kind: "server", system: true },
            name,
            type,
          }),
        attempt: (plan) => failedAt(plan.dial.ip),
        evidence: {
          instance: instanceIn(vpcId),
          securityGroups: known([clusterGroup()]),
          networkAcls: known([openAcl(["subnet-0a", "subnet-0c"])]),
          routeTables: known([mainTable()]),
        },
      }),
      host: { hostname: "pod", localIps: () => ["172.18.0.2"] },
    },
    signal,
  );

describe("a container on an instance of the VPC, whose own address is not of the VPC", () => {
  test("is placed by its instance, so that silence is a failure and its cause is found", async () => {
    const report = await run("vpc-0a");
    expect(report.snapshot.vantage.insideVpc).toBe("yes");
    expect(of(report, "N01")).toMatchObject({ status: "fail", causedBy: ["N05"] });
    expect(of(report, "N05").summary).toContain("10.0.105.163 (member of sg-0w)");
    expect(report.verdict.exitCode).toBe(1);
  });

  test("is outside where the instance is of another VPC, and its silence by design", async () => {
    const report = await run("vpc-0b");
    expect(report.snapshot.vantage.insideVpc).toBe("no");
    expect(of(report, "N01")).toMatchObject({ status: "unknown", causedBy: ["N04"] });
  });
});

test("a run in which all is well asks nobody where it is", async () => {
  const deps = fakeDeps({ attempt: (plan) => seen(plan.dial.ip, PUB_ONE) });
  await examine(makeRequest("gonz-eks-pub"), deps, signal);
  expect(deps.asked).not.toContain("instance");
});
