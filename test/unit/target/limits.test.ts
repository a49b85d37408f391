import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isFindingCode } from "../../../src/checks/table.ts";
import { parseCount, parseIgnore, parseLimit, parseMode } from "../../../src/target/limits.ts";

describe("parseLimit", () => {
  test.each([
    ["5ms", 5],
    ["0.5ms", 0.5],
    ["1.5s", 1_500],
    ["2m", 120_000],
    ["600000ms", 600_000],
    ["600s", 600_000],
    ["10m", 600_000],
  ])("%s is %d ms", (text, ms) => {
    expect(parseLimit(text)).toEqual({ kind: "ok", value: ms });
  });

  test.each([
    "",
    "5",
    "0ms",
    "0.000s",
    "-1s",
    "600001ms",
    "601s",
    "11m",
    "1h",
    "5 ms",
    "1e3ms",
    "5MS",
  ])("%j is none", (text) => {
    expect(parseLimit(text)).toMatchObject({ kind: "bad" });
  });

  test("is above 0 and at most ten minutes, whatever was written", () => {
    const number = fc.stringMatching(/^[0-9]{1,7}(?:\.[0-9]{1,4})?$/);
    fc.assert(
      fc.property(number, fc.constantFrom("ms", "s", "m"), (digits, unit) => {
        const parsed = parseLimit(digits + unit);
        if (parsed.kind === "bad") return;
        expect(parsed.value).toBeGreaterThan(0);
        expect(parsed.value).toBeLessThanOrEqual(600_000);
      }),
    );
  });
});

test("a mode is one of three words", () => {
  expect(parseMode("public-and-private")).toEqual({ kind: "ok", value: "public and private" });
  expect(parseMode("both")).toEqual({
    kind: "bad",
    problem: '"both" is none of public, private, public-and-private',
  });
});

test.each(["0", "-1", "1.5", "11", "", "two"])("%j is no count between 1 and 10", (text) => {
  expect(parseCount("days", 10)(text)).toMatchObject({ kind: "bad" });
  expect(parseCount("days", 10)("10")).toEqual({ kind: "ok", value: 10 });
});

describe("parseIgnore", () => {
  const parse = parseIgnore(isFindingCode);

  test("takes a code in either case, and a reason with anything in it", () => {
    expect(parse("t02=renewal, planned = yes")).toEqual({
      kind: "ok",
      value: { code: "T02", reason: "renewal, planned = yes" },
    });
  });

  test.each([
    ["T02", "gives no reason"],
    ["T02=  ", "gives no reason"],
    ["X99=because", "names no check"],
    ["constructor=because", "names no check"],
    ["", "names no check"],
  ])("%j %s", (text, problem) => {
    expect(parse(text)).toMatchObject({ kind: "bad", problem: expect.stringContaining(problem) });
  });

  test("a reason is shown in reports: nothing in it reaches a terminal as a command", () => {
    expect(parse("T02=\u001b[2Jgone\nover")).toEqual({
      kind: "ok",
      value: { code: "T02", reason: "\uFFFDgone\uFFFDover" },
    });
  });
});
