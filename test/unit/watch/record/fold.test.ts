import { describe, expect, test } from "vitest";
import type { WatchEvent } from "../../../../src/model/watch/event.ts";
import type { RecordLine } from "../../../../src/model/watch/record.ts";
import { encodeLine } from "../../../../src/watch/record/encode.ts";
import { type FoldResult, foldLine, foldRecord } from "../../../../src/watch/record/fold.ts";
import { readRecord } from "../../../../src/watch/record/read.ts";
import { HEADER, typicalRound } from "../../../support/typical-rounds.ts";

const at = "2023-04-21T16:00:00.000Z";

function fold(...lines: readonly (RecordLine | string)[]): Promise<FoldResult> {
  const text = lines.map((line) => (typeof line === "string" ? line : encodeLine(line))).join("");
  return foldRecord(readRecord([Buffer.from(text)]));
}

const told: WatchEvent = {
  seq: 7,
  kind: "path-moved",
  severity: "info",
  at,
  after: undefined,
  reportedAt: at,
  subject: { address: "10.0.20.41:443" },
  what: "a path moved",
  was: undefined,
  is: undefined,
  evidence: [],
};

describe("a folded record", () => {
  test("knows what the watch knew, its latest run and its end", async () => {
    const folded = await fold(
      HEADER,
      { kind: "run", at, run: { first: true } },
      typicalRound(1),
      { kind: "run", at, run: { first: false } },
      typicalRound(2),
      { kind: "end", at, end: "signal", load: undefined },
    );
    expect(folded).toMatchObject({
      kind: "ok",
      tornBytes: 0,
      value: {
        header: HEADER,
        intervalMs: 10_000,
        rounds: 2,
        lastRun: { at, run: { first: false } },
        end: { at, end: "signal", load: undefined },
        state: { n: 2, at: typicalRound(2).sample.at, tally: { samples: 2 } },
      },
    });
  });

  test("that was gone on with has no end, and the interval that it went on with", async () => {
    const folded = await fold(
      HEADER,
      typicalRound(1),
      { kind: "end", at, end: "time", load: undefined },
      { kind: "resumed", at, intervalMs: 5_000 },
    );
    expect(folded).toMatchObject({ value: { rounds: 1, end: undefined, intervalMs: 5_000 } });
  });

  test("counts what was told, and gives none of its numbers again though a round was lost", async () => {
    const folded = await fold(HEADER, { ...typicalRound(3), events: [told] });
    expect(folded).toMatchObject({
      value: { state: { n: 3, seq: 7, tally: { events: { "path-moved": 1 } } } },
    });
  });

  test("of not one whole line is empty, and of a damaged one there is nothing", async () => {
    expect(await fold()).toEqual({ kind: "empty", tornBytes: 0 });
    expect(await fold(encodeLine(HEADER).slice(0, 40))).toEqual({ kind: "empty", tornBytes: 40 });
    expect(await fold(HEADER, "damage\n", typicalRound(1))).toEqual({
      kind: "bad",
      problem: "is damaged: line 2 is not JSON",
    });
  });
});

test("a line before the header comes to nothing", () => {
  expect(foldLine(undefined, typicalRound(1))).toBeUndefined();
});
