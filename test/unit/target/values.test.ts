import { describe, expect, test } from "vitest";
import {
  parseDuration,
  parsePort,
  parseSamples,
  parseShare,
  parseSpeed,
} from "../../../src/target/numbers.ts";
import { quoteInput } from "../../../src/target/parsed.ts";
import { parsePaths, splitList } from "../../../src/target/paths.ts";
import { makeRequest } from "../../../src/target/request.ts";

describe("parseDuration", () => {
  test.each([
    ["500ms", 500],
    ["3s", 3_000],
    ["2m", 120_000],
    ["3", 3_000],
    ["1.5s", 1_500],
    ["0.01", 10],
    ["10m", 600_000],
  ])("reads %s as %d ms", (text, value) => {
    expect(parseDuration(text)).toEqual({ kind: "ok", value });
  });

  test.each(["", "0", "9ms", "601s", "-1", "1h", "1e3", " 3s", "3 s", "Infinity", "1.2345s"])(
    "refuses %j",
    (text) => {
      expect(parseDuration(text).kind).toBe("bad");
    },
  );
});

describe("parseSamples and parsePort", () => {
  test("take their limits", () => {
    expect(parseSamples("1")).toEqual({ kind: "ok", value: 1 });
    expect(parseSamples("10000")).toEqual({ kind: "ok", value: 10_000 });
    expect(parsePort("65535")).toEqual({ kind: "ok", value: 65_535 });
  });

  test.each(["0", "10001", "1.5", "-1", "0x10", "", "ten"])("refuse %j samples", (text) => {
    expect(parseSamples(text).kind).toBe("bad");
  });

  test.each(["0", "65536", "443 ", "https", ""])("refuse port %j", (text) => {
    expect(parsePort(text).kind).toBe("bad");
  });
});

describe("parseShare", () => {
  test.each([
    ["5%", 0.05],
    ["0.05", 0.05],
    [".05", 0.05],
    ["2.5 %", 0.025],
    ["50%", 0.5],
    ["0.1%", 0.001],
  ])("reads %j", (text, value) => {
    expect(parseShare(text)).toEqual({ kind: "ok", value });
  });

  test.each(["51%", "5", "0.6", "0.09%", "0", "-5%", "5%%", "five", "", "1e-2"])(
    "refuses %j",
    (text) => {
      expect(parseShare(text).kind).toBe("bad");
    },
  );
});

describe("parseSpeed", () => {
  test.each([
    ["1", 1],
    ["2.5", 2.5],
    ["1000", 1000],
  ])("reads %j", (text, value) => {
    expect(parseSpeed(text)).toEqual({ kind: "ok", value });
  });

  test.each(["0", "0.99", "1000.1", "10x", "-1", "", "1e2"])("refuses %j", (text) => {
    expect(parseSpeed(text).kind).toBe("bad");
  });
});

describe("parsePaths", () => {
  test("reads one kind or both, each once", () => {
    expect(parsePaths("vip")).toEqual({ kind: "ok", value: ["vip"] });
    expect(parsePaths("eni, vip,eni")).toEqual({ kind: "ok", value: ["eni", "vip"] });
  });

  test("names the part that is no kind", () => {
    expect(parsePaths("vip,enis")).toEqual({
      kind: "bad",
      problem: '"enis" is not a kind of path; choose vip, eni or vip,eni',
    });
    expect(parsePaths(" , ").kind).toBe("bad");
  });
});

test("splitList takes commas, spaces and lines", () => {
  expect(splitList(" a,b  c\nd,, ")).toEqual(["a", "b", "c", "d"]);
});

describe("quoteInput", () => {
  test("shows nothing that a terminal would act on", () => {
    expect(quoteInput("a\u001b[31m\u009b\u202e\u2028\ufeff")).toBe('"a\\u001b[31m????"');
  });

  test("cuts what is long", () => {
    expect(quoteInput("x".repeat(61))).toBe(`"${"x".repeat(57)}…"`);
    expect(quoteInput("x".repeat(60))).toBe(`"${"x".repeat(60)}"`);
  });
});

test("makeRequest lets what was asked for win over the defaults", () => {
  expect(makeRequest("demo")).toMatchObject({
    cluster: "demo",
    samples: 1,
    timeoutMs: 5_000,
    paths: ["vip", "eni"],
    family: "any",
    anonymous: false,
    insecure: false,
    insecureSendToken: false,
  });
  expect(makeRequest("demo", { samples: 20, family: 6 })).toMatchObject({ samples: 20, family: 6 });
});
