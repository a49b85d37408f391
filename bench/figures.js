/** Before what counts: they fill the code cache, the page cache and the interpreter's own. */
export const WARM_UPS = 2;

/** A B A B …, so that whatever else the machine does meets both sides alike. */
export async function measurePairs(runs, first, second) {
  const pairs = [];
  for (let round = -WARM_UPS; round < runs; round += 1) {
    const pair = { a: await first(), b: await second() };
    if (round >= 0) pairs.push(pair);
  }
  return pairs;
}

export async function measureSingly(runs, one) {
  const pairs = await measurePairs(runs, one, async () => undefined);
  return pairs.map(({ a }) => a);
}

/** @param {readonly number[]} values at least one */
export function summarize(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

export const formatMs = (ms) => (ms < 100 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(0)} ms`);
export const formatMb = (mb) => `${mb.toFixed(0)} MB`;
export const formatPerSecond = (rate) => `${rate.toFixed(0)}/s`;
export const formatTimes = (times) => `${Number(times.toFixed(2))} ×`;

/** `214 ms (201 ms to 260 ms)` */
export function describe(values, format) {
  const { median, min, max } = summarize(values);
  return `${format(median)} (${format(min)} to ${format(max)})`;
}

/**
 * A goal for a median: `atLeast` or `atMost`, and perhaps an `aim` beyond it.
 * @returns {{ text: string, met: string }}
 */
export function judge(values, { atLeast, atMost, aim }, format) {
  const { median } = summarize(values);
  const upward = atLeast !== undefined;
  const reaches = (limit) => (upward ? median >= limit : median <= limit);
  const limit = upward ? atLeast : atMost;
  const aimed = aim === undefined ? "" : ` (aim ${format(aim)})`;
  const met = reaches(limit) ? "yes" : "no";
  return {
    text: `at ${upward ? "least" : "most"} ${format(limit)}${aimed}`,
    met: aim !== undefined && reaches(aim) ? `${met}, aim too` : met,
  };
}

/** @param pairs milliseconds: a the program's, b what it is compared with, of which it takes a / b */
export function slowness(pairs, goal) {
  return compare(
    pairs,
    pairs.map(({ a, b }) => a / b),
    goal,
  );
}

/** @param pairs as above; the program is b / a times as fast */
export function speed(pairs, goal) {
  return compare(
    pairs,
    pairs.map(({ a, b }) => b / a),
    goal,
  );
}

function compare(pairs, ratios, goal) {
  return {
    measured: describe(
      pairs.map(({ a }) => a),
      formatMs,
    ),
    against: describe(
      pairs.map(({ b }) => b),
      formatMs,
    ),
    ratio: describe(ratios, formatTimes),
    ...(goal === undefined ? {} : { goal: judge(ratios, goal, formatTimes) }),
  };
}
