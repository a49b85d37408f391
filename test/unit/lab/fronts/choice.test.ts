import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createChoice, findBadWeights } from "../../../../src/lab/fronts/choice.ts";
import type { LabFront } from "../../../../src/lab/scenario.ts";

function front(change: Partial<LabFront>): LabFront {
  const servers = ["a", "b"];
  return { ip: "10.0.0.1", port: 443, policy: "balanced", servers, fault: undefined, ...change };
}

function share(weights: readonly number[] | undefined, seed: number, of = 4000): number {
  const choose = createChoice(front({ weights }), ["a", "b"], seed);
  return Array.from({ length: of }, choose).filter((target) => target === "a").length / of;
}

function choices(seed: number): string {
  const choose = createChoice(front({ weights: [3, 1] }), ["a", "b"], seed);
  return Array.from({ length: 64 }, choose).join("");
}

describe("the choice of a balanced front", () => {
  it("comes near the weights, and near even shares without them", () => {
    const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 20 }), (seed, weight) => {
        // Five standard deviations of 4000 choices: a true share misses it once in millions.
        expect(Math.abs(share([weight, 20 - weight], seed) - weight / 20)).toBeLessThan(0.04);
        expect(Math.abs(share(undefined, seed) - 0.5)).toBeLessThan(0.04);
      }),
      { numRuns: 60 },
    );
  });

  it("is never a server whose weight is nothing", () => {
    expect(share([0, 1], 3)).toBe(0);
    expect(share([0.25, 0], 3)).toBe(1);
  });

  it("is the same for the same seed, and another for another", () => {
    expect(choices(7)).toBe(choices(7));
    expect(choices(7)).not.toBe(choices(8));
  });
});

describe("weights that are refused", () => {
  it.each([
    [{ weights: [1] }, "there must be a weight for each server"],
    [{ weights: [1, 1, 1] }, "there must be a weight for each server"],
    [{ weights: [1, -1] }, "weights are shares"],
    [{ weights: [0, 0] }, "weights are shares"],
    [{ weights: [1, Number.POSITIVE_INFINITY] }, "weights are shares"],
    [{ policy: "pinned", weights: [1, 1] }, "a pinned front has no weights"],
  ] as const)("%j", (change, words) => {
    expect(findBadWeights(front(change))).toContain(words);
    expect(() => createChoice(front(change), ["a", "b"], 1)).toThrow(words);
  });

  it("are not those of a proper front", () => {
    expect(findBadWeights(front({}))).toBeUndefined();
    expect(findBadWeights(front({ weights: [95, 5] }))).toBeUndefined();
  });
});
