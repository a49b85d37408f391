import { describe, expect, test, vi } from "vitest";
import { parseConfig } from "../../../src/config/parse.ts";

/** Every problem as `line:column: text`. */
function problemsOf(text: string): readonly string[] {
  const parsed = parseConfig(text);
  return parsed.kind === "ok"
    ? []
    : parsed.problems.map(({ line, column, text: what }) => `${line}:${column}: ${what}`);
}

const WHOLE = `# what production has to be
version: 1
cluster: gonz-eks-pub
region: ap-northeast-2
expect:
  apiServers: 2
  mode: public-and-private
  certificateDays: 45
  tcp: 5ms
  tls: 1.5s
  ttfb: 2m
ignore:
  - code: T02
    reason: renewal is planned
    until: 2027-01-31
failOn: warn
baseline: runs/last.json
clusters:
  gonz-eks-pri:
    expect: { mode: private }
  constructor:
    failOn: fail
`;

describe("a file that is right", () => {
  test("is read whole, with limits in milliseconds", () => {
    expect(parseConfig(WHOLE)).toEqual({
      kind: "ok",
      value: {
        version: 1,
        cluster: "gonz-eks-pub",
        region: "ap-northeast-2",
        expect: {
          apiServers: 2,
          mode: "public and private",
          certificateDays: 45,
          tcp: 5,
          tls: 1_500,
          ttfb: 120_000,
        },
        ignore: [{ code: "T02", reason: "renewal is planned", until: "2027-01-31" }],
        failOn: "warn",
        baseline: "runs/last.json",
        clusters: {
          "gonz-eks-pri": { expect: { mode: "private" } },
          constructor: { failOn: "fail" },
        },
      },
    });
  });

  test("may say next to nothing, and may share a section among clusters", () => {
    expect(parseConfig("version: 1").kind).toBe("ok");
    const many = Array.from({ length: 30 }, (_, index) => `  c${index}: *same`).join("\n");
    const shared = parseConfig(`version: 1\nclusters:\n  base: &same { failOn: warn }\n${many}\n`);
    expect(shared).toMatchObject({ kind: "ok", value: { clusters: { c29: { failOn: "warn" } } } });
  });
});

