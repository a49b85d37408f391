import type { AwsFault } from "../scenario.ts";

export interface FaultPlan {
  /** The fault this call of the action meets, counted; undefined when the API answers properly. */
  next(action: string): AwsFault["kind"] | undefined;
}

/**
 * Faults in the order given, the first one with calls left applies. Each action counts for itself,
 * so that `*` with `times: 1` spoils the first call of every action, in whatever order they come.
 * Counted by the fault object: a changed scenario that keeps the object keeps the count.
 */
export function createFaultPlan(faults: () => readonly AwsFault[]): FaultPlan {
  const used = new WeakMap<AwsFault, Map<string, number>>();
  return {
    next(action) {
      for (const fault of faults()) {
        if (fault.action !== "*" && fault.action !== action) continue;
        const counts = used.get(fault) ?? new Map<string, number>();
        used.set(fault, counts);
        const calls = counts.get(action) ?? 0;
        if (fault.times !== undefined && calls >= fault.times) continue;
        counts.set(action, calls + 1);
        return fault.kind;
      }
      return undefined;
    },
  };
}
