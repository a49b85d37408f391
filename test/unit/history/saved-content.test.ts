import { describe, expect, test } from "vitest";
import { readSavedContent } from "../../../src/history/saved-content.ts";

describe("readSavedContent", () => {
  test("takes any JSON for a run: whether it is one is asked of its shape", () => {
    expect(readSavedContent('{"schemaVersion":1}\n')).toEqual({
      kind: "run",
      document: { schemaVersion: 1 },
    });
    expect(readSavedContent("[1]")).toMatchObject({ kind: "run", document: [1] });
  });

  test("a mark of byte order before it is no part of it", () => {
    expect(readSavedContent("\uFEFF{}")).toEqual({ kind: "run", document: {} });
  });

  test.each([
    ["", "is empty"],
    [" \n", "is empty"],
    ["\u0000ELF", "is a binary file"],
    ['\n<?xml version="1.0"?>', "is XML"],
    ["TAP version 14", "is not JSON"],
    ['{"a":1}\n{"a":2}\n', "is not JSON"],
    ['{"type":"start"}\n{"type":"summary"}\n', "is what watch -o ndjson printed"],
  ])("%j is told for what it is", (content, says) => {
    expect(readSavedContent(content)).toMatchObject({
      kind: "bad",
      problem: expect.stringContaining(says),
    });
  });
});
