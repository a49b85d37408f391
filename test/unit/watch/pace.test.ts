import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Fact, known, unknown } from "../../../src/model/fact.ts";
import type { Failure } from "../../../src/model/failure.ts";
import type { BearerToken } from "../../../src/model/ports.ts";
import type { Resolution } from "../../../src/model/resolution.ts";
import { isoTime } from "../../../src/model/time.ts";
import {
  type AwsQuestion,
  dueQuestions,
  paceAfter,
  startAwsPace,
} from "../../../src/watch/pace/aws.ts";
import {
  AWS_BURST,
  AWS_CALLS_PER_INTERVAL,
  AWS_COST,
  NEGATIVE_TTL_MS,
} from "../../../src/watch/pace/constants.ts";
import { dnsPaceAfter, dueResolvers, startDnsPace } from "../../../src/watch/pace/dns.ts";
import { keepToken } from "../../../src/watch/pace/token.ts";
import { fakeClock } from "../../support/fake-deps.ts";

const INTERVAL_MS = 30_000;
const NOTHING_PULLED: ReadonlySet<AwsQuestion> = new Set();
const ALL: ReadonlySet<AwsQuestion> = new Set(["ec2", "eks", "updates"]);
const THROTTLED: Failure = {
  code: "throttled",
  phase: "describe-enis",
  side: "aws",
  message: "Rate exceeded",
};

/** Asks whatever is due every `stepMs`; the times at which each question was asked. */
function askFor(
  totalMs: number,
  stepMs: number,
  pulled: (nowMs: number) => ReadonlySet<AwsQuestion>,
  answer: (question: AwsQuestion, nowMs: number) => Fact<unknown> = () => known([]),
): readonly { readonly atMs: number; readonly question: AwsQuestion }[] {
  let pace = startAwsPace(INTERVAL_MS, 0);
  const asked: { atMs: number; question: AwsQuestion }[] = [];
  for (let nowMs = 0; nowMs <= totalMs; nowMs += stepMs) {
    const due = dueQuestions(pace, nowMs, pulled(nowMs));
    asked.push(...due.map((question) => ({ atMs: nowMs, question })));
    pace = paceAfter(
      pace,
      nowMs,
      new Map(due.map((question) => [question, answer(question, nowMs)])),
    );
  }
  return asked;
}

function timesOf(asked: ReturnType<typeof askFor>, question: AwsQuestion): readonly number[] {
  return asked.flatMap((one) => (one.question === question ? [one.atMs] : []));
}

