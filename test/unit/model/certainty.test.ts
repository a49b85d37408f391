import { describe, expect, test } from "vitest";
import { connectionsFor, unseenShareMax } from "../../../src/model/certainty.ts";

describe("the rule of three", () => {
  test("bounds from above the exact share at which n equal draws are a 5 % chance", () => {
    for (const n of [1, 2, 3, 4, 10, 20, 60, 100, 1_000, 10_000]) {
      const exact = 1 - 0.05 ** (1 / n);
      expect(unseenShareMax(n)).toBeGreaterThanOrEqual(exact);
    }
  });

  test("says nothing before a fourth connection, and never more than all", () => {
    expect([0, 1, 2, 3].map(unseenShareMax)).toEqual([1, 1, 1, 1]);
    expect([4, 20, 100].map(unseenShareMax)).toEqual([0.75, 0.15, 0.03]);
  });

  test("asks for as many connections as the share needs, and for no more", () => {
    for (const share of [0.5, 0.15, 0.07, 0.05, 0.033, 0.01, 0.001]) {
      const n = connectionsFor(share);
      expect(unseenShareMax(n)).toBeLessThanOrEqual(share);
      expect(unseenShareMax(n - 1)).toBeGreaterThan(share);
    }
    expect(connectionsFor(0.05)).toBe(60);
  });
});
