import { expect, test } from "vitest";
import { redact } from "../../../src/model/redact.ts";

test("ten megabytes in one word do not overflow the pattern engine's stack", () => {
  expect(redact("y".repeat(10_000_000))).toBe("…");
  expect(redact(`eks failed: ${"y".repeat(10_000_000)}`)).toBe("eks failed: …");
});

test("an overlong text is cut between words, so that no half of a secret is left", () => {
  const words = "word ".repeat(1_637);
  const clean = redact(`${words}${"k3y".repeat(20)}`);
  expect(clean).toBe(`${words}…`);
});

test("a text just short enough is kept to its end", () => {
  const words = "word ".repeat(1_600);
  expect(redact(`${words}end`)).toBe(`${words}end`);
});
