import type { Comparison } from "./parts.ts";
import type { SavedRun } from "./saved-run.ts";
import { addressComparison, serverComparison } from "./servers.ts";
import { clusterComparison, dnsComparison, eniComparison, findingComparison } from "./views.ts";

const VIEWS: readonly ((before: SavedRun, after: SavedRun) => Comparison)[] = [
  clusterComparison,
  dnsComparison,
  eniComparison,
  serverComparison,
  addressComparison,
  findingComparison,
];

/**
 * What is different in `after`, in words. Times, audit ids, ports, samples and the order of things
 * always differ and do not count. What one of the two runs did not know is no change, but told.
 */
export function compareRuns(before: SavedRun, after: SavedRun): Comparison {
  const all = VIEWS.map((view) => view(before, after));
  return {
    changes: all.flatMap(({ changes }) => changes),
    notComparable: all.flatMap(({ notComparable }) => notComparable),
  };
}
