import { closeSync, openSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { describeSoak, passedSoak, soak } from "../../support/soak.ts";

const OPTIONS = { rounds: 400, every: 10, limitBytes: 2 ** 20 };

describe("a soak", () => {
  test("finds flat what makes much garbage and keeps none of it", async () => {
    const report = await soak(() => {
      Buffer.alloc(100_000);
      return Promise.resolve();
    }, OPTIONS);
    expect(report.memory.isFlat).toBe(true);
    expect(report.descriptors?.isConstant).toBe(true);
    expect(passedSoak(report)).toBe(true);
  });

  test.each([
    ["on the heap", () => Array.from({ length: 2_000 }, (_, index) => ({ index }))],
    ["outside of it", () => Buffer.alloc(20_000, 1)],
  ])("finds what keeps a little each time %s", async (_, make) => {
    const kept: unknown[] = [];
    const report = await soak(() => {
      kept.push(make());
      return Promise.resolve();
    }, OPTIONS);
    expect(kept).toHaveLength(400);
    expect(report.memory.isFlat).toBe(false);
    expect(passedSoak(report)).toBe(false);
    expect(describeSoak(report)).toContain("NOT FLAT");
  });

  test("finds descriptors that stay open, however few they are", async () => {
    const open: number[] = [];
    let rounds = 0;
    try {
      const report = await soak(() => {
        rounds += 1;
        if (rounds === 300) open.push(openSync("/dev/null", "r"));
        return Promise.resolve();
      }, OPTIONS);
      expect(report.descriptors?.isConstant).toBe(false);
      expect(passedSoak(report)).toBe(false);
      expect(describeSoak(report)).toContain("NOT CONSTANT");
    } finally {
      for (const each of open) closeSync(each);
    }
  });

  test("does not count what is filled once and for all in its first rounds", async () => {
    const cache: Buffer[] = [];
    const report = await soak(() => {
      if (cache.length < 30) cache.push(Buffer.alloc(200_000, 1));
      return Promise.resolve();
    }, OPTIONS);
    expect(cache).toHaveLength(30);
    expect(report.memory.isFlat).toBe(true);
  });

  test("refuses to judge by a handful of samples", async () => {
    const few = { ...OPTIONS, every: 50 };
    await expect(soak(() => Promise.resolve(), few)).rejects.toThrow("8 samples are too few");
  });
});
