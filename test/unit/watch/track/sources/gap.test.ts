import { describe, expect, test } from "vitest";
import { isoTime, parseTimeMs } from "../../../../../src/model/time.ts";
import { NO_SOURCES, trackSources } from "../../../../../src/watch/track/sources/sources.ts";
import { INTERVAL_MS, round, timeOf } from "../../../../support/watch-samples.ts";

/** A round, and one so much later than its start. */
function gapAfter(ms: number, durationMs = 1_000) {
  const first = round(1, { durationMs });
  const { state } = trackSources(NO_SOURCES, first);
  const at = isoTime((parseTimeMs(timeOf(1)) ?? 0) + ms);
  return trackSources(state, { ...round(2, { at }), previousAt: timeOf(1) }).events;
}

describe("the watch stood still", () => {
  test("when a round comes later than three intervals and the length of the one before", () => {
    expect(gapAfter(3 * INTERVAL_MS + 1_000)).toEqual([]);
    expect(gapAfter(3 * INTERVAL_MS + 1_001)).toMatchObject([
      {
        kind: "watch-gap",
        severity: "warn",
        what: "watch stood still: nothing was seen for 31 s",
        at: "2024-04-21T00:00:31.001Z",
        after: timeOf(1),
        was: "2024-04-21 00:00:00Z",
        is: "2024-04-21 00:00:31Z",
        evidence: ["a round is due every 10 s; this machine slept, or the watch was stopped"],
      },
    ]);
  });

  test("for hours, as after a resume", () => {
    expect(gapAfter(11_100_000)[0]?.what).toBe("watch stood still: nothing was seen for 3 h 5 min");
  });

  test("within a round as well, which then seems to have taken all that time", () => {
    expect(gapAfter(600_500, 600_000)[0]?.what).toBe(
      "watch stood still: nothing was seen for 10 min",
    );
    expect(gapAfter(120_500, 120_000)).toEqual([]);
  });

  test("not before the first round", () => {
    expect(trackSources(NO_SOURCES, round(1)).events).toEqual([]);
  });
});

test("a clock that was set back is told, and breaks nothing", () => {
  expect(gapAfter(-300_000)).toMatchObject([
    {
      kind: "watch-gap",
      what: "clock of this machine was set back by 5 min",
      after: undefined,
      was: "2024-04-21 00:00:00Z",
      is: "2024-04-20 23:55:00Z",
    },
  ]);
});

test("a time that is none is no gap", () => {
  const { events } = trackSources(NO_SOURCES, { ...round(2), previousAt: "yesterday" });
  expect(events).toEqual([]);
});
