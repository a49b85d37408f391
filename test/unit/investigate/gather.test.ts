import { describe, expect, test } from "vitest";
import { investigate } from "../../../src/investigate/gather.ts";
import { known, skipped, unknown } from "../../../src/model/fact.ts";
import type { Investigation, Question } from "../../../src/model/investigation.ts";
import type { Snapshot } from "../../../src/model/snapshot.ts";
import { makeRequest } from "../../../src/target/request.ts";
import { deferred, type FakeWorld, fakeDeps } from "../../support/fake-deps.ts";
import { makeCluster, makeEni, makeSnapshot, pubSnapshot } from "../../support/snapshots.ts";

const DENIED = {
  code: "access-denied",
  phase: "investigate",
  side: "user",
  message: "ec2:DescribeSubnets is denied",
} as const;

async function ask(
  questions: readonly Question[],
  { snapshot = pubSnapshot({}, 1), ...world }: FakeWorld & { readonly snapshot?: Snapshot } = {},
) {
  const deps = fakeDeps(world);
  const signal = new AbortController().signal;
  const answers = await investigate(new Set(questions), snapshot, deps, signal);
  return { answers, asked: deps.asked };
}

function unasked(answers: Investigation): number {
  return Object.values(answers).filter(({ kind }) => kind === "skipped").length;
}

describe("gathering evidence", () => {
  test("asks what was planned and nothing else; the rest says that it was not asked", async () => {
    const { answers, asked } = await ask(["updates"], { evidence: { updates: known([]) } });
    expect(asked).toEqual(["updates gonz-eks-pub"]);
    expect(answers.updates).toEqual(known([]));
    expect(unasked(answers)).toBe(10);
    expect(answers.subnets).toMatchObject({ reason: expect.stringContaining("--deep asks") });
  });

  test("names the groups and subnets of cluster and ENIs, each once", async () => {
    const snapshot = makeSnapshot({
      cluster: known(makeCluster({ securityGroupIds: ["sg-1", "sg-0c"] })),
      enis: known([
        makeEni("10.0.20.41", { securityGroupIds: ["sg-0c", "sg-2"] }),
        makeEni("10.0.95.229", { subnetId: "subnet-0z" }),
      ]),
    });
    const { asked } = await ask(["securityGroups", "subnets", "networkAcls"], { snapshot });
    expect(asked).toEqual([
      "groups sg-0c sg-2 sg-1",
      "acls subnet-0a subnet-0z",
      "subnets subnet-0a subnet-0c subnet-0z",
    ]);
  });

  test("where AWS named no VPC, what needs one is skipped with that reason and not asked", async () => {
    const snapshot = makeSnapshot({
      cluster: unknown(DENIED),
      enis: known([makeEni("10.0.20.41", { vpcId: undefined })]),
    });
    const { answers, asked } = await ask(["vpcDns", "routeTables", "natGateways"], { snapshot });
    expect(asked).toEqual([]);
    expect(answers.vpcDns).toEqual(skipped("no answer of AWS names a VPC of the cluster"));
  });

  test("a denied answer costs nothing but itself", async () => {
    const { answers } = await ask(["subnets", "updates"], {
      evidence: { subnets: unknown(DENIED), updates: known([]) },
    });
    expect(answers.subnets).toEqual(unknown(DENIED));
    expect(answers.updates).toEqual(known([]));
  });

  test("an anonymous run replays no token, because it signs none", async () => {
    const snapshot = pubSnapshot({
      request: makeRequest("gonz-eks-pub", { anonymous: true }),
    });
    const { answers, asked } = await ask(["tokenReplay"], { snapshot });
    expect(asked).toEqual([]);
    expect(answers.tokenReplay).toEqual(skipped("--anonymous signs no token"));
  });

  test("stops waiting when it is interrupted, and says so", async () => {
    const never = deferred<never>();
    const deps = fakeDeps();
    const stop = new AbortController();
    const answers = investigate(
      new Set(["updates"]),
      pubSnapshot({}, 1),
      { ...deps, evidence: { ...deps.evidence, updates: () => never.promise } },
      stop.signal,
    );
    stop.abort();
    expect((await answers).updates).toMatchObject({
      kind: "unknown",
      failure: { code: "interrupted" },
    });
  });
});

async function egressOf(world: Parameters<typeof ask>[1]) {
  const { answers, asked } = await ask(["egress"], world);
  return { egress: answers.egress, asked };
}

describe("this host's address as the internet sees it", () => {
  test("is what the user says, before anything that could be asked", async () => {
    const request = makeRequest("gonz-eks-pub", {
      egressIp: "203.0.113.9",
      egressService: "http://127.0.0.1:9/",
    });
    const { egress, asked } = await egressOf({ snapshot: pubSnapshot({ request }, 1) });
    expect(egress).toEqual(known({ ip: "203.0.113.9", source: "flag" }));
    expect(asked).toEqual([]);
  });

  test("is asked of a service only where the user named one", async () => {
    const request = makeRequest("gonz-eks-pub", { egressService: "http://127.0.0.1:9/" });
    const { egress, asked } = await egressOf({
      snapshot: pubSnapshot({ request }, 1),
      evidence: { egressIp: known("203.0.113.10") },
    });
    expect(egress).toEqual(known({ ip: "203.0.113.10", source: "service" }));
    expect(asked).toEqual(["egress http://127.0.0.1:9/"]);
  });

  test("is the metadata service's where the host has none of its own", async () => {
    const instance = known({
      instanceId: "i-0a",
      region: undefined,
      privateIp: "10.0.105.163",
      publicIp: "43.201.1.2",
      vpcId: undefined,
      subnetId: undefined,
      securityGroupIds: [],
    });
    const { egress, asked } = await egressOf({ evidence: { instance } });
    expect(egress).toEqual(known({ ip: "43.201.1.2", source: "metadata" }));
    expect(asked).toEqual(["instance"]);
  });

  test("is the host's own where that is a public one", async () => {
    const snapshot = makeSnapshot({ localIps: ["192.168.1.7", "43.201.1.3"] });
    const { egress, asked } = await egressOf({ snapshot });
    expect(egress).toEqual(known({ ip: "43.201.1.3", source: "own-address" }));
    expect(asked).toEqual([]);
  });

  test("is else not known, and says which options tell it", async () => {
    const { egress } = await egressOf({});
    expect(egress).toMatchObject({
      kind: "skipped",
      reason: expect.stringContaining("--egress-ip"),
    });
  });
});
