import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FATES, randomTimeline } from "../support/random-timeline.ts";
import { trackedAgain, watchTimeline } from "../support/timeline.ts";
import { brokenLaws } from "../support/timeline-laws.ts";

/** More of them by hand: `RANDOM_TIMELINES=30 RANDOM_SEED=7`. */
const RUNS = Number(process.env["RANDOM_TIMELINES"] ?? 3);
const SEED = Number(process.env["RANDOM_SEED"] ?? 3);

const TIMELINES = fc
  .sample(fc.tuple(FATES, fc.integer({ min: 2, max: 12 })), { seed: SEED, numRuns: RUNS })
  .map(([fates, resumedAfter], index) => ({ index, fates, resumedAfter }));

describe("a timeline that chance made", () => {
  it.each(TIMELINES)(
    "$index: is told as it was, nothing missed and nothing invented",
    async ({ fates }) => {
      const random = randomTimeline(fates);
      const told = await watchTimeline(random.scenario, random.forSeconds * 1_000);
      expect({ fates, broken: brokenLaws(random, told) }).toEqual({ fates, broken: [] });
      expect(trackedAgain(told.rounds, 10_000)).toEqual(told.events);
    },
    120_000,
  );

  it("0: is told as it was where the watch was resumed on the way, too", async () => {
    const [{ fates, resumedAfter } = { fates: [], resumedAfter: 2 }] = TIMELINES;
    const random = randomTimeline(fates);
    const told = await watchTimeline(random.scenario, random.forSeconds * 1_000, {
      resume: { atMs: resumedAfter * 10_000, lateMs: 0 },
    });
    expect({ fates, broken: brokenLaws(random, told) }).toEqual({ fates, broken: [] });
  }, 120_000);
});
