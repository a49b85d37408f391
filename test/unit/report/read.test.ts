import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { known, skipped, unknown } from "../../../src/model/fact.ts";
import { readDocument } from "../../../src/report/json/read.ts";
import { renderJson } from "../../../src/report/json/render.ts";
import { renderText } from "../../../src/report/text/report.ts";
import { plainTheme } from "../../../src/report/theme.ts";
import { makeRequest } from "../../../src/target/request.ts";
import { checkReportOf, REPORTS, TOOL } from "../../support/check-reports.ts";
import { deepSnapshot } from "../../support/inspections.ts";
import { allOutputsOf, savedAndRead } from "../../support/replayed.ts";
import { priSnapshot, pubSnapshot, reportOf } from "../../support/snapshots.ts";

const DENIED = unknown({
  code: "access-denied",
  phase: "describe-cluster",
  side: "user",
  message: "denied",
  cause: "AccessDeniedException",
});

const MORE = [
  ["a private cluster", checkReportOf(priSnapshot())],
  ["--deep", checkReportOf(deepSnapshot())],
  ["ENIs that were not asked for", checkReportOf(pubSnapshot({ enis: skipped("--paths vip") }))],
  ["no token", checkReportOf(pubSnapshot({ token: skipped("--anonymous") }))],
  [
    "every option",
    checkReportOf(
      pubSnapshot({
        request: makeRequest("gonz-eks-pub", {
          resolvers: [{ kind: "system" }, { kind: "server", ip: "10.0.0.2", port: 53 }],
          connectTo: [
            { fromHost: undefined, fromPort: 443, toHost: "127.0.0.1", toPort: undefined },
          ],
          untilSure: 0.05,
          family: 6,
          httpVersion: "http2",
          egressIp: "203.0.113.7",
        }),
      }),
    ),
  ],
] as const;

function withoutJson(outputs: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(outputs).filter(([name]) => !name.includes("json")));
}

/** A saved run of `check`, as plain JSON that may be changed. */
function savedJson(): Record<string, unknown> {
  return JSON.parse(renderJson(checkReportOf(deepSnapshot()), TOOL));
}

