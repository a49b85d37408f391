import { describe, expect, test, vi } from "vitest";
import type { WireReply } from "../../../../src/model/conversation.ts";
import type { BearerToken, ProbePlan, SocketPort } from "../../../../src/model/ports.ts";
import { type RunningLoad, runLoad } from "../../../../src/watch/load/run-load.ts";
import { deferred, type FakeClock, fakeClock, fakeDeps } from "../../../support/fake-deps.ts";
import { answered, failedWith, fakeLine, opened, order, pass, settled, target } from "./support.ts";

const NEVER = new AbortController().signal;
const A = target("43.200.53.253:443");
const B = target("52.79.39.107:443");
const TOKEN: BearerToken = { reveal: () => "EXAMPLE", expiresAt: "2023-04-21T15:55:31Z" };
const token = (): Promise<BearerToken> => Promise.resolve(TOKEN);

type Answer = (plan: ProbePlan, nowMs: number) => WireReply | Promise<WireReply>;

interface World {
  readonly clock: FakeClock;
  /** `ms address` of every request. */
  readonly sent: string[];
  readonly sockets: SocketPort;
}

function world(answer: Answer = () => answered(200)): World {
  const clock = fakeClock();
  const sent: string[] = [];
  const { sockets } = fakeDeps({
    converse: async (plan) => {
      sent.push(`${clock.monotonicMs()} ${plan.address}`);
      return { fingerprint: undefined, replies: [[await answer(plan, clock.monotonicMs())]] };
    },
  });
  return { clock, sent, sockets };
}

const refusing: Answer = ({ address }) =>
  address === A.address ? failedWith("tcp-refused", "tcp") : answered(200);

/** Answers nothing. As the port does, an abort settles the request. */
const converseUntilAborted: SocketPort["converse"] = (_plan, _token, _steps, signal) =>
  new Promise((resolve) => {
    const reply = failedWith("interrupted", "http");
    signal.addEventListener("abort", () => resolve({ fingerprint: undefined, replies: [[reply]] }));
  });

const both = (): readonly ProbePlan[] => [A, B];
const timesOf = (sent: readonly string[]): readonly number[] =>
  sent.map((line) => Number(line.split(" ")[0]));

function start(
  { clock, sockets }: World,
  what: Parameters<typeof order>[0],
  forMs: number,
  targets = both,
  signal = NEVER,
): RunningLoad {
  return runLoad(order(what, forMs), targets, { clock, sockets, token }, signal);
}

describe("a load", () => {
  test("asks the addresses in turn, evenly, and ends by itself", async () => {
    const made = world();
    const load = start(made, { rps: 4 }, 1_500);
    await pass([made.clock], 1_500, 50);
    await load.finished;
    expect(made.sent).toEqual([
      `0 ${A.address}`,
      `250 ${B.address}`,
      `500 ${A.address}`,
      `750 ${B.address}`,
      `1000 ${A.address}`,
      `1250 ${B.address}`,
    ]);
    expect(load.report()).toMatchObject({
      plan: { rps: 4, path: "/version", connections: "fresh" },
      durationMs: 1_500,
      sent: 6,
      underWay: 0,
      held: { busy: 0, backingOff: 0, late: 0 },
      statuses: { "200": 6 },
      latency: { count: 6, p50Ms: 10 },
      backedOff: { times: 0, totalMs: 0 },
    });
    expect(made.clock.waiting()).toBe(0);
  });

  test("asks for the path of the plan as a client of the API would, with the limit of the order", async () => {
    const clock = fakeClock();
    const converse = vi.fn<SocketPort["converse"]>().mockResolvedValue({
      fingerprint: undefined,
      replies: [[answered(200)]],
    });
    const sockets = { ...world().sockets, converse };
    const load = runLoad(
      order({ path: "/livez" }, 50, 700),
      both,
      { clock, sockets, token },
      NEVER,
    );
    await load.stop();
    const [plan, , steps] = converse.mock.calls[0] ?? [];
    expect(plan).toEqual({ ...A, timeoutMs: 700 });
    expect(steps).toEqual([[{ method: "GET", path: "/livez", accept: "application/json" }]]);
  });

  test("asks for the token with every request, since it is renewed meanwhile", async () => {
    const made = world();
    const asked = vi.fn<() => Promise<BearerToken>>().mockImplementation(token);
    runLoad(order({}, 1_000), both, { ...made, token: asked }, NEVER);
    await pass([made.clock], 1_000, 100);
    expect(asked).toHaveBeenCalledTimes(10);
  });

  test("has one timer at most, however many requests are under way", async () => {
    const never = deferred<WireReply>();
    const made = world(() => never.promise);
    const load = start(made, { rps: 50 }, 10_000);
    for (let step = 0; step < 50; step += 1) {
      await pass([made.clock], 20, 20);
      expect(made.clock.waiting()).toBeLessThanOrEqual(1);
    }
    expect(load.report().underWay).toBe(51);
    never.resolve(answered(200));
    await load.stop();
  });

  test("holds what is due while too many are under way, and does not make up for it", async () => {
    const first = deferred<WireReply>();
    const made = world((_, nowMs) => (nowMs < 1_000 ? first.promise : answered(200)));
    // 10 a second with a limit of 500 ms: 5 at once.
    const load = runLoad(order({}, 2_000, 500), both, { ...made, token }, NEVER);
    await pass([made.clock], 1_000, 50);
    expect(load.report()).toMatchObject({ sent: 5, held: { busy: 6, backingOff: 0 }, underWay: 5 });
    first.resolve(answered(200));
    await pass([made.clock], 1_000, 50);
    expect(load.report()).toMatchObject({ sent: 14, held: { busy: 6 }, underWay: 0 });
  });

  test("counts what came too late for its interval, and sends no burst after a standstill", async () => {
    const made = world();
    const load = start(made, {}, 2_000);
    await pass([made.clock], 200, 50);
    made.clock.advance(1_000);
    await pass([made.clock], 800, 50);
    expect(load.report()).toMatchObject({ sent: 11, held: { busy: 0, backingOff: 0, late: 9 } });
  });

  test("goes by the addresses of the moment", async () => {
    const made = world();
    let named = [A];
    start(made, {}, 600, () => named);
    await pass([made.clock], 250, 50);
    named = [B];
    await pass([made.clock], 350, 50);
    expect(made.sent.map((line) => line.split(" ")[1])).toEqual([
      ...[A, A, A].map(({ address }) => address),
      ...[B, B, B].map(({ address }) => address),
    ]);
  });

  test("waits while no address is named, which is no back-off", async () => {
    const made = world();
    let named: readonly ProbePlan[] = [];
    const load = start(made, {}, 1_000, () => named);
    await pass([made.clock], 450, 50);
    named = [A];
    await pass([made.clock], 550, 50);
    expect(load.report()).toMatchObject({
      sent: 5,
      held: { busy: 0, backingOff: 5, late: 0 },
      backedOff: { times: 0, totalMs: 0 },
    });
  });
});