describe("a file that is wrong", () => {
  test.each([
    [
      "",
      "1:1: the file: nothing is not a map; its keys are version, cluster, region, expect, ignore, failOn, baseline, clusters",
    ],
    [
      "- version: 1",
      "1:1: the file: a list is not a map; its keys are version, cluster, region, expect, ignore, failOn, baseline, clusters",
    ],
    ["cluster: a", "1:1: version: is missing"],
    ["version: 2", "1:10: version: 2 is not 1, the only version there is"],
    [
      "version: '1'",
      '1:10: version: "1" is not 1, the only version there is; write it without quotes',
    ],
    ["version: 1\nexepct: {}", "2:1: exepct: there is no such key; did you mean expect?"],
    [
      "version: 1\nconstructor: 1",
      "2:1: constructor: there is no such key; the keys here are version, cluster, region, expect, ignore, failOn, baseline, clusters",
    ],
    [
      "version: 1\n__proto__: {}",
      "2:1: __proto__: there is no such key; the keys here are version, cluster, region, expect, ignore, failOn, baseline, clusters",
    ],
    ["version: 1\nexpect:\n  tpc: 5ms", "3:3: expect.tpc: there is no such key; did you mean tcp?"],
    [
      "version: 1\nexpect:\n  tcp: fast",
      '3:8: expect.tcp: "fast" is not a limit above 0 and up to 10m; write 5ms, 1.5s or 2m',
    ],
    [
      "version: 1\nexpect:\n  tcp: 5",
      "3:8: expect.tcp: 5 is not a limit above 0 and up to 10m; write 5ms, 1.5s or 2m",
    ],
    [
      "version: 1\nexpect: { tcp: 0ms }",
      '2:16: expect.tcp: "0ms" is not a limit above 0 and up to 10m; write 5ms, 1.5s or 2m',
    ],
    [
      "version: 1\nexpect: { apiServers: 1.5 }",
      "2:23: expect.apiServers: 1.5 is not a whole number between 1 and 1000",
    ],
    [
      "version: 1\nexpect: { certificateDays: .inf }",
      "2:28: expect.certificateDays: Infinity is not a whole number between 1 and 3650",
    ],
    [
      "version: 1\nexpect: { mode: both }",
      '2:17: expect.mode: "both" is not one of public, private, public-and-private',
    ],
    [
      "version: 1\nexpect:",
      "2:8: expect: nothing is not a map; its keys are apiServers, mode, certificateDays, tcp, tls, ttfb",
    ],
    ["version: 1\nignore: T02", '2:9: ignore: "T02" is not a list; begin each line with "- "'],
    ["version: 1\nignore:\n  - code: T02", "3:5: ignore[0].reason: is missing"],
    [
      "version: 1\nignore:\n  - { code: T02, reason: ' ' }",
      '3:26: ignore[0].reason: " " is not a reason; say why it does not count',
    ],
    [
      "version: 1\nignore:\n  - { code: X99, reason: y }",
      '3:13: ignore[0].code: "X99" is not a check; eks-probe explain lists the codes',
    ],
    [
      "version: 1\nignore:\n  - { code: T02, reason: y, until: 2027-02-29 }",
      '3:36: ignore[0].until: "2027-02-29" is not a day; write 2027-01-31',
    ],
    ["version: 1\nfailOn: always", '2:9: failOn: "always" is not one of fail, warn'],
    [
      "version: 1\nregion: Seoul",
      '2:9: region: "Seoul" is not a region; one looks like ap-northeast-2',
    ],
    ["version: 1\ncluster: [a]", "2:10: cluster: a list is not a cluster name"],
    ["version: 1\nclusters:\n  a b: {}", "3:3: clusters.a b: is not a cluster name"],
    [
      "version: 1\nclusters:\n  a:\n    region: x",
      "4:5: clusters.a.region: there is no such key; the keys here are expect, ignore, failOn, baseline",
    ],
    ["version: 1\nversion: 1", "2:1: this is not YAML: Map keys must be unique"],
    [
      "version: 1\n---\nversion: 1",
      '2:1: this is not YAML: it holds more than one document; keep one, without a "---" in between',
    ],
  ])("%j", (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  test("every problem is told, in the order of the file", () => {
    expect(
      problemsOf("version: 1\nexpect: { tcp: x, tls: y }\nfoo: 1\nclusters: { a: { bar: 1 } }"),
    ).toEqual([
      expect.stringMatching(/^2:16: expect\.tcp: "x"/),
      expect.stringMatching(/^2:24: expect\.tls: "y"/),
      expect.stringMatching(/^3:1: foo: there is no such key/),
      expect.stringMatching(/^4:18: clusters\.a\.bar: there is no such key/),
    ]);
  });

  test("aliases that multiply, or have no anchor, are told and not followed", () => {
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ..."bcdefgh"
        .split("")
        .map((name, index) => `${name}: &${name} [${`*${"abcdefg".charAt(index)},`.repeat(9)}]`),
    ].join("\n");
    const problem = expect.stringMatching(/^1:1: the aliases cannot be followed/);
    expect(problemsOf(bomb)).toEqual([problem]);
    expect(problemsOf("version: 1\nexpect: *nowhere")).toEqual([
      expect.stringMatching(/aliases cannot be followed|this is not YAML/),
    ]);
  });

  test("an alias's problem stands where the alias does", () => {
    const text = "version: 1\nexpect: &e { tcp: x }\nclusters:\n  a: { expect: *e }";
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/^2:19: expect\.tcp/),
      expect.stringMatching(/^4:16: clusters\.a\.expect\.tcp/),
    ]);
  });

  test("what stands in the file reaches no terminal as a command", () => {
    for (const problem of problemsOf('version: 1\n"\\e[2J": 1\nfailOn: "\\e]0;x\\a"'))
      expect(problem).not.toMatch(/\p{Cc}/u);
  });

  test("a file full of mistakes is told by its first fifty", () => {
    const keys = Array.from({ length: 500 }, (_, index) => `key${index}: 1`).join("\n");
    expect(problemsOf(`version: 1\n${keys}`)).toHaveLength(50);
  });

  test.each([
    [
      "version: 1\ncluster: 12345",
      "2:10: cluster: 12345 is not a cluster name; write it in quotes",
    ],
    [
      'version: "1"',
      '1:10: version: "1" is not 1, the only version there is; write it without quotes',
    ],
    ["version: 1\ncluster: -5", "2:10: cluster: -5 is not a cluster name"],
  ])("%j: quotes are named where they are all that is wrong", (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  test("what is not UTF-8 is told once, whatever it would be read as", () => {
    const problem = "this is not text in UTF-8; save it as such";
    const utf16 = Buffer.from("\uFEFFversion: 1\n", "utf16le").toString("utf8");
    expect(problemsOf(utf16)).toEqual([`1:1: ${problem}`]);
    const latin1 = Buffer.from("version: 1\ncluster: caf\xe9\n", "latin1").toString("utf8");
    expect(problemsOf(latin1)).toEqual([`2:13: ${problem}`]);
    expect(problemsOf("\uFEFFversion: 1\r\n")).toEqual([]);
  });

  test.each(["[", "{a: "])("%j without end overflows nothing, and is told in own words", (open) => {
    const problems = problemsOf(`version: 1\nexpect: ${open.repeat(20_000)}`);
    expect(problems[0]).toMatch(
      /^2:\d+: this is not YAML: its lists or maps are in each other too/,
    );
    expect(new Set(problems).size).toBe(problems.length);
    expect(problems.length).toBeLessThan(5);
  });

  test.each(["", "%YAML 1.1\n---\n"])(
    "a day is a day with and without quotes, in whatever YAML: %j",
    (directive) => {
      for (const day of ["2027-01-31", "'2027-01-31'"])
        expect(
          problemsOf(
            `${directive}version: 1\nignore: [{ code: T02, reason: planned, until: ${day} }]`,
          ),
        ).toEqual([]);
    },
  );

  test("a key that is a list is a problem, and no warning of the parser's", () => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    expect(problemsOf("version: 1\n? [a, b]\n: 1")[0]).toContain("there is no such key");
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });
});
