import type { LabFront } from "../scenario.ts";
import { createRandom } from "./random.ts";

/**
 * Chooses one of the targets for each connection by itself, as a load balancer that hashes an ever
 * new source port: in the shares of the front's weights, evenly without them.
 */
export function createChoice<Target>(
  front: LabFront,
  targets: readonly Target[],
  seed: number,
): () => Target {
  const problem = findBadWeights(front);
  const [first] = targets;
  if (problem !== undefined) throw new Error(`front ${front.ip}: ${problem}`);
  if (first === undefined) throw new Error(`front ${front.ip} leads to no server`);
  const random = createRandom(seed);
  const weights = targets.map((_, index) => front.weights?.[index] ?? 1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return () => {
    let left = random() * total;
    const index = weights.findIndex((weight) => {
      left -= weight;
      return left < 0;
    });
    return targets[index] ?? first;
  };
}

/** What is wrong with the weights of a front, or undefined. */
export function findBadWeights({
  servers,
  weights,
  policy,
}: Pick<LabFront, "servers" | "weights" | "policy">): string | undefined {
  if (weights === undefined) return undefined;
  if (policy === "pinned") return "a pinned front has no weights";
  if (weights.length !== servers.length) return "there must be a weight for each server";
  const isShare = weights.every((weight) => Number.isFinite(weight) && weight >= 0);
  return isShare && weights.some((weight) => weight > 0)
    ? undefined
    : "weights are shares, and one at least is more than nothing";
}
