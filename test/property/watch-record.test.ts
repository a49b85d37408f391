import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RecordLine } from "../../src/model/watch/record.ts";
import { encodeLine } from "../../src/watch/record/encode.ts";
import { type FoldedRecord, foldLine, foldRecord } from "../../src/watch/record/fold.ts";
import { type RecordItem, readRecord } from "../../src/watch/record/read.ts";
import { NOTHING_SEEN, track } from "../../src/watch/track/track.ts";
import { recordLines, watchedLines } from "../support/record-lines.ts";

async function itemsOf(...chunks: readonly Uint8Array[]): Promise<RecordItem[]> {
  const items: RecordItem[] = [];
  for await (const item of readRecord(chunks)) items.push(item);
  return items;
}

function linesOf(items: readonly RecordItem[]): RecordLine[] {
  return items.flatMap((item) => (item.kind === "line" ? [item.line] : []));
}

function bytesOf(lines: readonly RecordLine[]): Buffer {
  return Buffer.from(lines.map(encodeLine).join(""));
}

describe("a record", () => {
  test("reads back as it was written, down to the fields that are undefined", async () => {
    await fc.assert(
      fc.asyncProperty(recordLines, async (lines) => {
        const bytes = bytesOf(lines);
        const items = await itemsOf(bytes);
        expect(linesOf(items)).toStrictEqual(lines);
        expect(items.at(-1)).toEqual({ kind: "end", wholeBytes: bytes.length, tornBytes: 0 });
      }),
    );
  });

  test("is written anew byte for byte, so that it may be copied line by line", async () => {
    await fc.assert(
      fc.asyncProperty(recordLines, async (lines) => {
        const bytes = bytesOf(lines);
        expect(bytesOf(linesOf(await itemsOf(bytes))).equals(bytes)).toBe(true);
      }),
    );
  });

  test("that is cut at any byte gives the whole lines before the cut, and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(
        recordLines,
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (lines, at) => {
          const bytes = bytesOf(lines);
          const cut = Math.floor(at * bytes.length);
          const wholeBytes = bytes.subarray(0, cut).lastIndexOf("\n") + 1;
          const whole = lines.slice(0, bytes.subarray(0, cut).filter((one) => one === 10).length);
          const items = await itemsOf(bytes.subarray(0, cut));
          expect(linesOf(items)).toEqual(whole);
          expect(items.at(-1)).toEqual({ kind: "end", wholeBytes, tornBytes: cut - wholeBytes });
        },
      ),
      { numRuns: 300 },
    );
  });

  test("that ends in zeros after a power cut loses the line they are in, and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(
        recordLines,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 10_000 }),
        async (lines, at, zeros) => {
          const bytes = bytesOf(lines);
          const cut = Math.floor(at * bytes.length);
          const wholeBytes = bytes.subarray(0, cut).lastIndexOf("\n") + 1;
          const items = await itemsOf(bytes.subarray(0, cut), new Uint8Array(zeros));
          expect(items.at(-1)).toEqual({
            kind: "end",
            wholeBytes,
            tornBytes: cut - wholeBytes + zeros,
          });
        },
      ),
    );
  });

  test("reads the same in parts of any size, which may come in the same memory", async () => {
    await fc.assert(
      fc.asyncProperty(recordLines, fc.integer({ min: 1, max: 200 }), async (lines, size) => {
        const bytes = bytesOf(lines);
        const memory = Buffer.alloc(size);
        const parts = function* () {
          for (let at = 0; at < bytes.length; at += size)
            yield memory.subarray(0, bytes.copy(memory, 0, at, at + size));
        };
        const items: RecordItem[] = [];
        for await (const item of readRecord(parts())) items.push(item);
        expect(items).toEqual(await itemsOf(bytes));
      }),
    );
  });

  test("with a line in its middle that is none is damaged there, and says so without quoting it", async () => {
    const garbage = fc
      .oneof(
        fc.uint8Array({ minLength: 1, maxLength: 80 }),
        fc.string({ minLength: 1 }).map((any) => Buffer.from(any)),
        fc.json().map((any) => Buffer.from(any)),
        fc.constant(Buffer.from('{"kind":"round","sample":{"secret":1}}')),
      )
      .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10)))
      .filter((bytes) => bytes.toString("utf8").trim() !== "" && !isKinded(bytes));
    await fc.assert(
      fc.asyncProperty(recordLines, garbage, fc.nat(), async (lines, wrong, place) => {
        const before = 1 + (place % lines.length);
        const last: RecordLine = { kind: "resumed", at: "2026-03-01T00:00:00Z", intervalMs: 1 };
        const items = await itemsOf(
          bytesOf(lines.slice(0, before)),
          Buffer.concat([wrong, Buffer.from("\n")]),
          bytesOf([...lines.slice(before), last]),
        );
        expect(linesOf(items)).toEqual(lines.slice(0, before));
        const end = items.at(-1);
        expect(end?.kind === "problem" && end.problem).toMatch(
          new RegExp(
            `^is damaged: line ${before + 1} (?:is not (?:JSON|UTF-8)|is no line of a record|cannot be understood \\(see sample\\.n\\))$`,
          ),
        );
      }),
      { numRuns: 300 },
    );
  });

  test("is read without a throw, whatever is in it", async () => {
    await fc.assert(
      fc.asyncProperty(
        recordLines,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 5 }),
        async (lines, changes) => {
          const bytes = bytesOf(lines);
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
          const items = await itemsOf(bytes);
          expect(["end", "problem"]).toContain(items.at(-1)?.kind);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("what a record comes to", () => {
  test("is what the watch knew, and its rounds give the events that were told", async () => {
    await fc.assert(
      fc.asyncProperty(watchedLines, async (lines) => {
        let state = NOTHING_SEEN;
        let intervalMs = 0;
        for (const line of lines) {
          if (line.kind === "header" || line.kind === "resumed") intervalMs = line.intervalMs;
          if (line.kind !== "round") continue;
          const tracked = track(state, line.sample, intervalMs);
          expect(tracked.events).toEqual(line.events);
          state = tracked.state;
        }
        const folded = await foldRecord(readRecord([bytesOf(lines)]));
        expect(folded.kind === "ok" && folded.value.state).toEqual(state);
      }),
    );
  });

  test("is the same whether it is read to its end or gone on with in its middle", async () => {
    await fc.assert(
      fc.asyncProperty(watchedLines, fc.nat(), async (lines, place) => {
        const half = 1 + (place % lines.length);
        const first = await foldRecord(readRecord([bytesOf(lines.slice(0, half))]));
        let value: FoldedRecord | undefined = first.kind === "ok" ? first.value : undefined;
        for (const line of lines.slice(half)) value = foldLine(value, line);
        const whole = await foldRecord(readRecord([bytesOf(lines)]));
        expect(whole.kind === "ok" && whole.value).toEqual(value);
      }),
    );
  });
});

/** Another kind of line, which is passed over. */
function isKinded(bytes: Buffer): boolean {
  try {
    const json: unknown = JSON.parse(bytes.toString());
    const kind = typeof json === "object" && json !== null && "kind" in json ? json.kind : 0;
    return typeof kind === "string" && kind !== "round";
  } catch {
    return false;
  }
}
