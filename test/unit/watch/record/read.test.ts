import { describe, expect, test } from "vitest";
import type { WatchEvent } from "../../../../src/model/watch/event.ts";
import type { RecordLine } from "../../../../src/model/watch/record.ts";
import { encodeLine, MAX_LINE_BYTES } from "../../../../src/watch/record/encode.ts";
import { type RecordItem, readRecord } from "../../../../src/watch/record/read.ts";
import { HEADER, typicalRound } from "../../../support/typical-rounds.ts";

const NOT_A_RECORD = "is not a record, which starts with a header; make one with watch --record";
const header = encodeLine(HEADER);
const [one, two] = [encodeLine(typicalRound(1)), encodeLine(typicalRound(2))];

async function read(...parts: readonly (string | Uint8Array)[]): Promise<RecordItem[]> {
  const items: RecordItem[] = [];
  const chunks = parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part));
  for await (const item of readRecord(chunks)) items.push(item);
  return items;
}

function kindsOf(items: readonly RecordItem[]): string[] {
  return items.map((item) => (item.kind === "line" ? item.line.kind : item.kind));
}

async function problemOf(...parts: readonly (string | Uint8Array)[]): Promise<string | undefined> {
  const last = (await read(...parts)).at(-1);
  return last?.kind === "problem" ? last.problem : undefined;
}

function broken(change: (line: { sample: Record<string, unknown> }) => void): string {
  const line = JSON.parse(one);
  change(line);
  return `${JSON.stringify(line)}\n`;
}

const event: WatchEvent = {
  seq: 1,
  kind: "path-down",
  severity: "bad",
  at: "2023-04-21T15:41:41.000Z",
  after: undefined,
  reportedAt: "2023-04-21T15:41:41.000Z",
  subject: {},
  what: "a path went down",
  was: undefined,
  is: undefined,
  evidence: [],
};

describe("the end of a record", () => {
  test("is told with the lines, which have their numbers in the file", async () => {
    expect(await read(header, "\n", one)).toEqual([
      { kind: "line", line: HEADER, number: 1 },
      { kind: "line", line: typicalRound(1), number: 3 },
      { kind: "end", wholeBytes: header.length + 1 + one.length, tornBytes: 0 },
    ]);
  });

  test("that lacks its newline is torn, though its JSON is whole: more may have been to come", async () => {
    const items = await read(header, one, two.trimEnd());
    expect(kindsOf(items)).toEqual(["header", "round", "end"]);
    expect(items.at(-1)).toMatchObject({ tornBytes: two.length - 1 });
  });

  test("that is cut and has a newline is torn, and a problem when anything whole follows", async () => {
    const cut = `${two.slice(0, 100)}\n`;
    expect((await read(header, one, cut)).at(-1)).toMatchObject({ kind: "end", tornBytes: 101 });
    expect(await problemOf(header, one, cut, two)).toBe("is damaged: line 3 is not JSON");
    expect(await problemOf(header, one, cut, "{")).toBe("is damaged: line 3 is not JSON");
  });

  test("that is a line of something else is damage and not torn: nobody may cut it off", async () => {
    expect(await problemOf(header, one, "Killed\n")).toBe("is damaged: line 3 is not JSON");
    expect(await problemOf(header, one, '{"a":1}\n')).toBe(
      "is damaged: line 3 is no line of a record",
    );
  });

  test("may be zeros, also with parts of lines among them, but nothing whole may follow", async () => {
    const zeros = new Uint8Array(5_000);
    const hole = [two.slice(0, 50), zeros, two.slice(60)];
    const wholeBytes = header.length + one.length;
    for (const tail of [[zeros], [...hole], [...hole, zeros], [...hole, zeros, "\n", zeros]])
      expect((await read(header, one, ...tail)).at(-1)).toMatchObject({ kind: "end", wholeBytes });
    expect(await problemOf(header, one, ...hole, two)).toBe("is damaged: line 3 is not JSON");
  });

  test("may be more zeros than a line may have bytes", async () => {
    const zeros = Array.from({ length: 40 }, () => new Uint8Array(1024 * 1024));
    expect((await read(header, one, ...zeros)).at(-1)).toEqual({
      kind: "end",
      wholeBytes: header.length + one.length,
      tornBytes: 40 * 1024 * 1024,
    });
  });
});

describe("the start of a record", () => {
  test("may be all there is, and be torn", async () => {
    for (const tornBytes of [1, 5, 16, 17, header.length - 1]) {
      expect(await read(header.slice(0, tornBytes))).toEqual([
        { kind: "end", wholeBytes: 0, tornBytes },
      ]);
    }
    expect(await read()).toEqual([{ kind: "end", wholeBytes: 0, tornBytes: 0 }]);
    expect(await read(new Uint8Array(300))).toMatchObject([{ kind: "end", wholeBytes: 0 }]);
    expect(await read(header.slice(0, 20), new Uint8Array(300))).toMatchObject([{ kind: "end" }]);
  });

  test("that is another file's is never torn, as what is torn is cut off", async () => {
    for (const file of [
      "a note",
      "a note\n",
      "{\n",
      '{"schemaVersion":1}',
      '{\n  "schemaVersion": 1\n}\n',
      one,
      one.slice(0, 50),
      '{"kind":"head"}',
      "[]\n",
      "7\n",
      "\u007fELF\0\0\0",
      "\0\0\0\n\0\0\n",
    ]) {
      expect({ file, problem: await problemOf(file) }).toEqual({ file, problem: NOT_A_RECORD });
    }
  });

  test("may have been written anew by another tool, with its fields in another order", async () => {
    const { cluster, ...rest } = HEADER;
    const sorted = JSON.stringify({ cluster, ...rest });
    expect(kindsOf(await read(`${sorted}\n`, one))).toEqual(["header", "round", "end"]);
  });

  test("says which version wrote it, and an unknown one is not guessed at", async () => {
    const later = `${JSON.stringify({ ...HEADER, recordVersion: 2, cluster: undefined })}\n`;
    expect(await problemOf(later)).toBe(
      "has recordVersion 2, and only 1 is known here; read it with the version that wrote it",
    );
  });

  test("is there once: two records in one file are not one", async () => {
    expect(await problemOf(header, one, header, two)).toBe(
      "is damaged: line 3 is a second header: a file holds one record",
    );
  });
});

