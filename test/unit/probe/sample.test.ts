import { describe, expect, test } from "vitest";
import type { Observation } from "../../../src/model/observation.ts";
import type { ProbePlan } from "../../../src/model/ports.ts";
import { samplePlan } from "../../../src/probe/plan.ts";
import { type SamplePlan, sampleAddress } from "../../../src/probe/sample.ts";
import { makeRequest } from "../../../src/target/request.ts";
import { type FakeClock, fakeClock, fakeDeps } from "../../support/fake-deps.ts";
import { answered, failedAt, PUB_ONE, PUB_TWO, seen } from "../../support/snapshots.ts";

const VIP = "43.200.53.253";
const NEVER = new AbortController().signal;

function planOf(sample: number): ProbePlan {
  return {
    address: `${VIP}:443`,
    sample,
    dial: { ip: VIP, port: 443 },
    serverName: "example",
    serverPort: 443,
    certificateAuthority: undefined,
    httpVersion: "auto",
    insecure: false,
    sendTokenUnverified: false,
    timeoutMs: 5_000,
  };
}

interface World {
  readonly clock?: FakeClock;
  readonly signal?: AbortSignal;
  /** What the n-th connection meets. */
  readonly meets: (sample: number) => Observation | Promise<Observation>;
}

/** Samples one address; `made` grows while it is under way. */
function start(plan: Partial<SamplePlan>, { meets, signal = NEVER, ...world }: World) {
  const made: Observation[] = [];
  const deps = fakeDeps({ ...world, attempt: ({ sample }) => meets(sample) });
  const done = sampleAddress({ samples: 1, intervalMs: 0, stopAtSecond: false, ...plan }, planOf, {
    sockets: deps.sockets,
    clock: deps.clock,
    token: Promise.resolve(undefined),
    signal,
    limit: (work) => work(),
    onObservation: (observation) => made.push(observation),
  });
  return { made, done };
}

async function sampled(plan: Partial<SamplePlan>, world: World): Promise<readonly number[]> {
  const { made, done } = start(plan, world);
  await done;
  return made.map(({ sample }) => sample);
}

async function turnOver(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

const one = (sample: number): Observation => seen(VIP, PUB_ONE, { sample });
const alternately = (sample: number): Observation => seen(VIP, sample % 2 ? PUB_ONE : PUB_TWO);
const anotherFromTheSixth = (sample: number): Observation =>
  seen(VIP, sample < 6 ? PUB_ONE : PUB_TWO);
const namelessAndAnotherFromTheFourth = (sample: number): Observation =>
  answered(VIP, sample < 4 ? PUB_ONE : PUB_TWO, 403);
const everyThirdLost = (sample: number): Observation =>
  sample % 3 === 0 ? failedAt(VIP) : seen(VIP, PUB_ONE);
const numbers = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => index + 1);

describe("what the request makes of it", () => {
  test("-n is as many connections as it says, --until-sure as many as the bound needs", () => {
    expect(samplePlan(makeRequest("demo", { samples: 20 }))).toEqual({
      samples: 20,
      intervalMs: 0,
      stopAtSecond: false,
    });
    expect(samplePlan(makeRequest("demo", { untilSure: 0.05, intervalMs: 100 }))).toEqual({
      samples: 60,
      intervalMs: 100,
      stopAtSecond: true,
    });
  });
});

describe("-n", () => {
  test("makes them all where an address is balanced: their tally is what was asked for", async () => {
    const made = await sampled({ samples: 20 }, { meets: alternately });
    expect(made.toSorted((a, b) => a - b)).toEqual(numbers(20));
  });
});

describe("--until-sure", () => {
  const until = { samples: 60, stopAtSecond: true };

  test("goes on to the bound while every answer is the same", async () => {
    expect(await sampled(until, { meets: one })).toHaveLength(60);
  });

  test("stops at the second API server: more would not make it surer", async () => {
    const made = await sampled(until, { meets: anotherFromTheSixth });
    expect(made.length).toBeGreaterThanOrEqual(6);
    // The one beside it was already under way.
    expect(made.length).toBeLessThanOrEqual(7);
  });

  test("knows the second server by its certificate where /api names nobody", async () => {
    const made = await sampled(until, { meets: namelessAndAnotherFromTheFourth });
    expect(made.length).toBeLessThanOrEqual(5);
  });

  test("stops at a dead address after three failures in a row", async () => {
    const made = await sampled(until, { meets: () => failedAt(VIP) });
    expect(made.length).toBeGreaterThanOrEqual(3);
    expect(made.length).toBeLessThanOrEqual(4);
  });

  test("does not take a lost connection between answers for a dead address", async () => {
    expect(await sampled(until, { meets: everyThirdLost })).toHaveLength(60);
  });
});

describe("--interval", () => {
  test("is from start to start, one connection at a time", async () => {
    const clock = fakeClock();
    const startedAtMs: number[] = [];
    const meets = (): Observation => {
      startedAtMs.push(clock.monotonicMs());
      return seen(VIP, PUB_ONE);
    };
    const { made, done } = start({ samples: 4, intervalMs: 200 }, { clock, meets });
    for (const expected of numbers(4)) {
      await turnOver();
      expect(made).toHaveLength(expected);
      clock.advance(199);
      await turnOver();
      expect(made).toHaveLength(expected);
      clock.advance(1);
    }
    await done;
    expect(startedAtMs).toEqual([0, 200, 400, 600]);
  });

  test("does not wait after the last one", async () => {
    const clock = fakeClock();
    expect(await sampled({ samples: 1, intervalMs: 200 }, { clock, meets: one })).toEqual([1]);
    expect(clock.waiting()).toBe(0);
  });

  test("one that takes longer is followed at once, and then by the interval again", async () => {
    const clock = fakeClock();
    const startedAtMs: number[] = [];
    const meets = async (sample: number): Promise<Observation> => {
      startedAtMs.push(clock.monotonicMs());
      if (sample === 1) await clock.wait(1_000, NEVER);
      return seen(VIP, PUB_ONE);
    };
    const { done } = start({ samples: 4, intervalMs: 200 }, { clock, meets });
    for (const ms of [1_000, 0, 0, 200, 200]) {
      await turnOver();
      clock.advance(ms);
    }
    await done;
    expect(startedAtMs).toEqual([0, 1_000, 1_200, 1_400]);
  });

  test("an interruption ends the wait, and makes no further connection", async () => {
    const stop = new AbortController();
    const { made, done } = start(
      { samples: 9, intervalMs: 60_000 },
      { clock: fakeClock(), signal: stop.signal, meets: one },
    );
    await turnOver();
    stop.abort();
    await done;
    expect(made).toHaveLength(1);
  });

  test("the second API server ends it too, with --until-sure", async () => {
    const clock = fakeClock();
    const { made, done } = start(
      { samples: 60, intervalMs: 100, stopAtSecond: true },
      { clock, meets: alternately },
    );
    await turnOver();
    clock.advance(100);
    await done;
    expect(made).toHaveLength(2);
  });
});
