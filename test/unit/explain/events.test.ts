import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EVENT_EXPLANATIONS } from "../../../src/explain/events.ts";
import type { WatchEvent } from "../../../src/model/watch/event.ts";
import { watchedLines } from "../../support/record-lines.ts";

/** What the documentation says of the shape of an event, and the event does not keep to. */
function untrue({ kind, severity, subject, outage, drain }: WatchEvent): readonly string[] {
  const { severities, about, may = [], part } = EVENT_EXPLANATIONS[kind];
  const keys = Object.keys(subject);
  const known: readonly string[] = [...about, ...may];
  return [
    ...(severities.includes(severity) ? [] : [`${kind}: severity ${severity}`]),
    ...about.filter((key) => !keys.includes(key)).map((key) => `${kind}: lacks ${key}`),
    ...keys.filter((key) => !known.includes(key)).map((key) => `${kind}: has ${key}`),
    ...(outage === undefined || part === "outage" ? [] : [`${kind}: has an outage`]),
    ...(drain === undefined || part === "drain" ? [] : [`${kind}: has a drain`]),
  ];
}

describe("what the documentation says of events", () => {
  test("holds for whatever rounds a watch sees", () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(watchedLines, (lines) => {
        const events = lines.flatMap((line) => (line.kind === "round" ? line.events : []));
        for (const { kind } of events) kinds.add(kind);
        expect(events.flatMap(untrue)).toEqual([]);
      }),
      { numRuns: 200, seed: 1 },
    );
    // Or it holds of next to nothing.
    expect(kinds.size).toBeGreaterThan(20);
  });
});
