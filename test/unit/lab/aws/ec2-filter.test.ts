import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyFilters, matchesGlob, readFilters } from "../../../../src/lab/aws/ec2-filter.ts";

describe("EC2's wildcards", () => {
  it.each([
    ["Amazon EKS foo", "Amazon EKS foo", true],
    ["Amazon EKS foo", "Amazon EKS foo-2", false],
    ["Amazon EKS foo*", "Amazon EKS foo-2", true],
    ["Amazon EKS foo-?", "Amazon EKS foo-2", true],
    ["Amazon EKS foo-?", "Amazon EKS foo-", false],
    ["*", "", true],
    ["?", "", false],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-b-b", false],
    ["foo\\*", "foo*", true],
    ["foo\\*", "foobar", false],
    ["foo\\\\?", "foo\\x", true],
    ["foo.bar", "fooxbar", false],
    ["FOO", "foo", false],
  ])("%s against %s is %s", (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });

  it("match any text when every character of it is escaped", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const escaped = Array.from(text)
          .map((char) => `\\${char}`)
          .join("");
        expect(matchesGlob(escaped, text)).toBe(true);
      }),
    );
  });

  it("stay quick on the pattern that stalls a backtracking matcher", () => {
    expect(matchesGlob(`${"*a".repeat(200)}b`, "a".repeat(2000))).toBe(false);
  });
});

describe("filters", () => {
  const fields = { name: (text: string) => [text] };

  it("must all fit, and of each one value is enough", () => {
    const filters = readFilters(
      new Map([
        ["Filter.1.Name", "name"],
        ["Filter.1.Value.2", "b"],
        ["Filter.1.Value.1", "a*"],
        ["Filter.2.Name", "name"],
        ["Filter.2.Value.1", "?"],
      ]),
    );
    expect(filters[0]).toEqual({ name: "name", values: ["a*", "b"] });
    expect(applyFilters(["a", "aa", "b", "c"], filters, fields)).toEqual({
      kind: "ok",
      resources: ["a", "b"],
    });
  });

  it("are refused by name when unknown, also when the name is one of every object's own", () => {
    for (const name of ["vpcid", "constructor", "__proto__"]) {
      expect(applyFilters(["a"], [{ name, values: ["a"] }], fields)).toMatchObject({
        kind: "refused",
        result: {
          problem: { code: "InvalidParameterValue", message: `The filter '${name}' is invalid` },
        },
      });
    }
  });
});
