import { describe, expect, test } from "vitest";
import {
  countInto,
  createHistogram,
  percentile,
  reportLatency,
} from "../../../../src/watch/load/histogram.ts";

function histogramOf(durations: readonly number[]): ReturnType<typeof createHistogram> {
  const histogram = createHistogram();
  for (const duration of durations) countInto(histogram, duration);
  return histogram;
}

describe("a histogram", () => {
  test("of nothing reports nothing, for no answer is not an answer in no time", () => {
    expect(reportLatency(createHistogram())).toBeUndefined();
  });

  test("tells the longest as it was", () => {
    expect(reportLatency(histogramOf([1, 2, 1234]))).toMatchObject({ count: 3, maxMs: 1234 });
  });

  test("of one is that one at every percentile, within its precision and never above the longest", () => {
    const histogram = histogramOf([30]);
    for (const share of [0, 0.5, 0.99, 1]) {
      expect(percentile(histogram, share)).toBeGreaterThan(29.7);
      expect(percentile(histogram, share)).toBeLessThanOrEqual(30);
    }
  });

  test("holds what is beyond its ends, and does not lose it", () => {
    const report = reportLatency(histogramOf([0, 0.001, 700_000, 700_001]));
    expect(report).toEqual({
      count: 4,
      p50Ms: 0.01,
      p90Ms: 700_000,
      p99Ms: 700_000,
      maxMs: 700_000,
    });
  });

  test("takes what is no duration for none, so that a clock that went wrong spoils nothing", () => {
    const report = reportLatency(histogramOf([Number.NaN, -5]));
    expect(report).toMatchObject({ count: 2, maxMs: 0 });
  });
});
