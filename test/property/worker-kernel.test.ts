import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { concludeNode } from "../../src/examine-node.ts";
import { valueOf } from "../../src/model/fact.ts";
import { rowsFound, rowsMade, translatedIn, translatedOf } from "../support/kernel-rows.ts";
import { KernelStage, possibleBackends } from "../support/kernel-world.ts";
import { CLUSTER_IP } from "../support/node-world.ts";
import { type RandomWorker, randomWorker } from "../support/random-worker.ts";

/** More of them, or others: KERNEL_WORLDS=100 KERNEL_SEED=7. */
const WORLDS = Number(process.env["KERNEL_WORLDS"] ?? 6);
const SEED = Number(process.env["KERNEL_SEED"] ?? 20_230_421);

const POSSIBLE = possibleBackends();

const stage = new KernelStage();
beforeAll(() => stage.build(), 30_000);
afterAll(() => {
  stage.remove();
});

function holds({ world, controlPlane, roles, ruled, stale }: RandomWorker): void {
  const truth = stage.play(world);
  const { flows, findings } = concludeNode(truth.snapshot, controlPlane, false, false);
  expect(rowsFound(flows)).toEqual(rowsMade(world, truth, roles));
  for (const table of truth.tracked)
    expect(translatedIn(table).toSorted()).toEqual(translatedOf(world, truth).toSorted());
  const service = valueOf(truth.snapshot.nat)?.find(({ service: { ip } }) => ip === CLUSTER_IP);
  expect(service?.targets.map(({ to }) => to.ip).toSorted()).toEqual(ruled.toSorted());
  for (const { probability } of service?.targets ?? [])
    expect(probability).toBeCloseTo(1 / ruled.length, 6);
  const waits = world.players.some(({ dials }) => dials.some(({ bytes }) => bytes !== undefined));
  const status = new Map(findings.map((one) => [one.code, one.status]));
  expect(status.get("W01")).toBe(stale ? "fail" : "ok");
  expect(status.get("W03")).toBe("ok");
  expect(status.get("W04") === "fail").toBe(waits);
}

describe.runIf(POSSIBLE.length > 0)("workers of any cluster, on this machine's kernel", () => {
  it(
    `shows exactly the connections that were made, in ${WORLDS} random worlds`,
    () => {
      const options = { numRuns: WORLDS, seed: SEED, endOnFailure: true };
      fc.assert(fc.property(randomWorker(POSSIBLE), holds), options);
    },
    20_000 + WORLDS * 5_000,
  );
});