describe("a line", () => {
  test("of a kind or with fields that only a later version knows is no problem", async () => {
    const later = `${JSON.stringify({ kind: "mood", mood: "fine" })}\n`;
    const more = one.replace('"n":1', '"n":1,"mood":"fine"');
    const items = await read(header, later, more);
    expect(items.slice(1, -1)).toEqual([{ kind: "line", line: typicalRound(1), number: 3 }]);
  });

  test("loses the events that only a later version knows, and a failure keeps its unknown code", async () => {
    const odd = JSON.parse(one);
    odd.events = [{ kind: "moon-rose", moon: true }, event];
    odd.sample.enis = {
      kind: "unknown",
      failure: { code: "moon-set", phase: "orbit", side: "sky", message: "it set" },
    };
    const [, round] = await read(header, `${JSON.stringify(odd)}\n`);
    expect(round).toMatchObject({
      line: { events: [event], sample: { enis: { failure: { code: "moon-set" } } } },
    });
  });

  test("that is no such line says where, by the names of its fields only", async () => {
    const cases: readonly (readonly [string, string])[] = [
      [broken(({ sample }) => (sample["at"] = "yesterday")), "sample.at"],
      [broken(({ sample }) => (sample["at"] = "2023-13-41T99:00:00Z")), "sample.at"],
      [broken(({ sample }) => (sample["n"] = 0)), "sample.n"],
      [broken(({ sample }) => (sample["peers"] = [])), "sample"],
      [broken(({ sample }) => (sample["reports"] = [])), "sample"],
      [broken(({ sample }) => (sample["probes"] = "\u001b[31m")), "sample.probes"],
      [broken(({ sample }) => (sample["probes"] = [{ at: 1e300 }])), "sample.probes.0.address"],
    ];
    for (const [line, place] of cases) {
      expect(await problemOf(header, line, two)).toBe(
        `is damaged: line 2 cannot be understood (see ${place})`,
      );
    }
  });

  test("that has a round twice or out of order is damage, as two watches at once would do", async () => {
    expect(await problemOf(header, two, two)).toBe("is damaged: line 3 has round 2 after round 2");
    expect(await problemOf(header, two, one)).toBe("is damaged: line 3 has round 1 after round 2");
  });

  test("that is too long is not held, and is a problem", async () => {
    const long = Array.from({ length: 17 }, () => new Uint8Array(1024 * 1024).fill(0x20));
    expect(MAX_LINE_BYTES).toBe(16 * 1024 * 1024);
    expect(await problemOf(header, ...long, "\n", one)).toBe(
      "is damaged: line 2 has more than 16 MiB",
    );
  });

  test("that is not UTF-8 is damage, not a round with question marks", async () => {
    const bytes = Buffer.from(one);
    bytes[bytes.indexOf("ip-172")] = 0xff;
    expect(await problemOf(header, bytes, two)).toBe("is damaged: line 2 is not UTF-8");
  });

  test("that is nested deeper than any stack is no crash", async () => {
    const deep = `{"kind":"run","at":"2023-04-21T15:41:41Z","run":${"[".repeat(1e6)}`;
    expect(await problemOf(header, `${deep}\n`, one)).toBe("is damaged: line 2 is not JSON");
    const closed = `${deep}${"]".repeat(1e6)}}\n`;
    expect(kindsOf(await read(header, closed))).toEqual(["header", "run", "end"]);
  });

  test("cannot write to a terminal: control characters are gone when it is read", async () => {
    const hostile: RecordLine = {
      ...typicalRound(1),
      events: [{ ...event, what: "\u001b]0;owned\u0007 \u202e gone" }],
    };
    const [, round] = await read(header, encodeLine(hostile));
    expect(round).toMatchObject({ line: { events: [{ what: "\uFFFD \uFFFD gone" }] } });
  });

  test("cannot plant a prototype", async () => {
    const end = `{"kind":"end","at":"2023-04-21T15:41:41Z","end":"time","__proto__":{"x":1},"load":{"plan":{"rps":1,"path":"/version","connections":"fresh"},"durationMs":1000,"sent":0,"held":{"busy":0,"backingOff":0,"late":0},"underWay":0,"statuses":{"__proto__":7,"200":1},"failures":{},"byAddress":[],"shed":[],"backedOff":{"times":0,"totalMs":0}}}\n`;
    const [, line] = await read(header, end);
    expect(line).toMatchObject({ line: { kind: "end", load: { statuses: { "200": 1 } } } });
    expect("x" in {}).toBe(false);
  });
});