describe("a load at a server that sheds", () => {
  test("stops at all addresses for as long as it was told, and goes on at its own rate", async () => {
    const made = world((_, nowMs) =>
      nowMs === 500 ? answered(429, { retryAfterSeconds: 2 }) : answered(200),
    );
    const load = start(made, {}, 5_000);
    await pass([made.clock], 5_000, 50);
    const times = timesOf(made.sent);
    expect(times.filter((ms) => ms > 500 && ms < 2_500)).toEqual([]);
    expect(times.filter((ms) => ms >= 2_500 && ms < 3_500)).toHaveLength(10);
    expect(load.report()).toMatchObject({
      sent: 31,
      held: { busy: 0, backingOff: 19, late: 0 },
      statuses: { "200": 30, "429": 1 },
      shed: [{ flowSchemaUid: "unknown", count: 1 }],
      backedOff: { times: 1, totalMs: 2_000 },
    });
  });

  test("does the same at a 503 that says when to come back", async () => {
    const made = world(() => answered(503, { retryAfterSeconds: 3 }));
    const load = start(made, {}, 3_000);
    await pass([made.clock], 3_000, 50);
    expect(load.report()).toMatchObject({ sent: 1, backedOff: { times: 1 } });
  });

  test("goes on at a 503 that says nothing: it is an answer to be counted", async () => {
    const made = world(() => answered(503));
    const load = start(made, {}, 3_000);
    await pass([made.clock], 3_000, 50);
    expect(load.report()).toMatchObject({ sent: 30, statuses: { "503": 30 }, shed: [] });
  });

  test("tells how long it has been resting while it rests", async () => {
    const made = world(() => answered(429, { retryAfterSeconds: 60 }));
    const load = start(made, {}, 10_000);
    await pass([made.clock], 4_000, 50);
    expect(load.report().backedOff).toEqual({ times: 1, totalMs: 4_000 });
    await pass([made.clock], 6_000, 50);
    await load.finished;
    // It ended before its rest did.
    expect(load.report().backedOff).toEqual({ times: 1, totalMs: 10_000 });
  });
});

