import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { WireReply } from "../../src/model/conversation.ts";
import type { Clock } from "../../src/model/ports.ts";
import {
  type Backoff,
  findOpen,
  NO_BACKOFF,
  noteAnswered,
  noteShed,
  noteUnreachable,
  restedMs,
} from "../../src/watch/load/backoff.ts";
import {
  countInto,
  createHistogram,
  mergeInto,
  percentile,
  reportLatency,
} from "../../src/watch/load/histogram.ts";
import { nextTurnMs, startPace, takeTurn } from "../../src/watch/load/pace.ts";
import { runLoad } from "../../src/watch/load/run-load.ts";
import { fakeClock, fakeDeps } from "../support/fake-deps.ts";
import { answered, failedWith, order, pass, target } from "../unit/watch/load/support.ts";

const NEVER = new AbortController().signal;

/** 10 µs to 10 min, every size as likely. */
const duration = fc
  .double({ min: Math.log(0.01), max: Math.log(600_000), noNaN: true })
  .map((log) => Math.min(600_000, Math.max(0.01, Math.exp(log))));

function histogramOf(durations: readonly number[]): ReturnType<typeof createHistogram> {
  const histogram = createHistogram();
  for (const each of durations) countInto(histogram, each);
  return histogram;
}

describe("a histogram", () => {
  test("tells every percentile within 1 % of the exact one", () => {
    fc.assert(
      fc.property(
        fc.array(duration, { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (durations, share) => {
          const sorted = durations.toSorted((one, other) => one - other);
          const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? Number.NaN;
          const told = percentile(histogramOf(durations), share);
          expect(Math.abs(told - exact) / exact).toBeLessThanOrEqual(0.01);
        },
      ),
    );
  });

  test("merged is the same as one that everything was counted into", () => {
    fc.assert(
      fc.property(fc.array(duration), fc.array(duration), (some, others) => {
        const merged = histogramOf(some);
        mergeInto(merged, histogramOf(others));
        expect(merged).toEqual(histogramOf([...some, ...others]));
      }),
    );
  });

  test("has percentiles that rise to the longest", () => {
    fc.assert(
      fc.property(fc.array(duration, { minLength: 1 }), (durations) => {
        const report = reportLatency(histogramOf(durations));
        if (report === undefined) throw new Error("nothing was counted");
        const rising = [report.p50Ms, report.p90Ms, report.p99Ms, report.maxMs];
        expect(rising).toEqual(rising.toSorted((one, other) => one - other));
      }),
    );
  });
});

/** Times of a second or longer in which more was sent than the rate allows, and one. */
function overBound(times: readonly number[], rps: number): readonly string[] {
  return times.flatMap((fromMs, first) =>
    times.flatMap((untilMs, last) => {
      const count = last - first + 1;
      const elapsedMs = untilMs - fromMs;
      const isOver = elapsedMs >= 1_000 && count > (rps * elapsedMs) / 1_000 + 1 + 1e-3;
      return isOver ? [`${count} from ${fromMs} to ${untilMs}`] : [];
    }),
  );
}

const rate = fc.oneof(
  fc.integer({ min: 1, max: 50 }),
  fc.double({ min: 0.05, max: 300, noNaN: true }),
);
/** How late a timer is: mostly little, at times a standstill. */
const lateness = fc.oneof(
  { weight: 20, arbitrary: fc.double({ min: 0, max: 3, noNaN: true }) },
  { weight: 2, arbitrary: fc.double({ min: 0, max: 60, noNaN: true }) },
  { weight: 1, arbitrary: fc.double({ min: 0, max: 5_000, noNaN: true }) },
);

describe("the pace", () => {
  test("keeps the rate over every second or longer, however late the turns are taken", () => {
    fc.assert(
      fc.property(
        rate,
        fc.array(lateness, { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 1, max: 300 }),
        (rps, late, turns) => {
          let pace = startPace(rps, 60_000, 0);
          const sent: number[] = [];
          for (let turn = 0; turn < turns; turn += 1) {
            const nowMs = nextTurnMs(pace) + (late[turn % late.length] ?? 0);
            const { pace: after, isDue } = takeTurn(pace, nowMs);
            pace = after;
            if (isDue) sent.push(nowMs);
          }
          expect(overBound(sent, rps)).toEqual([]);
        },
      ),
    );
  });

  test("has no more due than the rate and the time allow, whatever the clock does", () => {
    fc.assert(
      fc.property(
        rate,
        fc.integer({ min: 0, max: 10_000 }),
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 500 }),
        (rps, forMs, times) => {
          let pace = startPace(rps, forMs, 0);
          let due = 0;
          let missed = 0;
          for (const ms of times) {
            const turn = takeTurn(pace, ms);
            pace = turn.pace;
            due += turn.isDue ? 1 : 0;
            missed += turn.missed;
            expect(turn.missed).toBeGreaterThanOrEqual(0);
          }
          expect(due + missed).toBeLessThanOrEqual((rps * forMs) / 1_000 + 1);
          const { missed: last, isOver } = takeTurn(pace, forMs);
          expect(isOver).toBe(true);
          expect(due + missed + last).toBe(pace.slots);
        },
      ),
    );
  });
});

type Happening =
  | { readonly kind: "shed"; readonly seconds: number | undefined }
  | { readonly kind: "unreachable" | "answered" | "asked"; readonly address: string };

const ADDRESSES = ["a", "b", "c"];
const address = fc.constantFrom(...ADDRESSES);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({
    kind: fc.constant("shed" as const),
    seconds: fc.option(fc.double({ min: -10, max: 1e9 }), { nil: undefined }),
  }),
  fc.record({ kind: fc.constantFrom("unreachable", "answered", "asked"), address }),
);

