import { afterEach, describe, expect, it, vi } from "vitest";
import { type Player, playTimeline } from "../../../../src/lab/timeline/play.ts";
import { deferred } from "../../../support/fake-deps.ts";

const STARTED_AT_MS = Date.parse("2023-04-21T15:41:31Z");

interface Stage {
  readonly player: Player;
  readonly applied: readonly number[];
  readonly turn: (seconds: number) => void;
}

function stage(
  times: readonly number[],
  apply: (at: number) => Promise<void> = async () => {},
): Stage {
  const applied: number[] = [];
  let nowMs = STARTED_AT_MS;
  const player = playTimeline({
    times,
    startedAtMs: STARTED_AT_MS,
    clock: { wallMs: () => nowMs },
    byItself: false,
    apply: async (seconds) => {
      await apply(seconds);
      applied.push(seconds);
    },
  });
  return {
    player,
    applied,
    turn: (seconds) => {
      nowMs += seconds * 1000;
    },
  };
}

describe("a turned clock", () => {
  it("applies each step when its time has come, and not a millisecond before", async () => {
    const { player, applied, turn } = stage([1, 2]);
    turn(0.999);
    await player.advance();
    expect(applied).toEqual([]);
    turn(0.001);
    await player.advance();
    expect(applied).toEqual([1]);
  });

  it("applies what it leapt over in order, and each once, however often it is asked", async () => {
    const { player, applied, turn } = stage([1, 2, 5]);
    turn(3);
    await Promise.all([player.advance(), player.advance()]);
    await player.advance();
    expect(applied).toEqual([1, 2]);
    turn(2);
    await player.advance();
    expect(applied).toEqual([1, 2, 5]);
  });

  it("lets one step end before the next begins", async () => {
    const first = deferred<void>();
    const begun: number[] = [];
    const { player, applied, turn } = stage([1, 2], async (seconds) => {
      begun.push(seconds);
      if (seconds === 1) await first.promise;
    });
    turn(2);
    const done = player.advance();
    await Promise.resolve();
    expect({ begun, applied }).toEqual({ begun: [1], applied: [] });
    first.resolve();
    await done;
    expect(applied).toEqual([1, 2]);
  });

  it("that is turned back takes nothing back", async () => {
    const { player, applied, turn } = stage([1]);
    turn(1);
    await player.advance();
    turn(-5);
    await player.advance();
    turn(6);
    await player.advance();
    expect(applied).toEqual([1]);
  });

  it("begins nothing more after close, which waits for what is under way", async () => {
    const first = deferred<void>();
    const { player, applied, turn } = stage([1, 2], () => first.promise);
    turn(2);
    const done = player.advance();
    await Promise.resolve();
    const closed = player.close();
    first.resolve();
    await Promise.all([done, closed]);
    expect(applied).toEqual([1]);
  });

  it("tells whoever asks that a step failed, and goes no further", async () => {
    const { player, applied, turn } = stage([1, 2], async () => {
      throw new Error("no port");
    });
    turn(2);
    await expect(player.advance()).rejects.toThrow("no port");
    await expect(player.close()).resolves.toBeUndefined();
    expect(applied).toEqual([]);
  });
});

describe("the machine's own clock", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("brings the steps about by itself, also those a long way off, until it is closed", async () => {
    vi.useFakeTimers({ now: STARTED_AT_MS });
    const applied: number[] = [];
    const month = 30 * 86_400;
    const player = playTimeline({
      times: [1, 2.5, month, 2 * month],
      startedAtMs: STARTED_AT_MS,
      clock: { wallMs: () => Date.now() },
      byItself: true,
      apply: async (seconds) => {
        applied.push(seconds);
      },
    });
    await vi.advanceTimersByTimeAsync(2_499);
    expect(applied).toEqual([1]);
    await vi.advanceTimersByTimeAsync(1);
    expect(applied).toEqual([1, 2.5]);
    await vi.advanceTimersByTimeAsync(month * 1000);
    expect(applied).toEqual([1, 2.5, month]);
    await player.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
