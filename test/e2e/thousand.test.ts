import type { ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findScenario } from "../../src/lab/scenarios/table.ts";
import { type Lab, startLab } from "../../src/lab/start.ts";
import { closeLab } from "../support/e2e.ts";
import { type MeasuredRun, runMeasured } from "../support/memory-gauge.ts";

const LOOK_EVERY_MS = 10;
const SLACK_MIB = 30;
/**
 * With room to spare V8 lets garbage lie: some 50 MiB of it after 1,000 connections. With little room
 * it collects, and what is left is what the program keeps.
 */
const LITTLE_ROOM = "--max-old-space-size=32 --max-semi-space-size=2";
/** Two connections to each of 4 addresses are open at a time, and one may be closing beside each. */
const SLACK_FDS = 16;

interface Watched extends MeasuredRun {
  /** Open file descriptors, as often as there was time to look. */
  readonly fds: readonly number[];
}

let lab: Lab;

beforeAll(async () => {
  const scenario = findScenario("gonz-eks-pub");
  if (scenario === undefined) throw new Error("the scenario is gone");
  lab = await startLab(scenario);
});

afterAll(() => closeLab(lab));

async function watch(samples: number, nodeOptions: string): Promise<Watched> {
  const fds: number[] = [];
  let timer: NodeJS.Timeout | undefined;
  const onStart = ({ pid }: ChildProcess): void => {
    timer = setInterval(() => {
      try {
        fds.push(readdirSync(`/proc/${pid}/fd`).length);
      } catch {
        // It has just ended.
      }
    }, LOOK_EVERY_MS);
  };
  const args = ["endpoints", "--cluster", "gonz-eks-pub", "-n", String(samples)];
  const env = { ...lab.environment, NODE_OPTIONS: nodeOptions };
  const options = { env, onStart, timeoutMs: 60_000 };
  const run = await runMeasured(args, options);
  clearInterval(timer);
  return { ...run, fds };
}

const most = (numbers: readonly number[]): number => Math.max(0, ...numbers);

test("1,000 fresh connections over 4 addresses: memory and file descriptors stay as with 100", async () => {
  const [few, many] = [await watch(25, LITTLE_ROOM), await watch(250, LITTLE_ROOM)];
  expect(few.stdout).toContain("pinned: 100/100 fresh connections (another backend ≤12 %");
  expect(many.stdout).toContain("pinned: 1000/1000 fresh connections (another backend ≤1.2 %");
  expect([few.code, many.code]).toEqual([0, 0]);

  expect(many.peakMiB).toBeGreaterThan(0);
  expect(many.peakMiB).toBeLessThan((few.peakMiB ?? 0) + SLACK_MIB);

  expect(many.fds.length).toBeGreaterThan(20);
  expect(most(many.fds)).toBeLessThanOrEqual(most(few.fds) + SLACK_FDS);
  const half = Math.floor(many.fds.length / 2);
  expect(most(many.fds.slice(half))).toBeLessThanOrEqual(most(many.fds.slice(0, half)) + SLACK_FDS);
}, 60_000);
