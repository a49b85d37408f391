import type { LatencyReport } from "../../model/watch/load.ts";

/** Below it all is one bucket: nothing on a network is faster. */
const LEAST_MS = 0.01;
/** What took longer is one bucket as well: no request has a limit of ten minutes. */
const MOST_MS: number = 10 * 60_000;

/** Each doubling is cut into so many equal parts, whose middle is at most 1/128 from their ends. */
const PARTS = 64;
const DOUBLINGS: number = Math.floor(Math.log2(MOST_MS / LEAST_MS)) + 1;
const TOO_LONG: number = 1 + DOUBLINGS * PARTS;

/**
 * How often something took how long, within 1 % from 10 µs to 10 minutes, in 13 KB whatever is
 * counted. Its owner counts into it; everyone else reads.
 */
export interface Histogram {
  readonly counts: Float64Array;
  count: number;
  maxMs: number;
}

export function createHistogram(): Histogram {
  return { counts: new Float64Array(TOO_LONG + 1), count: 0, maxMs: 0 };
}

/** What is no duration (negative, NaN) counts as none. */
export function countInto(histogram: Histogram, durationMs: number): void {
  const ms = durationMs > 0 ? durationMs : 0;
  const bucket = bucketOf(ms);
  histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1;
  histogram.count += 1;
  histogram.maxMs = Math.max(histogram.maxMs, ms);
}

/** Counts into `histogram` all that is in `other`. */
export function mergeInto(histogram: Histogram, other: Histogram): void {
  for (const [bucket, count] of other.counts.entries()) {
    histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + count;
  }
  histogram.count += other.count;
  histogram.maxMs = Math.max(histogram.maxMs, other.maxMs);
}

/** The duration that `share` (0 to 1) of all were at most as long as; 0 of nothing. */
export function percentile({ counts, count, maxMs }: Histogram, share: number): number {
  const rank = Math.max(1, Math.ceil(share * count));
  let seen = 0;
  // By index: a report looks at some 60 of these, and an iterator takes ten times as long.
  for (let bucket = 0; bucket < counts.length; bucket += 1) {
    seen += counts[bucket] ?? 0;
    if (seen >= rank) return Math.min(middleOf(bucket), maxMs);
  }
  return maxMs;
}

/** Undefined of nothing. */
export function reportLatency(histogram: Histogram): LatencyReport | undefined {
  if (histogram.count === 0) return undefined;
  return {
    count: histogram.count,
    p50Ms: roundedMs(percentile(histogram, 0.5)),
    p90Ms: roundedMs(percentile(histogram, 0.9)),
    p99Ms: roundedMs(percentile(histogram, 0.99)),
    maxMs: roundedMs(histogram.maxMs),
  };
}

/** Finer than what is known, and short enough to be read. */
function roundedMs(ms: number): number {
  return Number(ms.toPrecision(4));
}

function bucketOf(ms: number): number {
  const units = ms / LEAST_MS;
  if (units < 1) return 0;
  if (ms > MOST_MS) return TOO_LONG;
  // Exact, where a logarithm would be off at the powers of two.
  const doubling = 31 - Math.clz32(units);
  return 1 + doubling * PARTS + Math.floor((units / 2 ** doubling - 1) * PARTS);
}

function middleOf(bucket: number): number {
  if (bucket === 0) return LEAST_MS;
  if (bucket === TOO_LONG) return Number.POSITIVE_INFINITY;
  const doubling = Math.floor((bucket - 1) / PARTS);
  const part = (bucket - 1) % PARTS;
  return LEAST_MS * 2 ** doubling * (1 + (part + 0.5) / PARTS);
}
