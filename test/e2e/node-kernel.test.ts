import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderJson } from "../../src/report/json/render.ts";
import { TOOL } from "../support/check-reports.ts";
import { rowsMade, rowsTold } from "../support/kernel-rows.ts";
import {
  KernelStage,
  type KernelTruth,
  type KernelWorld,
  type ProgramRun,
  possibleBackends,
} from "../support/kernel-world.ts";
import { CLUSTER_IP, ENI_ONE, ENI_TWO, FORMER_ENI, VIP_ONE } from "../support/node-world.ts";
import { NOTED_ROLES, notedWorker, VIP_TWO } from "../support/noted-worker.ts";
import {
  PUB_ONE,
  PUB_TWO,
  priSnapshot,
  pubSnapshot,
  reportOf,
  type Server,
} from "../support/snapshots.ts";

const POSSIBLE = possibleBackends();
const stage = new KernelStage();
/** In the folder where the program runs. */
const MAP = "pub.json";
const OTHER_MAP = "pri.json";

beforeAll(async () => {
  await stage.build();
  const startedAt = new Date().toISOString();
  writeFileSync(join(stage.folder, MAP), renderJson(reportOf(pubSnapshot({ startedAt }, 1)), TOOL));
  writeFileSync(
    join(stage.folder, OTHER_MAP),
    renderJson(reportOf(priSnapshot({ startedAt }, 1)), TOOL),
  );
}, 30_000);

afterAll(() => {
  stage.remove();
});

function runOf({ runs }: KernelTruth, index: number): ProgramRun {
  const run = runs[index];
  if (run === undefined) throw new Error(`no run ${index}`);
  return run;
}

function hostPart({ host }: Server): string {
  return host.split(".", 1)[0] ?? host;
}

/** Process, destination, end and API server of each row; who runs the process is as the machine has it. */
function waysIn(text: string): readonly string[] {
  const row =
    /^ {2}([a-z\d-]+) .*?(\d+\.\d+\.\d+\.\d+) +(?:–|tracked) +(VIP|(?:former )?ENI [\d.]+) +([A-Z?]) +≤/gm;
  return [...text.matchAll(row)].map((cells) => cells.slice(1).join(" ")).toSorted();
}

describe.each(POSSIBLE)("node, run on a worker whose kernel has rules of %s", (backend) => {
  let world: KernelWorld;
  let truth: KernelTruth;

  beforeAll(() => {
    world = notedWorker(backend, {
      runs: [
        ["node", "--map", MAP, "--no-probe", "-o", "json"],
        ["node", "--map", MAP, "--no-probe"],
      ],
    });
    truth = stage.play(world);
  }, 40_000);

  test("tells as JSON exactly the connections that were made", () => {
    const { code, stdout, stderr } = runOf(truth, 0);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(rowsTold(JSON.parse(stdout).connections)).toEqual(rowsMade(world, truth, NOTED_ROLES));
  });

  test("shows each way on the screen, with the API server at its end", () => {
    const { code, stdout, stderr } = runOf(truth, 1);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(waysIn(stdout)).toEqual(
      [
        ["aws-k8s-agent", CLUSTER_IP, `ENI ${ENI_ONE}`, "A"],
        ["aws-k8s-agent", CLUSTER_IP, `ENI ${ENI_TWO}`, "B"],
        ["aws-k8s-agent", CLUSTER_IP, `former ENI ${FORMER_ENI}`, "?"],
        ["coredns", CLUSTER_IP, `ENI ${ENI_ONE}`, "A"],
        ["coredns", CLUSTER_IP, `ENI ${ENI_TWO}`, "B"],
        ["kube-proxy", VIP_TWO, "VIP", "B"],
        ["kubelet", VIP_ONE, "VIP", "A"],
      ].map((row) => row.join(" ")),
    );
    expect(stdout).toMatch(
      new RegExp(`^ {2}A {2}${hostPart(PUB_ONE)}\\S* +VIP ${VIP_ONE} · ENI ${ENI_ONE}$`, "m"),
    );
    expect(stdout).toMatch(
      new RegExp(`^ {2}B {2}${hostPart(PUB_TWO)}\\S* +VIP ${VIP_TWO} · ENI ${ENI_TWO}$`, "m"),
    );
    for (const ip of [ENI_ONE, ENI_TWO])
      expect(stdout).toMatch(
        new RegExp(`^ {2}ENI ${ip} +eni-\\S+ +:10250 kubelet .*[AB] +≤\\S+$`, "m"),
      );
  });

  test("names the client that waits for the ENI that is gone, and fails", () => {
    const { stdout } = runOf(truth, 1);
    expect(stdout).toMatch(/2048B unacked, \d+ resent/);
    expect(stdout).toMatch(/✗ silence +failed: 1 connection waits for 10\.0\.61\.7/);
    const { verdict } = JSON.parse(runOf(truth, 0).stdout);
    expect(verdict.summary).toMatch(/7 connections to the control plane · 2 from it · 1 failed/);
    expect(stdout).toContain(verdict.summary);
  });
});

describe.runIf(POSSIBLE.length > 0)("node, without what a run knows of the cluster", () => {
  const [backend = ""] = POSSIBLE;
  let world: KernelWorld;
  let truth: KernelTruth;

  beforeAll(() => {
    world = notedWorker(backend, {
      runs: [
        ["node", "--no-probe", "-o", "json"],
        ["node", "--map", OTHER_MAP],
      ],
    });
    truth = stage.play(world);
  }, 40_000);

  test("asks nobody, shows the same ways to the same addresses, and does not say whose these are", () => {
    const unknown = [...NOTED_ROLES.keys()].map((ip) => [ip, { kind: "unknown" }] as const);
    const { stdout, stderr } = runOf(truth, 0);
    expect(stderr).toBe("");
    const document = JSON.parse(stdout);
    expect(rowsTold(document.connections)).toEqual(rowsMade(world, truth, new Map(unknown)));
    expect(stdout).toContain(FORMER_ENI);
  });

  test("refuses a map of another cluster than kubelet's", () => {
    const { code, stdout, stderr } = runOf(truth, 1);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/gonz-eks-pri .* this worker's kubelet belongs to gonz-eks-pub/);
  });
});
