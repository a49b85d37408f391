import { BLIND_TO_RULES } from "../model/node/nat.ts";
import type { NodeSnapshot } from "../model/node/snapshot.ts";

/** The line that says why the rules, or some of them, were not seen; undefined where all were. */
export function blindToRules({ blind }: Pick<NodeSnapshot, "blind">): string | undefined {
  return blind.find((line) => line.startsWith(BLIND_TO_RULES));
}
