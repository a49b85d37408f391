import { describe, expect, test } from "vitest";
import { known, unknown } from "../../../src/model/fact.ts";
import type { Failure } from "../../../src/model/failure.ts";
import { probeCluster } from "../../../src/probe/run.ts";
import {
  clusterFromGiven,
  type GivenCluster,
  parseEndpoint,
  withFallbackCluster,
  withGivenCluster,
} from "../../../src/target/given-cluster.ts";
import { makeRequest } from "../../../src/target/request.ts";
import { fakeDeps } from "../../support/fake-deps.ts";
import { findingOf, makeCluster, PUB_HOST } from "../../support/snapshots.ts";

const NEVER = new AbortController().signal;

const GIVEN: GivenCluster = {
  source: "flags",
  name: "gonz-eks-pub",
  region: "ap-northeast-2",
  endpoint: { url: `https://${PUB_HOST}`, host: PUB_HOST, port: 443 },
  certificateAuthority: known("-----BEGIN CERTIFICATE-----\nEXAMPLE\n-----END CERTIFICATE-----\n"),
};

describe("a cluster that the user gives", () => {
  test("is known by endpoint and CA; the rest is not known, and not no", () => {
    const cluster = clusterFromGiven(GIVEN);
    expect(Object.keys(cluster).toSorted()).toEqual(Object.keys(makeCluster()).toSorted());
    expect(cluster).toMatchObject({ ...GIVEN, publicAccess: "unknown", privateAccess: "unknown" });
    const rest = Object.entries(cluster).filter(([key]) => !(key in GIVEN));
    for (const [key, value] of rest) {
      expect([key, value]).toEqual([key, key.endsWith("Access") ? "unknown" : undefined]);
    }
  });

  test("is not asked of EKS, while ENIs, VPC and token are asked as ever", async () => {
    const deps = fakeDeps();
    const given = { ...deps, aws: withGivenCluster(deps.aws, GIVEN) };
    const snapshot = await probeCluster(makeRequest("gonz-eks-pub"), given, NEVER);
    const ofAws = deps.asked.filter((line) => /^(?:cluster|enis|vpc|token) /.test(line));
    expect(ofAws).toEqual(["enis gonz-eks-pub", "token gonz-eks-pub", "vpc vpc-0a"]);
    expect(snapshot.observations).toHaveLength(4);
    expect(findingOf(snapshot, "C01")).toMatchObject({
      status: "ok",
      summary: "given by --endpoint; DescribeCluster was not asked",
    });
  });
});

describe("a cluster that kubelet knows", () => {
  const DENIED: Failure = {
    code: "access-denied",
    phase: "describe-cluster",
    side: "aws",
    message: "eks:DescribeCluster is denied",
  };

  test("stands in where EKS does not describe it, and why is told", async () => {
    const deps = fakeDeps({ cluster: unknown(DENIED) });
    const told: string[] = [];
    const aws = withFallbackCluster(deps.aws, GIVEN, ({ message }) => void told.push(message));
    expect(await aws.describeCluster("gonz-eks-pub", NEVER)).toEqual(
      known(clusterFromGiven(GIVEN)),
    );
    expect(told).toEqual(["eks:DescribeCluster is denied"]);
  });

  test("does not where EKS describes it, or the run was interrupted", async () => {
    const told: string[] = [];
    const note = ({ message }: { readonly message: string }): void => void told.push(message);
    const good = withFallbackCluster(fakeDeps().aws, GIVEN, note);
    expect(await good.describeCluster("gonz-eks-pub", NEVER)).toEqual(known(makeCluster()));
    const denied = withFallbackCluster(fakeDeps({ cluster: unknown(DENIED) }).aws, GIVEN, note);
    expect(await denied.describeCluster("gonz-eks-pub", AbortSignal.abort())).toEqual(
      unknown(DENIED),
    );
    expect(told).toEqual([]);
  });
});

describe("parseEndpoint", () => {
  test.each([
    [
      "https://ABC.yl4.ap-northeast-2.eks.amazonaws.com",
      "abc.yl4.ap-northeast-2.eks.amazonaws.com",
      443,
    ],
    ["https://abc.yl4.example:8443/", "abc.yl4.example", 8443],
    ["https://abc.yl4.example.", "abc.yl4.example", 443],
    ["https://localhost:6443", "localhost", 6443],
  ])("reads %s", (url, host, port) => {
    expect(parseEndpoint(url)).toEqual({ kind: "ok", value: { url, host, port } });
  });

  test.each([
    "abc.yl4.example",
    "http://abc.yl4.example",
    "https://abc.yl4.example/api",
    "https://abc.yl4.example/?a=b",
    "https://abc.yl4.example#x",
    "https://a b.example",
    "https://a!b.example",
    "https://",
    "",
  ])("refuses %j", (text) => {
    expect(parseEndpoint(text)).toMatchObject({
      kind: "bad",
      problem: expect.stringContaining("https://NAME[:PORT]"),
    });
  });

  test("refuses a user name and password without repeating them", () => {
    const read = parseEndpoint("https://me:EXAMPLEPASSWORD@abc.yl4.example");
    expect(read.kind).toBe("bad");
    expect(JSON.stringify(read)).not.toContain("EXAMPLEPASSWORD");
  });

  test.each([
    ["https://10.0.20.41", "--connect-to ::10.0.20.41:443"],
    ["https://[fd00::1]:8443", "--connect-to ::[fd00::1]:8443"],
  ])(
    "refuses the address %s, whose certificate has no such name, and tells the way",
    (text, way) => {
      expect(parseEndpoint(text)).toMatchObject({
        kind: "bad",
        problem: expect.stringContaining(way),
      });
    },
  );
});