function fixture(name: string): Record<string, unknown> {
  const file = new URL(`../../fixtures/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8"));
}

describe("a saved run, read back", () => {
  test.each([...REPORTS, ...MORE])(
    "%s: every format shows it as it showed the run itself",
    async (_name, report) => {
      const now = await allOutputsOf({ report, tool: TOOL });
      const later = await allOutputsOf(savedAndRead(report));
      // The order of keys is the order in which a run came to know them, which this one did not.
      expect(JSON.parse(later["json"] ?? "")).toEqual(JSON.parse(now["json"] ?? ""));
      expect(withoutJson(later)).toEqual(withoutJson(now));
    },
  );

  test("saved once more it is the same to the byte: nothing wears off", () => {
    for (const [, report] of REPORTS) {
      const once = savedAndRead(report);
      const twice = savedAndRead(once.report);
      expect(renderJson(twice.report, TOOL)).toBe(renderJson(once.report, TOOL));
    }
  });

  test("has a gate where check made it, and none where endpoints did", () => {
    expect("gate" in savedAndRead(checkReportOf(pubSnapshot())).report).toBe(true);
    expect("gate" in savedAndRead(reportOf(pubSnapshot())).report).toBe(false);
  });

  test("keeps what was asked for, but for what may be a secret in a URL", () => {
    const request = makeRequest("gonz-eks-pub", {
      egressService: "https://who:secret@ip.example/me?key=secret#secret",
      deep: true,
    });
    const text = renderJson(reportOf(pubSnapshot({ request })), TOOL);
    expect(text).not.toContain("secret");
    const { snapshot } = savedAndRead(reportOf(pubSnapshot({ request }))).report;
    expect(snapshot.request).toEqual({ ...request, egressService: "https://ip.example/me" });
  });

  test("names what made the run, not what shows it", () => {
    const report = reportOf(pubSnapshot());
    const read = readDocument(
      JSON.parse(renderJson(report, { name: "eks-probe", version: "9.9.9" })),
    );
    expect(read).toMatchObject({ kind: "ok", value: { tool: { version: "9.9.9" } } });
  });
});

describe("a run of another version", () => {
  test("the first one's has all that it had, and draws as it did", () => {
    const read = readDocument(fixture("run-of-first-version"));
    if (read.kind === "bad") throw new Error(read.problem);
    const { report } = read.value;
    expect(report.snapshot.request).toMatchObject({
      cluster: "gonz-eks-pub",
      samples: 1,
      deep: false,
      paths: ["vip", "eni"],
      simulated: true,
    });
    expect(report.map.times).toHaveLength(4);
    const text = renderText(report, { wide: false, verbose: false, quiet: false }, plainTheme(100));
    expect(text).toContain("43.200.53.253    ────▶  A  ip-172-16-57-254   ◀────  10.0.20.41");
    expect(text).toContain("healthy · 4 paths · 2 API servers · 0 failed · 0 warnings");
  });

  test("what was asked is told by the answers where the run does not say it", () => {
    const { request: _, ...older } = savedJson();
    const read = readDocument(older);
    if (read.kind === "bad") throw new Error(read.problem);
    const { request } = read.value.report.snapshot;
    expect(request).toMatchObject({ cluster: "gonz-eks-pub", deep: true, anonymous: false });
  });

  test("fields and words of a later one cost nothing but themselves", async () => {
    const later = JSON.stringify(savedJson())
      .replaceAll('"status":"ok"', '"status":"splendid"')
      .replaceAll('"kind":"vip"', '"kind":"anycast"')
      .replaceAll('"state":"ok"', '"state":"quantum"')
      .replaceAll('"outcome":"records"', '"outcome":"poem"')
      .replaceAll('"kind":"verified"', '"kind":"believed"')
      .replaceAll('"kind":"agree"', '"kind":"nod"')
      .replaceAll('"code":"P01"', '"code":"X01"')
      .replace('"startedAt"', '"inventedLater":[1],"startedAt"');
    const read = readDocument(JSON.parse(later));
    if (read.kind === "bad") throw new Error(read.problem);
    const { findings, map } = read.value.report;
    expect(new Set(findings.map(({ status }) => status))).not.toContain("splendid");
    expect(map.paths.map(({ state }) => state.kind)).toContain("unknown");
    const outputs = await allOutputsOf(read.value);
    for (const [name, text] of Object.entries(outputs))
      expect(`${name}: ${text}`).not.toContain("undefined");
    expect(outputs["check text plain"]).toContain("other\n");
  });
});

describe("what is no saved run", () => {
  test.each<[string, unknown, string]>([
    ["null", null, "is not a saved run (see all of it); save one with -o json"],
    ["an array", [], "is not a saved run"],
    ["another program's JSON", { version: 4, resources: [] }, "is not a saved run"],
    ["another schema", { schemaVersion: 2 }, "has schemaVersion 2, and only 1 is known here"],
    ["a run without its paths", { ...savedJson(), paths: undefined }, "(see paths)"],
    ["a time that is none", { ...savedJson(), startedAt: "yesterday" }, "(see startedAt)"],
    ["a duration without end", { ...savedJson(), durationMs: Infinity }, "(see durationMs)"],
    [
      "a known fact without a value",
      {
        ...savedJson(),
        local: {
          proxy: { noProxy: [] },
          kubeconfig: { state: "known", value: null, reason: null, problem: null },
        },
      },
      "(see local.kubeconfig)",
    ],
  ])("%s is refused in a line that says where it is wrong", (_what, json, says) => {
    const read = readDocument(json);
    expect(read).toMatchObject({ kind: "bad" });
    expect(read.kind === "bad" && read.problem).toContain(says);
  });

  test("whatever JSON it is, nothing is thrown", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        const read = readDocument(json);
        expect(read.kind).toBe("bad");
      }),
    );
  });
});

/** Every place in the value, as keys. */
function placesIn(value: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, each]) => placesIn(each, [...at, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    return items.map((one, index) => (String(index) === key ? replaced(one, rest, by) : one));
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([name, one]) => [name, name === key ? replaced(one, rest, by) : one]),
  );
}

describe("a hostile file", () => {
  const document = savedJson();
  const places = placesIn(document);
  const HOSTILE = [
    "\u001b[2J\u001b]0;x\u0007\n::error::x\u202e\ud800",
    "a".repeat(100_000),
    "__proto__",
    "",
    -1,
    1e308,
    Number.MAX_SAFE_INTEGER,
    0.1,
    null,
    true,
    [],
    {},
    [[]],
  ];

  test("with one part replaced it is refused, or shown without anything a terminal acts on", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...places),
        fc.constantFrom<unknown>(...HOSTILE),
        async (place, by) => {
          const read = readDocument(replaced(document, place, by));
          const texts =
            read.kind === "bad" ? [read.problem] : Object.values(await allOutputsOf(read.value));
          for (const text of texts)
            expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        },
      ),
      { numRuns: 300 },
    );
  }, 60_000);

  test("with every text replaced by escape sequences it shows none of them", async () => {
    const poison = "\u001b[31mred\u001b[0m\r\n\u202e";
    const isWord = /^[\w .-]{1,24}$/;
    const poisoned: unknown = JSON.parse(JSON.stringify(document), (_key, value: unknown) =>
      typeof value === "string" && !isWord.test(value) && !/^\d{4}-/.test(value)
        ? `${value}${poison}`
        : value,
    );
    const read = readDocument(poisoned);
    if (read.kind === "bad") throw new Error(read.problem);
    for (const text of Object.values(await allOutputsOf(read.value)))
      expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

test("a run that AWS told nothing of is shown under the name it was asked for", () => {
  const { report } = savedAndRead(
    checkReportOf(pubSnapshot({ cluster: DENIED, enis: DENIED, token: DENIED, observations: [] })),
  );
  expect(report.snapshot.cluster).toEqual(DENIED);
  expect(report.snapshot.enis).toEqual(DENIED);
  expect(report.snapshot.request.cluster).toBe("gonz-eks-pub");
  expect(savedAndRead(checkReportOf(pubSnapshot())).report.snapshot.enis).toEqual(
    known(expect.any(Array)),
  );
});