describe("a load at an address that takes no connection", () => {
  test("leaves it out for a while, and the others get what it would have got", async () => {
    const made = world(refusing);
    const load = start(made, {}, 10_000);
    await pass([made.clock], 10_000, 50);
    const report = load.report();
    expect(report.sent).toBe(100);
    // After 0, 1, 3 and 7 s, a turn later at most.
    expect(report.failures).toEqual({ "tcp-refused": 4 });
    expect(report.backedOff.times).toBe(0);
    expect(report.byAddress[0]).toMatchObject({ sent: 4, answered: 0, latency: undefined });
  });

  test("waits when all of them do so", async () => {
    const made = world(() => failedWith("tls-reset", "tls"));
    const load = start(made, {}, 3_000);
    await pass([made.clock], 3_000, 50);
    // Each once at once, once after 1 s, and not before another 2 s.
    expect(load.report()).toMatchObject({ sent: 4, statuses: { failed: 4 } });
    expect(load.report().held.backingOff).toBe(26);
    expect(load.report().backedOff.times).toBe(2);
  });

  test("does not leave out one that is slow to answer: that is what a load is to show", async () => {
    const made = world(() => failedWith("http-timeout", "http"));
    const load = start(made, {}, 3_000);
    await pass([made.clock], 3_000, 50);
    expect(load.report()).toMatchObject({ sent: 30, failures: { "http-timeout": 30 } });
  });
});

describe("the end of a load", () => {
  test("waits for what is under way, and sends nothing more", async () => {
    const late = deferred<WireReply>();
    const made = world(() => late.promise);
    const load = start(made, {}, 1_000);
    const finished = vi.fn<() => void>();
    void load.finished.finally(finished);
    await pass([made.clock], 2_000, 50);
    expect(finished).not.toHaveBeenCalled();
    expect(load.report()).toMatchObject({ durationMs: 1_000, sent: 10, underWay: 10 });
    late.resolve(answered(200));
    await load.finished;
    expect(load.report()).toMatchObject({ sent: 10, underWay: 0, statuses: { "200": 10 } });
  });

  test.each(["stop", "signal"] as const)(
    "comes at once by %s, and what was cut off is no failure",
    async (how) => {
      const clock = fakeClock();
      const controller = new AbortController();
      const { sockets } = world();
      const deps = { clock, sockets: { ...sockets, converse: converseUntilAborted }, token };
      const load = runLoad(order({}, 60_000), both, deps, controller.signal);
      await pass([clock], 250, 50);
      if (how === "signal") controller.abort();
      else await load.stop();
      await load.finished;
      expect(load.report()).toMatchObject({
        durationMs: 250,
        sent: 3,
        underWay: 3,
        statuses: {},
        failures: {},
      });
      expect(clock.waiting()).toBe(0);
      await load.stop();
    },
  );

  test("sends nothing when the signal has aborted before", async () => {
    const made = world();
    const load = start(made, {}, 1_000, both, AbortSignal.abort());
    await load.finished;
    expect(made.sent).toEqual([]);
    expect(load.report()).toMatchObject({ sent: 0, durationMs: 0, latency: undefined });
  });

  test("comes with what was wrong when a port throws, which it never should", async () => {
    const made = world(() => Promise.reject(new Error("a bug")));
    const load = start(made, {}, 1_000);
    await pass([made.clock], 200, 50);
    await expect(load.stop()).rejects.toMatchObject({ errors: [new Error("a bug")] });
    expect(made.sent).toHaveLength(1);
  });
});

describe("a load over kept connections", () => {
  test("opens one for each address, asks over it again and again, and closes it at the end", async () => {
    const clock = fakeClock();
    const lines: ReturnType<typeof fakeLine>[] = [];
    const deps = fakeDeps({
      clock,
      hold: () => {
        const line = fakeLine(() => answered(200));
        lines.push(line);
        return opened(line);
      },
    });
    const load = runLoad(
      order({ connections: "kept", rps: 50 }, 2_000),
      both,
      { ...deps, token },
      NEVER,
    );
    await pass([clock], 1_000, 20);
    expect(deps.asked).toEqual(["hold 43.200.53.253:443", "hold 52.79.39.107:443"]);
    expect(lines.map((line) => line.isClosed())).toEqual([false, false]);
    await pass([clock], 1_000, 20);
    await load.finished;
    expect(load.report()).toMatchObject({ sent: 100, statuses: { "200": 100 } });
    expect(lines.map((line) => line.isClosed())).toEqual([true, true]);
  });

  test("closes those of an address that is named no more", async () => {
    const clock = fakeClock();
    const lines = new Map<string, ReturnType<typeof fakeLine>>();
    const deps = fakeDeps({
      clock,
      hold: (plan) => {
        const line = fakeLine(() => answered(200));
        lines.set(plan.address, line);
        return opened(line);
      },
    });
    let named = [A, B];
    const load = runLoad(
      order({ connections: "kept" }, 2_000),
      () => named,
      { ...deps, token },
      NEVER,
    );
    await pass([clock], 500, 50);
    named = [B];
    await pass([clock], 500, 50);
    expect(lines.get(A.address)?.isClosed()).toBe(true);
    expect(lines.get(B.address)?.isClosed()).toBe(false);
    await load.stop();
    await settled();
  });
});
