import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { withoutEcho } from "../../../src/model/echo.ts";

const SECRET = "zebra-mark-of-a-secret-that-is-long";

test("takes out a secret, whole or in part and in whatever case, and leaves the words around it", () => {
  expect(withoutEcho(`a ${SECRET} b`, [SECRET])).toBe("a [redacted] b");
  expect(withoutEcho(`a ${SECRET.toUpperCase()} b`, [SECRET])).toBe("a [redacted] b");
  expect(withoutEcho(`a ${SECRET.slice(5, 25)} b`, [SECRET])).toBe("a [redacted] b");
  expect(withoutEcho(`${SECRET}${SECRET} and ${SECRET}`, [SECRET])).toBe(
    "[redacted] and [redacted]",
  );
});

test("leaves what is no echo: 15 characters of it, or what only looks like a secret", () => {
  const close = `${SECRET.slice(3, 18)} ${"0123456789abcdef".repeat(4)}`;
  expect(withoutEcho(close, [SECRET])).toBe(close);
  expect(withoutEcho("test", ["test"])).toBe("test");
});

test("finds a short secret as a whole only", () => {
  expect(withoutEcho("the key EXAMPLEKEY here", ["EXAMPLEKEY"])).toBe("the key [redacted] here");
  expect(withoutEcho("the key EXAMPLEKE here", ["EXAMPLEKEY"])).toBe("the key EXAMPLEKE here");
});

test("keeps the shape of the data, undefined and numbers too", () => {
  const data = { a: [SECRET, 1, undefined, null], b: { c: true, d: undefined } };
  expect(withoutEcho(data, [SECRET])).toStrictEqual({
    a: ["[redacted]", 1, undefined, null],
    b: { c: true, d: undefined },
  });
});

test("no text that is wrapped around a secret keeps 16 characters of it", () => {
  assert(
    property(string(), string({ unit: "grapheme" }), (before, after) => {
      const clean = withoutEcho(before + SECRET + after, [SECRET]).toLowerCase();
      for (let start = 0; start + 16 <= SECRET.length; start += 1)
        expect(clean).not.toContain(SECRET.slice(start, start + 16));
    }),
  );
});
