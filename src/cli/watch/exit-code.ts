import type { WatchSummary } from "../../model/watch/summary.ts";
import { EXIT } from "../exit-codes.ts";

/** How a watch came to its end. */
export interface WatchOutcome {
  /** Undefined: not one round was made. */
  readonly summary: WatchSummary | undefined;
  /** Ctrl-C, in a watch that had a time to end by itself. */
  readonly cutShort: boolean;
}

/**
 * Cut short before could-not-tell before failed: 130, then 3 where no path ever answered, so that
 * nothing can be said of any, then 1 where a path that was up is down at the end.
 */
export function watchExitCode({ summary, cutShort }: WatchOutcome): number {
  if (cutShort) return EXIT.interrupted;
  if (summary === undefined || answersIn(summary) === 0) return EXIT.unknown;
  return summary.paths.some((path) => path.state === "down") ? EXIT.failed : EXIT.ok;
}

function answersIn({ paths, morePaths }: WatchSummary): number {
  return paths.reduce((sum, { answered }) => sum + answered, morePaths?.answered ?? 0);
}
