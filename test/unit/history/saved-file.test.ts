import { describe, expect, test } from "vitest";
import { kindOfSaved } from "../../../src/history/saved-file.ts";
import { encodeLine } from "../../../src/watch/record/encode.ts";
import { savedText } from "../../support/saved-runs.ts";
import { pubSnapshot } from "../../support/snapshots.ts";
import { HEADER, typicalRound } from "../../support/typical-rounds.ts";

const run = savedText(pubSnapshot());
const record = encodeLine(HEADER) + encodeLine(typicalRound(1));

describe("a file is known by its start", () => {
  test("as a run, whether it stands on many lines or on one", () => {
    for (const text of [run, JSON.stringify(JSON.parse(run)), `\n ${run}`, `\uFEFF${run}`])
      expect(kindOfSaved(text.slice(0, 1_000))).toEqual({ kind: "run" });
  });

  test("as a record, also where its header is torn, gone or written anew by another tool", () => {
    const { kind, ...rest } = HEADER;
    for (const text of [
      record,
      encodeLine(HEADER).slice(0, 30),
      encodeLine(typicalRound(1)),
      `${JSON.stringify({ ...rest, kind })}\n`,
    ])
      expect(kindOfSaved(text)).toEqual({ kind: "record" });
  });

  test("as something that is neither, and says what it may be instead", () => {
    expect(kindOfSaved("")).toEqual({ kind: "bad", problem: "is empty" });
    expect(kindOfSaved("\0\0\0")).toEqual({ kind: "bad", problem: "is empty" });
    expect(kindOfSaved('{"type":"start","cluster":"c"}\n{"type":"event"}\n')).toEqual({
      kind: "bad",
      problem: "is what watch -o ndjson printed; keep a record with watch --record",
    });
    for (const text of ["hello", "[1,2]", "7", "null"])
      expect(kindOfSaved(text)).toEqual({
        kind: "bad",
        problem: "is neither a record (watch --record) nor a saved run (-o json)",
      });
  });
});
