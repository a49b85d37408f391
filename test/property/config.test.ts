import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { parseConfig } from "../../src/config/parse.ts";
import { CONFIG_JSON_SCHEMA, CONFIG_SHAPE } from "../../src/config/schema.ts";
import { compile } from "../support/schema-check.ts";

const byEditor = compile(CONFIG_JSON_SCHEMA);

function byProgram(value: unknown): boolean {
  let problems = 0;
  CONFIG_SHAPE.read(value, [], () => {
    problems += 1;
  });
  return problems === 0;
}

/** Right values, and the wrong ones that look most like them. */
const limit = fc.oneof(
  fc.constantFrom("5ms", "1.5s", "2m", "600s", "601s", "0ms", "0.0s", "10m", "10.5m", "1h", ""),
  fc
    .tuple(fc.integer({ min: 0, max: 700_000 }), fc.constantFrom("ms", "s", "m", ""))
    .map(([n, unit]) => `${n}${unit}`),
  fc.stringMatching(/^[0-9]{1,7}(?:\.[0-9]{0,4})?(?:ms|s|m)?$/),
  fc.integer(),
);
const count = fc.oneof(
  fc.integer({ min: -2, max: 4_000 }),
  fc.double(),
  fc.constantFrom("2", null),
);
const day = fc.oneof(
  fc
    .tuple(
      fc.integer({ min: 0, max: 9_999 }),
      fc.integer({ min: 0, max: 13 }),
      fc.integer({ min: 0, max: 32 }),
    )
    .map((parts) =>
      parts.map((n, index) => String(n).padStart(index === 0 ? 4 : 2, "0")).join("-"),
    ),
  fc.constantFrom("2024-02-29", "2023-02-29", "2100-02-29", "2027-1-1", "tomorrow", ""),
);
const name = fc.constantFrom(
  "gonz-eks-pub",
  "constructor",
  "__proto__",
  "a b",
  "-x",
  "",
  "x".repeat(101),
);
const oddKeys = fc.dictionary(
  fc.constantFrom("exepct", "constructor", "__proto__", "toString", "tcp", "version"),
  fc.anything(),
  { maxKeys: 1 },
);

function withOddKeys<T extends object>(record: fc.Arbitrary<T>): fc.Arbitrary<object> {
  return fc
    .tuple(record, fc.oneof({ weight: 5, arbitrary: fc.constant({}) }, oddKeys))
    .map(([right, odd]) => ({ ...odd, ...right }));
}

/** A record that has about half of its keys, so that some have nothing wrong in them. */
function halfOf<T extends object>(record: fc.Arbitrary<T>): fc.Arbitrary<object> {
  const kept = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 });
  return fc
    .tuple(record, kept)
    .map(([whole, keeps]) =>
      Object.fromEntries(
        Object.entries(whole).filter(([key], index) => key === "version" || keeps[index]),
      ),
    );
}

const expectations = withOddKeys(
  fc.record(
    {
      apiServers: count,
      mode: fc.constantFrom(
        "public",
        "private",
        "public-and-private",
        "both",
        "public and private",
      ),
      certificateDays: count,
      tcp: limit,
      tls: limit,
      ttfb: limit,
    },
    { requiredKeys: [] },
  ),
);
const ignored = withOddKeys(
  fc.record(
    {
      code: fc.constantFrom("T02", "C08", "N13", "P10", "t02", "X99", "constructor", 2),
      reason: fc.constantFrom("planned", "", "  ", "\u00a0", "\n", 7),
      until: day,
    },
    { requiredKeys: ["code", "reason"] },
  ),
);
const judgement = {
  expect: fc.oneof({ weight: 9, arbitrary: expectations }, fc.constantFrom(null, [], "x")),
  ignore: fc.oneof(fc.array(ignored, { maxLength: 2 }), fc.constantFrom(null, {}, "T02")),
  failOn: fc.constantFrom("fail", "warn", "never", null),
  baseline: fc.constantFrom("a.json", "", " ", 1),
};
const config = withOddKeys(
  halfOf(
    fc.record(
      {
        version: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, fc.constantFrom(2, "1", null)),
        cluster: name,
        region: fc.constantFrom("ap-northeast-2", "us-gov-west-1", "Seoul", "ap-northeast-2a", ""),
        ...judgement,
        clusters: fc.dictionary(name, withOddKeys(fc.record(judgement, { requiredKeys: [] })), {
          maxKeys: 2,
        }),
      },
      { requiredKeys: ["version"] },
    ),
  ),
);

describe("the configuration's form", () => {
  test("is the same to the program and to an editor that goes by the JSON Schema", () => {
    const verdicts = new Set<boolean>();
    fc.assert(
      fc.property(config, (value) => {
        const verdict = byProgram(value);
        verdicts.add(verdict);
        expect({ value, valid: byEditor(value) }).toEqual({ value, valid: verdict });
      }),
      { numRuns: 3_000 },
    );
    // Samples that all fail, or all pass, would show nothing.
    expect(verdicts).toEqual(new Set([true, false]));
  });

  test("is the same for any JSON at all", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(byEditor(value)).toBe(byProgram(value));
      }),
    );
  });

  test.each(["expect.tcp", "expect.apiServers", "ignore.0.until", "clusters.a.failOn"])(
    "a right value of %s is right to both",
    (path) => {
      const part = {
        "expect.tcp": { expect: { tcp: "5ms" } },
        "expect.apiServers": { expect: { apiServers: 2 } },
        "ignore.0.until": { ignore: [{ code: "T02", reason: "y", until: "2024-02-29" }] },
        "clusters.a.failOn": { clusters: { a: { failOn: "warn" } } },
      }[path];
      const value = { version: 1, ...part };
      expect([byEditor(value), byProgram(value)]).toEqual([true, true]);
    },
  );
});

describe("a configuration file", () => {
  test("that is YAML of a right value is read, and of a wrong one is told with places in it", () => {
    fc.assert(
      fc.property(config, (value) => {
        const json: unknown = JSON.parse(JSON.stringify(value));
        const text = stringify(json);
        const parsed = parseConfig(text);
        expect(parsed.kind === "ok").toBe(byProgram(json));
        if (parsed.kind === "ok") return;
        expect(parsed.problems.length).toBeGreaterThan(0);
        const lines = text.split("\n");
        for (const { line, column } of parsed.problems) {
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeLessThanOrEqual((lines[line - 1] ?? "").length + 1);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("of any text ends with a value or with problems, never with a crash", () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.stringMatching(/^(?:[-:?&*!|>{}[\]#"'a \n]){0,60}$/),
    );
    fc.assert(
      fc.property(text, (any) => {
        const parsed = parseConfig(any);
        expect(parsed.kind === "ok" || parsed.problems.length > 0).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
