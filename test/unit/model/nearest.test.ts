import { expect, test } from "vitest";
import { nearest } from "../../../src/model/nearest.ts";

const KEYS = ["version", "cluster", "clusters", "expect", "ignore", "failOn", "tcp", "tls"];

test.each([
  ["exepct", "expect"],
  ["failon", "failOn"],
  ["ignores", "ignore"],
  ["cluser", "cluster"],
  ["tpc", "tcp"],
])("for %s the nearest is %s", (text, word) => {
  expect(nearest(text, KEYS)).toBe(word);
});

test.each(["", "foo", "regions", "x".repeat(100_000)])("nothing is near %.10j", (text) => {
  expect(nearest(text, KEYS)).toBeUndefined();
});
