import { describe, expect, test } from "vitest";
import {
  type Backoff,
  findOpen,
  NO_BACKOFF,
  noteAnswered,
  noteShed,
  noteUnreachable,
  restedMs,
} from "../../../../src/watch/load/backoff.ts";

const BOTH = ["a", "b"];

const openAt = (backoff: Backoff, ms: number): readonly string[] =>
  findOpen(backoff, BOTH, ms).open;

/** When the whole load may go on. */
const loadUntil = (backoff: Backoff): number | undefined => backoff.load?.untilMs;

describe("a request that was shed", () => {
  test("stops the load at all addresses for as long as the server said", () => {
    const backoff = noteShed(NO_BACKOFF, 7, 1_000);
    expect(openAt(backoff, 7_999)).toEqual([]);
    expect(openAt(backoff, 8_000)).toEqual(BOTH);
    expect(backoff.times).toBe(1);
    expect(restedMs(backoff, 3_500)).toBe(2_500);
    expect(restedMs(backoff, 60_000)).toBe(7_000);
  });

  test("stops it for a minute at most, whatever the server says", () => {
    expect(loadUntil(noteShed(NO_BACKOFF, 86_400, 0))).toBe(60_000);
    expect(loadUntil(noteShed(NO_BACKOFF, Number.POSITIVE_INFINITY, 0))).toBe(60_000);
  });

  test.each([0, 0.2])("stops it for a second at least, where the server says %s", (seconds) => {
    expect(loadUntil(noteShed(NO_BACKOFF, seconds, 0))).toBe(1_000);
  });

  test.each([-1, Number.NaN])("takes %s for no word", (seconds) => {
    const once = noteShed(NO_BACKOFF, seconds, 0);
    expect(loadUntil(noteShed(once, seconds, 1_000))).toBe(3_000);
  });

  test("without a word stops it for 1 s, and twice as long each time up to a minute", () => {
    let backoff = NO_BACKOFF;
    const waits: number[] = [];
    for (let nowMs = 0, turn = 0; turn < 8; turn += 1) {
      backoff = noteShed(backoff, undefined, nowMs);
      waits.push((loadUntil(backoff) ?? 0) - nowMs);
      nowMs = loadUntil(backoff) ?? 0;
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1_000));
  });

  test("begins at 1 s again after 30 s in which nothing was shed, and not before", () => {
    const twice = noteShed(noteShed(NO_BACKOFF, undefined, 0), undefined, 1_000);
    expect(loadUntil(twice)).toBe(3_000);
    expect(loadUntil(noteShed(twice, undefined, 32_999))).toBe(36_999);
    expect(loadUntil(noteShed(twice, undefined, 33_000))).toBe(34_000);
  });

  test("counts once for all that were under way together, or a full server would stop it for minutes", () => {
    let backoff = NO_BACKOFF;
    for (let each = 0; each < 20; each += 1) backoff = noteShed(backoff, undefined, each);
    expect(loadUntil(backoff)).toBe(1_019);
    expect(backoff.times).toBe(1);
    expect(loadUntil(noteShed(backoff, undefined, 1_100))).toBe(3_100);
  });

  test("makes a stop longer where a later answer says so, and never shorter", () => {
    const longer = noteShed(noteShed(NO_BACKOFF, 2, 0), 10, 500);
    expect(loadUntil(longer)).toBe(10_500);
    expect(loadUntil(noteShed(longer, 1, 600))).toBe(10_500);
    expect(longer.times).toBe(1);
    expect(restedMs(longer, 20_000)).toBe(10_500);
  });
});

describe("an address that takes no connection", () => {
  test("is left out for a while, and the others go on", () => {
    const backoff = noteUnreachable(NO_BACKOFF, "a", 0);
    expect(openAt(backoff, 999)).toEqual(["b"]);
    expect(openAt(backoff, 1_000)).toEqual(BOTH);
    expect(backoff.times).toBe(0);
  });

  test("is left out twice as long each time, up to 30 s", () => {
    let backoff = NO_BACKOFF;
    const waits: number[] = [];
    for (let nowMs = 0, turn = 0; turn < 7; turn += 1) {
      backoff = noteUnreachable(backoff, "a", nowMs);
      const untilMs = backoff.addresses["a"]?.untilMs ?? 0;
      waits.push(untilMs - nowMs);
      nowMs = untilMs;
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30].map((seconds) => seconds * 1_000));
  });

  test("counts once for all that were under way together", () => {
    let backoff = NO_BACKOFF;
    for (let each = 0; each < 20; each += 1) backoff = noteUnreachable(backoff, "a", each);
    expect(openAt(backoff, 1_000)).toEqual(BOTH);
  });

  test("begins anew once it answered; an answer that was on its way before tells nothing", () => {
    const twice = noteUnreachable(noteUnreachable(NO_BACKOFF, "a", 0), "a", 1_000);
    expect(openAt(noteAnswered(twice, "a", 1_500), 1_600)).toEqual(["b"]);
    const again = noteUnreachable(noteAnswered(twice, "a", 3_000), "a", 4_000);
    expect(openAt(again, 5_000)).toEqual(BOTH);
  });

  test("makes the load wait when the others take none either, until the first is tried again", () => {
    const backoff = noteUnreachable(noteUnreachable(NO_BACKOFF, "a", 0), "b", 400);
    const shut = findOpen(backoff, BOTH, 500);
    expect(shut.open).toEqual([]);
    expect(shut.backoff.times).toBe(1);
    expect(restedMs(shut.backoff, 800)).toBe(300);
    expect(openAt(shut.backoff, 1_000)).toEqual(["a"]);
    expect(restedMs(shut.backoff, 5_000)).toBe(500);
  });

  test("is forgotten when nobody names it any more", () => {
    const backoff = noteUnreachable(NO_BACKOFF, "gone", 0);
    expect(findOpen(backoff, BOTH, 0).backoff.addresses).toEqual({});
  });

  test("differs from there being none at all, which is no back-off", () => {
    const { open, backoff } = findOpen(NO_BACKOFF, [], 0);
    expect(open).toEqual([]);
    expect(backoff.times).toBe(0);
  });
});