function note(backoff: Backoff, what: Happening, nowMs: number): Backoff {
  switch (what.kind) {
    case "shed":
      return noteShed(backoff, what.seconds, nowMs);
    case "unreachable":
      return noteUnreachable(backoff, what.address, nowMs);
    case "answered":
      return noteAnswered(backoff, what.address, nowMs);
    case "asked":
      return findOpen(backoff, ADDRESSES, nowMs).backoff;
  }
}

/** Which addresses are not to be asked any more after it, and still not when. */
function shutBy(what: Happening, nowMs: number): [readonly string[], number] {
  if (what.kind === "shed") return [ADDRESSES, nowMs + 999];
  return [what.kind === "unreachable" ? [what.address] : [], nowMs];
}

describe("the back-off", () => {
  test("ends within a minute, rests a second at least, and has rested no longer than time went by", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(happening, fc.integer({ min: 0, max: 90_000 })), { maxLength: 100 }),
        (happenings) => {
          let backoff = NO_BACKOFF;
          let nowMs = 0;
          for (const [what, afterMs] of happenings) {
            nowMs += afterMs;
            backoff = note(backoff, what, nowMs);
            const [shut, untilMs] = shutBy(what, nowMs);
            const { open } = findOpen(backoff, ADDRESSES, untilMs);
            expect(open.filter((each) => shut.includes(each))).toEqual([]);
            expect(findOpen(backoff, ADDRESSES, nowMs + 60_000).open).toEqual(ADDRESSES);
            expect(restedMs(backoff, nowMs)).toBeGreaterThanOrEqual(0);
            expect(restedMs(backoff, nowMs)).toBeLessThanOrEqual(nowMs);
          }
        },
      ),
    );
  });
});

interface Given {
  readonly reply: WireReply;
  readonly afterMs: number;
}

const given: fc.Arbitrary<Given> = fc.record({
  reply: fc.oneof(
    { weight: 8, arbitrary: fc.constant(answered(200)) },
    { weight: 1, arbitrary: fc.constant(answered(429, { retryAfterSeconds: 2 })) },
    { weight: 1, arbitrary: fc.constant(answered(429)) },
    { weight: 1, arbitrary: fc.constant(answered(503, { retryAfterSeconds: 1 })) },
    { weight: 1, arbitrary: fc.constant(failedWith("tcp-refused", "tcp")) },
    { weight: 1, arbitrary: fc.constant(failedWith("http-timeout", "http")) },
  ),
  afterMs: fc.integer({ min: 0, max: 400 }),
});

interface Driven {
  readonly sent: readonly number[];
  /** Each from the answer that shed on, for a second at least. */
  readonly shedAt: readonly number[];
  readonly report: ReturnType<ReturnType<typeof runLoad>["report"]>;
}

/** A whole load whose timers are late, at addresses that answer as they like. */
async function drive(
  rps: number,
  forMs: number,
  replies: readonly Given[],
  late: readonly number[],
): Promise<Driven> {
  const time = fakeClock();
  const sent: number[] = [];
  const shedAt: number[] = [];
  let waits = 0;
  const clock: Clock = {
    ...time,
    wait: (ms, signal) => {
      waits += 1;
      return time.wait(ms + (late[waits % late.length] ?? 0), signal);
    },
  };
  const { sockets } = fakeDeps({
    converse: async () => {
      const { reply, afterMs } = replies[sent.length % replies.length] ?? {
        reply: answered(200),
        afterMs: 0,
      };
      sent.push(time.monotonicMs());
      if (afterMs > 0) await time.wait(afterMs, new AbortController().signal);
      if (reply.kind === "answered" && reply.status !== 200) shedAt.push(time.monotonicMs());
      return { fingerprint: undefined, replies: [[reply]] };
    },
  });
  const targets = [target("a:443"), target("b:443")];
  const load = runLoad(
    order({ rps }, forMs, 1_000),
    () => targets,
    { clock, sockets, token: () => Promise.resolve(undefined) },
    NEVER,
  );
  await pass([time], forMs + 6_000, 7);
  await load.finished;
  return { sent, shedAt, report: load.report() };
}

describe("a load", () => {
  test("keeps its rate, sends nothing while it backs off, ends by itself and accounts for everything", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 6_000 }),
        fc.array(given, { minLength: 1, maxLength: 30 }),
        fc.array(lateness, { minLength: 1, maxLength: 30 }),
        async (rps, forMs, replies, late) => {
          const { sent, shedAt, report } = await drive(rps, forMs, replies, late);
          expect(overBound(sent, rps)).toEqual([]);
          expect(sent.length).toBeLessThanOrEqual((rps * forMs) / 1_000 + 1);
          expect(Math.max(0, ...sent)).toBeLessThanOrEqual(forMs);
          for (const ms of shedAt) {
            expect(sent.filter((each) => each > ms && each < ms + 1_000)).toEqual([]);
          }
          const { held, statuses, underWay, backedOff } = report;
          expect(report.sent).toBe(sent.length);
          expect(report.sent + held.busy + held.backingOff + held.late).toBe(
            Math.ceil((rps * forMs) / 1_000),
          );
          const settled = Object.values(statuses).reduce((sum, count) => sum + count, 0);
          expect(settled + underWay).toBe(report.sent);
          expect(underWay).toBe(0);
          expect(backedOff.totalMs).toBeLessThanOrEqual(report.durationMs + 1);
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);
});
