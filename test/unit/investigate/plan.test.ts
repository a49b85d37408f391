import { describe, expect, test } from "vitest";
import { planQuestions } from "../../../src/investigate/plan.ts";
import { known, skipped, unknown } from "../../../src/model/fact.ts";
import type { Failure } from "../../../src/model/failure.ts";
import { makeRequest } from "../../../src/target/request.ts";
import {
  answered,
  failedAt,
  makeCluster,
  named,
  PUB_ONE,
  PUB_TWO,
  priSnapshot,
  pubSnapshot,
  reportOf,
  type SnapshotParts,
  seen,
} from "../../support/snapshots.ts";

const VIPS = ["43.200.53.253", "52.79.39.107"] as const;
const ENIS = ["10.0.20.41", "10.0.95.229"] as const;

function questions(parts: SnapshotParts): readonly string[] {
  return [...planQuestions(reportOf(pubSnapshot(parts, 1)))].toSorted();
}

/** Every address answers with this status. */
function everywhere(status: number) {
  return [...VIPS, ...ENIS].map((ip) => answered(ip, PUB_ONE, status));
}

/** What is asked where nothing of AWS could be had, for this reason. */
function lost(code: Failure["code"]): readonly string[] {
  const failure: Failure = { code, phase: "credentials", side: "user", message: code };
  return questions({
    cluster: unknown(failure),
    token: unknown(failure),
    enis: skipped("no credentials"),
    observations: [],
    resolutions: [],
  });
}

describe("planning further questions", () => {
  test("a healthy run asks nothing more, because every call is somebody's quota", () => {
    expect(questions({})).toEqual([]);
  });

  test("--deep asks everything, also when all is well", () => {
    expect(questions({ request: makeRequest("gonz-eks-pub", { deep: true }) })).toHaveLength(11);
  });

  test("an interrupted run asks nothing more, whatever failed", () => {
    expect(questions({ interrupted: true, observations: VIPS.map((ip) => failedAt(ip)) })).toEqual(
      [],
    );
  });

  test("silent VIPs ask for what an allowlist would drop, and not for security groups", () => {
    const observations = [
      ...VIPS.map((ip) => failedAt(ip)),
      seen(ENIS[0], PUB_ONE),
      seen(ENIS[1], PUB_TWO),
    ];
    expect(questions({ observations })).toEqual(["egress", "instance", "natGateways", "updates"]);
  });

  test("a silent ENI asks for what is around it in the VPC", () => {
    const snapshot = priSnapshot({
      observations: ["10.0.58.12", "10.0.18.90"].map((ip) => failedAt(ip)),
    });
    expect([...planQuestions(reportOf(snapshot))]).toEqual(
      expect.arrayContaining([
        "securityGroups",
        "networkAcls",
        "routeTables",
        "subnets",
        "instance",
      ]),
    );
  });

  test("private addresses that are silent by design ask where this host is, and what is around them", () => {
    const parts = { observations: ["10.0.58.12", "10.0.18.90"].map((ip) => failedAt(ip)) };
    const outside = priSnapshot({ ...parts, localIps: ["172.18.0.2"] });
    expect([...planQuestions(reportOf(outside))].toSorted()).toEqual([
      "instance",
      "networkAcls",
      "routeTables",
      "securityGroups",
      "subnets",
      "updates",
    ]);
  });

  test("VIPs that are blocked inside the VPC ask why its DNS gives them", () => {
    const observations = VIPS.map((ip) => failedAt(ip));
    const cluster = known(makeCluster({ privateAccess: "yes" }));
    expect(questions({ cluster, observations })).toContain("vpcDns");
    expect(questions({ observations })).not.toContain("vpcDns");
  });

  test("401 asks STS and the access entries, 403 does not", () => {
    expect(questions({ observations: everywhere(401) })).toEqual(["accessEntries", "tokenReplay"]);
    expect(questions({ observations: everywhere(403) })).toEqual([]);
  });

  test("a name that does not resolve asks for the VPC's DNS", () => {
    const parts = { resolutions: [named([])], observations: [] };
    expect(questions(parts)).toContain("vpcDns");
  });

  test("no credentials ask the metadata service, which a container may be kept from; expired ones do not", () => {
    expect(lost("no-credentials")).toEqual(["instance"]);
    expect(lost("credentials-expired")).toEqual([]);
  });
});
