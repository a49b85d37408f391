import { describe, expect, test } from "vitest";
import { sanitizeText } from "../../../src/model/text.ts";

describe("text from the network", () => {
  test.for([
    ["plain text", "kube-apiserver ü 漢 😀", "kube-apiserver ü 漢 😀"],
    ["a colour", "a\u001b[31mb", "a\uFFFDb"],
    ["a cursor movement and a bell, as one run", "a\u001b[2J\u001b[H\u0007b", "a\uFFFDb"],
    ["a window title", "a\u001b]0;owned\u0007b", "a\uFFFDb"],
    ["a link", "a\u001b]8;;http://evil.example\u001b\\b", "a\uFFFDb"],
    ["a lone escape at the end", "a\u001b", "a\uFFFD"],
    ["C1 controls", "a\u009bb", "a\uFFFDb"],
    ["DEL and NUL", "a\u007f\u0000b", "a\uFFFDb"],
    ["line ends of every kind", "a\r\nb\u2028c", "a\uFFFDb\uFFFDc"],
    ["right-to-left override", "a\u202eb", "a\uFFFDb"],
    ["zero-width space and joiner", "a\u200bb\u200dc", "a\uFFFDb\uFFFDc"],
    ["half a surrogate pair", "a\ud83db", "a\uFFFDb"],
  ] as const)("keeps %s harmless", ([, text, expected]) => {
    expect(sanitizeText(text, 100)).toBe(expected);
  });

  test("is cut to its limit with a mark, never inside a character", () => {
    expect(sanitizeText("abcdef", 6)).toBe("abcdef");
    expect(sanitizeText("abcdefg", 6)).toBe("abcde…");
    expect(sanitizeText("abc😀😀", 5)).toBe("abc…");
    expect(sanitizeText("x".repeat(1_000_000), 10)).toBe("xxxxxxxxx…");
    expect(sanitizeText("\u001b[31m".repeat(1_000), 10)).toBe("\uFFFD");
  });
});
