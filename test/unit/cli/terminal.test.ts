import { describe, expect, test } from "vitest";
import type { Environment } from "../../../src/cli/options/read.ts";
import { isUtf8, wantsProgress } from "../../../src/cli/terminal.ts";
import { themeFor } from "../../../src/cli/theme.ts";
import { memoryIo } from "../../support/memory-io.ts";

function paints(environment: Environment, columns: number | undefined, noColor = false): boolean {
  return themeFor(memoryIo(environment, columns), noColor).bad("x") !== "x";
}

describe("colour", () => {
  test("is forced by FORCE_COLOR even into a pipe", () => {
    expect(paints({ FORCE_COLOR: "1" }, undefined)).toBe(true);
    expect(paints({ FORCE_COLOR: "" }, undefined)).toBe(true);
  });

  test.each([
    ["a pipe", {}, undefined, false],
    ["--no-color, whatever else is set", { FORCE_COLOR: "1" }, 80, true],
    ["NO_COLOR, whatever FORCE_COLOR says", { NO_COLOR: "1", FORCE_COLOR: "1" }, 80, false],
    ["FORCE_COLOR=0", { FORCE_COLOR: "0" }, 80, false],
    ["FORCE_COLOR=false", { FORCE_COLOR: "false" }, 80, false],
    ["a dumb terminal", { TERM: "dumb" }, 80, false],
  ])("is none for %s", (_why, environment, columns, noColor) => {
    expect(paints(environment, columns, noColor)).toBe(false);
  });

  test("an empty NO_COLOR is none, as no-color.org asks", () => {
    expect(paints({ NO_COLOR: "", FORCE_COLOR: "1" }, undefined)).toBe(true);
  });
});

test("a paint takes one text, also where map() hands it more", () => {
  const { dim } = themeFor(memoryIo({ FORCE_COLOR: "1" }), false);
  expect(["a", "b"].map(dim)).toEqual([dim("a"), dim("b")]);
  expect(dim("a")).not.toBe("a");
});

test.each([
  [undefined, 100],
  [200, 100],
  [100, 100],
  [80, 80],
  [40, 60],
  [0, 60],
])("a terminal of %s columns is used up to %d", (columns, width) => {
  expect(themeFor(memoryIo({}, columns), true).width).toBe(width);
});

describe("isUtf8", () => {
  test.each<[Environment, boolean]>([
    [{ LANG: "C.UTF-8" }, true],
    [{ LANG: "ko_KR.utf8" }, true],
    [{ LANG: "C" }, false],
    [{}, false],
    [{ LC_ALL: "C", LANG: "C.UTF-8" }, false],
    [{ LC_CTYPE: "C.UTF-8", LANG: "C" }, true],
    [{ LC_ALL: "", LANG: "C.UTF-8" }, true],
    [{ WT_SESSION: "1" }, true],
    [{ TERM_PROGRAM: "vscode" }, true],
    [{ TERM_PROGRAM: "vscode", LANG: "C" }, false],
  ])("%j is %s", (environment, expected) => {
    expect(isUtf8(environment)).toBe(expected);
    expect(themeFor(memoryIo(environment), true).unicode).toBe(expected);
  });
});

test("progress is for somebody who watches", () => {
  expect(wantsProgress(memoryIo({}, 80), false)).toBe(true);
  expect(wantsProgress(memoryIo({ CI: "false" }, 80), false)).toBe(true);
  expect(wantsProgress(memoryIo({}), false)).toBe(false);
  expect(wantsProgress(memoryIo({}, 80), true)).toBe(false);
  expect(wantsProgress(memoryIo({ CI: "true" }, 80), false)).toBe(false);
  expect(wantsProgress(memoryIo({ TERM: "dumb" }, 80), false)).toBe(false);
});

test("lines are painted by mapping over them, without their numbers", () => {
  expect(["one", "two"].map(themeFor(memoryIo(), true).dim)).toEqual(["one", "two"]);
});
