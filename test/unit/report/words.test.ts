import { describe, expect, test } from "vitest";
import { formatTime } from "../../../src/model/time.ts";
import { toAscii } from "../../../src/report/ascii.ts";
import { layOut } from "../../../src/report/text/columns.ts";
import { plainTheme } from "../../../src/report/theme.ts";
import { formatMs, median, shortenHosts, wrap } from "../../../src/report/words.ts";

describe("formatMs", () => {
  test.each([
    [undefined, "–"],
    [0, "0.0ms"],
    [0.84, "0.8ms"],
    [9.4, "9.4ms"],
    [9.6, "10ms"],
    [412, "412ms"],
    [1_240, "1.2s"],
    [30_400, "30s"],
  ])("%s is %s", (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });
});

test("formatTime drops the milliseconds and nothing else", () => {
  expect(formatTime("2024-04-16T04:20:01.000Z")).toBe("2024-04-16 04:20:01Z");
});

test("median takes the middle by number, or the mean of the two", () => {
  expect([median([]), median([5]), median([10, 9, 100]), median([4, 1, 3, 2])]).toEqual([
    undefined,
    5,
    10,
    2.5,
  ]);
});

describe("wrap", () => {
  test("breaks before the width is passed, and never inside a word", () => {
    expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrap("a-word-too-long b", 5)).toEqual(["a-word-too-long", "b"]);
    expect(wrap("a · b · c", 5, " · ")).toEqual(["a · b", "c"]);
    expect(wrap("", 5)).toEqual([""]);
  });
});

describe("shortenHosts", () => {
  test("keeps the first label where that tells the hosts apart", () => {
    expect([...shortenHosts(["a.x", "b.x", "10.0.0.1", "fd00::1"]).values()]).toEqual([
      "a",
      "b",
      "10.0.0.1",
      "fd00::1",
    ]);
  });

  test("keeps the whole name where two would look the same", () => {
    expect([...shortenHosts(["a.x", "a.y", "b.x"]).values()]).toEqual(["a.x", "a.y", "b"]);
  });
});

describe("layOut", () => {
  const columns = [
    { title: "A", align: "left", expendable: 0 },
    { title: "B", align: "right", expendable: 2 },
    { title: "C", align: "left", expendable: 1 },
  ] as const;
  const theme = plainTheme();

  test("drops the most expendable columns first, and never those that stay", () => {
    const rows = [[{ text: "aaaa" }, { text: "b" }, { text: "cccc" }]];
    expect(layOut(columns, rows, 20, "", theme.dim)).toEqual(["A     B  C", "aaaa  b  cccc"]);
    expect(layOut(columns, rows, 12, "", theme.dim)).toEqual(["A     C", "aaaa  cccc"]);
    expect(layOut(columns, rows, 1, "", theme.dim)).toEqual(["A", "aaaa"]);
  });

  test("a last cell that stands for several columns goes on below where it is too long", () => {
    const rows = [[{ text: "aaaa" }, { text: "why this row has no more than this" }]];
    expect(layOut(columns, rows, 30, "  ", theme.dim)).toEqual([
      "  A     B  C",
      "  aaaa  why this row has no",
      "        more than this",
    ]);
  });

  test("paint does not count as width", () => {
    const rows = [
      [{ text: "a", paint: (text: string) => `<<<${text}>>>` }, { text: "b" }, { text: "c" }],
    ];
    expect(layOut(columns, rows, 20, "", theme.dim)).toEqual(["A  B  C", "<<<a>>>  b  c"]);
  });
});

test("toAscii replaces what it knows by what looks like it, the rest by a question mark", () => {
  expect(toAscii("──▶ ≤15 % ✓ … é 😀 \u001b[31mred")).toBe("--> <=15 % + ... ? ? \u001b[31mred");
});
