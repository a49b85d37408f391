import type { Drift } from "../model/drift.ts";
import { type Differences, gapWords, type Sides } from "./parts.ts";
import type { SavedRun } from "./saved-run.ts";
import { addressComparison, serverComparison } from "./servers.ts";
import {
  clusterComparison,
  dnsComparison,
  eniComparison,
  findingComparison,
  nameComparison,
} from "./views.ts";

const VIEWS: readonly ((before: SavedRun, after: SavedRun) => Differences)[] = [
  nameComparison,
  clusterComparison,
  dnsComparison,
  eniComparison,
  serverComparison,
  addressComparison,
  findingComparison,
];

/** As `check --baseline` has it: a saved run, and the present one. */
const BASELINE_AND_NOW: Sides = { before: "in the baseline", after: "now" };

/** `notComparable`: what could not be held against each other, one line each. */
export type Comparison = Pick<Drift, "changes" | "notComparable">;

/**
 * What is different in `after`, in words. Times, audit ids, ports, samples and the order of things
 * always differ and do not count. What one of the two runs did not know is no change, but told.
 */
export function compareRuns(
  before: SavedRun,
  after: SavedRun,
  sides: Sides = BASELINE_AND_NOW,
): Comparison {
  const all = VIEWS.map((view) => view(before, after));
  return {
    changes: all.flatMap(({ changes }) => changes),
    notComparable: all.flatMap(({ gaps }) => gaps.map((gap) => gapWords(gap, sides))),
  };
}
