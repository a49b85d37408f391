import * as fc from "fast-check";
import { expect, it } from "vitest";
import { createRandom } from "../../../../src/lab/fronts/random.ts";

it("stays within 0 and 1, repeats for a seed and differs for another", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const [one, same, other] = [createRandom(seed), createRandom(seed), createRandom(seed + 1)];
      const draws = Array.from({ length: 20 }, () => one());
      expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
      expect(Array.from({ length: 20 }, () => same())).toEqual(draws);
      expect(Array.from({ length: 20 }, () => other())).not.toEqual(draws);
    }),
  );
});

it("chooses evenly", () => {
  const random = createRandom(1);
  const heads = Array.from({ length: 10_000 }, () => random()).filter((draw) => draw < 0.5).length;
  expect(Math.abs(heads - 5000)).toBeLessThan(200);
});
