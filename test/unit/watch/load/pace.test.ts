import { describe, expect, test } from "vitest";
import {
  nextTurnMs,
  type Pace,
  startPace,
  takeTurn,
  underWayLimit,
} from "../../../../src/watch/load/pace.ts";

/** `due at ms`, and what was missed before it. */
function turnsAt(start: Pace, times: readonly number[]): readonly string[] {
  let pace = start;
  return times.map((ms) => {
    const turn = takeTurn(pace, ms);
    pace = turn.pace;
    const word = turn.isOver ? "over" : turn.isDue ? "due" : "wait";
    return turn.missed > 0 ? `${word}, ${turn.missed} missed` : word;
  });
}

describe("the pace", () => {
  test("has one request due in every interval, the first at once", () => {
    expect(turnsAt(startPace(10, 400, 5_000), [5_000, 5_050, 5_100, 5_200, 5_300, 5_400])).toEqual([
      "due",
      "wait",
      "due",
      "due",
      "due",
      "over",
    ]);
  });

  test("sends one that is late within its interval, and the next one at its own time", () => {
    expect(turnsAt(startPace(10, 900, 0), [0, 190, 200, 300])).toEqual([
      "due",
      "due",
      "due",
      "due",
    ]);
  });

  test("makes nothing up for a standstill: what was missed is counted, and not sent in a burst", () => {
    expect(turnsAt(startPace(10, 2_000, 0), [0, 550, 551, 600])).toEqual([
      "due",
      "due, 4 missed",
      "wait",
      "due",
    ]);
  });

  test("counts what is missing at its end, so that due is always sent and held together", () => {
    expect(turnsAt(startPace(10, 1_000, 0), [0, 100, 5_000, 6_000])).toEqual([
      "due",
      "due",
      "over, 8 missed",
      "over",
    ]);
  });

  test("does not believe a clock that goes back, nor send again what it has sent", () => {
    expect(turnsAt(startPace(10, 1_000, 0), [0, 300, 100, 200, 300, 400])).toEqual([
      "due",
      "due, 2 missed",
      "wait",
      "wait",
      "wait",
      "due",
    ]);
  });

  test("names the next turn by the rate, and the end after the last", () => {
    const pace = startPace(2, 1_200, 100);
    expect(nextTurnMs(pace)).toBe(100);
    const second = takeTurn(takeTurn(pace, 100).pace, 600).pace;
    expect(nextTurnMs(second)).toBe(1_100);
    expect(nextTurnMs(takeTurn(second, 1_100).pace)).toBe(1_300);
  });

  test("has nothing due in no time", () => {
    expect(turnsAt(startPace(50, 0, 0), [0])).toEqual(["over"]);
  });

  test("works for less than one a second", () => {
    expect(turnsAt(startPace(0.1, 25_000, 0), [0, 9_999, 10_000, 20_000, 25_000])).toEqual([
      "due",
      "wait",
      "due",
      "due",
      "over",
    ]);
  });
});

describe("how many may be under way", () => {
  test.each([
    [10, 5_000, 50],
    [50, 5_000, 64],
    [1_000, 60_000, 64],
    [1, 100, 1],
    [0.1, 100, 1],
  ])("at %s a second with a limit of %s ms is %s", (rps, timeoutMs, limit) => {
    expect(underWayLimit(rps, timeoutMs)).toBe(limit);
  });
});
