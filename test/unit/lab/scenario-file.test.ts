import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {
  LabCluster,
  LabFront,
  LabPrincipal,
  LabServer,
  Scenario,
} from "../../../src/lab/scenario.ts";
import { readScenarioFile, type ScenarioFile } from "../../../src/lab/scenario-file.ts";
import { SCENARIOS } from "../../../src/lab/scenarios/table.ts";
import { ADMIN, makeCluster, makeScenario } from "../../support/lab-scenario.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "eks-probe-scenario-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function readBack(scenario: unknown): Promise<ScenarioFile> {
  const path = join(folder, "scenario.json");
  await writeFile(path, JSON.stringify(scenario));
  return readScenarioFile(path);
}

/** `Required`: a field that is added to a scenario and not here does not compile. */
const SERVER: Required<LabServer> = {
  id: "one",
  host: "ip-172-16-57-254.ap-northeast-2.compute.internal",
  eniIp: "10.0.20.41",
  notAfterOffsetSeconds: 264,
  lifetimeDays: 16,
  withoutKeyIds: true,
  reportsAs: "ip-172-16-1-1.ap-northeast-2.compute.internal",
  version: "1.32.4",
  lease: "stale",
  restarted: true,
  failingChecks: ["etcd"],
  clockSkewSeconds: -300,
};

const FRONT: Required<LabFront> = {
  ip: "43.200.53.253",
  port: 443,
  policy: "balanced",
  servers: ["one"],
  weights: [0.5],
  seed: 7,
  fault: { kind: "wrong-certificate", flaw: "inspection" },
};

const CLUSTER: Required<LabCluster> = {
  ...makeCluster(),
  servers: [SERVER],
  fronts: [FRONT],
  outsideDns: { a: ["43.200.53.253"], aaaa: [], ttlSeconds: 5 },
  leaseForm: "uuid",
  deadLeases: [{ host: "ip-172-16-9-9.ap-northeast-2.compute.internal", ageSeconds: 1800 }],
  endpointIps: ["10.0.33.7"],
  hasEndpointSlices: "none",
  tokenVerificationMs: 40,
};

const PRINCIPAL: Required<LabPrincipal> = {
  ...ADMIN,
  permissions: ["leases", "endpointslices", "endpoints"],
};

const FULL: Scenario = makeScenario({ clusters: [CLUSTER], principals: [PRINCIPAL] });

describe("a scenario file", () => {
  it("holds every field that a scenario can have", async () => {
    expect(await readBack(FULL)).toEqual({ kind: "ok", value: FULL });
  });

  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    "of the built-in scenario %s is the scenario",
    async (_, scenario) => {
      expect(await readBack(scenario)).toEqual({ kind: "ok", value: scenario });
    },
  );
});

const problemWith = async (change: object): Promise<string> => {
  const read = await readBack(makeScenario({ clusters: [{ ...CLUSTER, ...change }] }));
  return read.kind === "bad" ? read.problem : "none";
};

describe("a scenario file that is wrong", () => {
  it.each([
    ["weights", { fronts: [{ ...FRONT, weights: [1, 2] }] }, "there must be a weight for each"],
    ["pinned", { fronts: [{ ...FRONT, policy: "pinned" }] }, "a pinned front has no weights"],
    ["a lease", { servers: [{ ...SERVER, lease: "old" }] }, "servers.0.lease"],
    ["an endpoint", { endpointIps: ["10.0.0.999"] }, "endpointIps.0"],
    ["an age", { deadLeases: [{ host: "x", ageSeconds: -1 }] }, "deadLeases.0.ageSeconds"],
    ["a misspelt field", { servers: [{ ...SERVER, clockSkew: 5 }] }, "clockSkew"],
    ["no such server", { fronts: [{ ...FRONT, servers: ["two"] }] }, "leads to server two"],
  ])("in %s is told where", async (_, change, words) => {
    expect(await problemWith(change)).toContain(words);
  });

  it("in a permission is told where", async () => {
    const principals = [{ ...PRINCIPAL, permissions: ["pods"] }];
    const read = await readBack({ ...FULL, principals });
    expect(read).toMatchObject({ problem: expect.stringContaining("permissions.0") });
  });
});