describe("the pace of questions to AWS", () => {
  it("asks EC2 at its interval, EKS half as often, the updates a tenth as often", () => {
    const asked = askFor(600_000, 10_000, () => NOTHING_PULLED);
    expect(timesOf(asked, "ec2")).toHaveLength(21);
    expect(timesOf(asked, "eks")).toHaveLength(11);
    expect(timesOf(asked, "updates")).toHaveLength(3);
  });

  it("pulls a question forward when something has changed, but not twice in five seconds", () => {
    const asked = askFor(20_000, 1_000, (nowMs) => (nowMs >= 7_000 ? ALL : NOTHING_PULLED));
    expect(timesOf(asked, "ec2")).toEqual([0, 7_000, 12_000, 17_000]);
  });

  it("waits ever longer after throttled answers, and no longer pulls, because that makes it worse", () => {
    const asked = askFor(
      600_000,
      10_000,
      () => ALL,
      (question) => (question === "ec2" ? unknown(THROTTLED) : known([])),
    );
    expect(timesOf(asked, "ec2")).toEqual([0, 30_000, 60_000, 100_000, 180_000, 340_000]);
  });

  it("never spends more than its budget, whatever is pulled and whatever is answered", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 20_000 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
        (stepMs, pulls, fails) => {
          const asked = askFor(
            stepMs * 200,
            stepMs,
            (nowMs) => (pulls[(nowMs / stepMs) % pulls.length] ? ALL : NOTHING_PULLED),
            (_, nowMs) => (fails[(nowMs / stepMs) % fails.length] ? unknown(THROTTLED) : known([])),
          );
          let spent = 0;
          for (const { atMs, question } of asked) {
            spent += AWS_COST[question];
            expect(spent).toBeLessThanOrEqual(
              AWS_BURST + (atMs / INTERVAL_MS) * AWS_CALLS_PER_INTERVAL + 1e-6,
            );
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

const NEVER = new AbortController().signal;

function tokenUntil(expiresAtMs: number): BearerToken {
  return { reveal: () => `EXAMPLE until ${expiresAtMs}`, expiresAt: isoTime(expiresAtMs) };
}

const SERVER = { kind: "server", ip: "10.0.0.2", port: 53 } as const;

function answered(ttlSeconds: readonly number[], type: "A" | "AAAA" = "A"): Resolution {
  return {
    resolver: { ...SERVER, system: false },
    name: "endpoint.example",
    type,
    answer:
      ttlSeconds.length === 0
        ? { kind: "nodata" }
        : {
            kind: "records",
            records: ttlSeconds.map((seconds, index) => ({
              type,
              ip: `10.0.0.${index + 10}`,
              ttlSeconds: seconds,
            })),
            cnames: [],
          },
    durationMs: 1,
    transport: "udp",
  };
}

describe("the pace of questions to DNS", () => {
  it("asks a resolver again when the shortest TTL of its answer is over, and not before", () => {
    const pace = dnsPaceAfter(
      startDnsPace([SERVER], 0),
      0,
      [SERVER],
      [answered([60, 41]), answered([], "AAAA")],
    );
    expect(dueResolvers(pace, 40_999)).toEqual([]);
    expect(dueResolvers(pace, 41_000)).toEqual([SERVER]);
  });

  it("keeps a denial for a while, because asking on would not make the name appear sooner", () => {
    const pace = dnsPaceAfter(startDnsPace([SERVER], 0), 0, [SERVER], [answered([])]);
    expect(dueResolvers(pace, NEGATIVE_TTL_MS - 1)).toEqual([]);
    expect(dueResolvers(pace, NEGATIVE_TTL_MS)).toEqual([SERVER]);
  });

  it("asks each resolver by its own TTL", () => {
    const other = { kind: "server", ip: "10.0.0.3", port: 53 } as const;
    const pace = dnsPaceAfter(
      startDnsPace([SERVER, other], 0),
      0,
      [SERVER, other],
      [answered([60]), { ...answered([5]), resolver: { ...other, system: false } }],
    );
    expect(dueResolvers(pace, 5_000)).toEqual([other]);
  });

  it("asks in every round where the TTL is zero", () => {
    const pace = dnsPaceAfter(startDnsPace([SERVER], 0), 0, [SERVER], [answered([0])]);
    expect(dueResolvers(pace, 0)).toEqual([SERVER]);
  });
});

describe("the token of a watch", () => {
  it("is signed anew before it ends, and the old one is used until then", async () => {
    const clock = fakeClock();
    const keeper = keepToken(clock, () =>
      Promise.resolve(known(tokenUntil(clock.wallMs() + 14 * 60_000))),
    );
    await keeper.renew(NEVER);
    const first = (await keeper.current())?.expiresAt;
    clock.advance(10 * 60_000);
    expect(keeper.renew(NEVER)).toBeUndefined();
    clock.advance(60_001);
    await keeper.renew(NEVER);
    expect((await keeper.current())?.expiresAt).not.toBe(first);
  });

  it("is kept while a new one cannot be had, and signing is not tried in every round", async () => {
    const clock = fakeClock();
    let signed = 0;
    const keeper = keepToken(clock, () => {
      signed += 1;
      return Promise.resolve(
        signed === 1
          ? known(tokenUntil(clock.wallMs() + 14 * 60_000))
          : unknown({ ...THROTTLED, phase: "sign" }),
      );
    });
    await keeper.renew(NEVER);
    clock.advance(12 * 60_000);
    expect((await keeper.renew(NEVER))?.kind).toBe("unknown");
    expect(await keeper.current()).toBeDefined();
    clock.advance(10_000);
    expect(keeper.renew(NEVER)).toBeUndefined();
    clock.advance(20_000);
    expect((await keeper.renew(NEVER))?.kind).toBe("unknown");
    expect(signed).toBe(3);
  });

  it("waits for the new one where the old one has ended, as after a night's sleep", async () => {
    const clock = fakeClock();
    const keeper = keepToken(clock, async () => {
      await Promise.resolve();
      return known(tokenUntil(clock.wallMs() + 14 * 60_000));
    });
    await keeper.renew(NEVER);
    clock.advance(8 * 3_600_000);
    void keeper.renew(NEVER);
    const token = await keeper.current();
    expect(Date.parse(token?.expiresAt ?? "")).toBeGreaterThan(clock.wallMs());
  });

  it("is signed anew in time by the monotonic clock, where this machine's own was set back", async () => {
    const clock = fakeClock();
    let setBackMs = 0;
    let signed = 0;
    const wrong = { ...clock, wallMs: () => clock.wallMs() - setBackMs };
    const keeper = keepToken(wrong, () => {
      signed += 1;
      return Promise.resolve(known(tokenUntil(wrong.wallMs() + 14 * 60_000)));
    });
    await keeper.renew(NEVER);
    setBackMs = 3_600_000;
    clock.advance(10 * 60_000);
    expect(keeper.renew(NEVER)).toBeUndefined();
    clock.advance(60_001);
    await keeper.renew(NEVER);
    expect(signed).toBe(2);
  });

  it("is not signed in every round, where the credentials behind it end soon", async () => {
    const clock = fakeClock();
    let signed = 0;
    const endMs = clock.wallMs() + 120_000;
    const keeper = keepToken(clock, () => {
      signed += 1;
      return Promise.resolve(known(tokenUntil(endMs)));
    });
    for (let round = 0; round < 60; round += 1) {
      await keeper.renew(NEVER);
      clock.advance(1_000);
    }
    expect(signed).toBe(2);
    expect(await keeper.current()).toBeDefined();
  });
});
