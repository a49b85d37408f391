import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../../src/cli/commands/table.ts";
import { longFlag, type RawOptions, readOptions } from "../../../src/cli/options/read.ts";
import { readAwsTarget, readProbeRequest } from "../../../src/cli/options/request.ts";
import type { OptionSpec } from "../../../src/cli/options/spec.ts";
import { ENDPOINTS_OPTIONS } from "../../../src/cli/options/tables/endpoints.ts";
import { LAB_OPTIONS } from "../../../src/cli/options/tables/lab.ts";
import { AWS_OPTIONS } from "../../../src/cli/options/tables/shared.ts";
import { WATCH_OPTIONS } from "../../../src/cli/options/tables/watch.ts";
import { nonEmpty, oneOf, UsageError, valueReader } from "../../../src/cli/options/values.ts";
import { parseSamples } from "../../../src/target/numbers.ts";

type Flags = Readonly<Record<string, unknown>>;
type Twins = Readonly<Record<string, string>>;

function read(
  flags: Flags,
  environment: Twins = {},
  specs: readonly OptionSpec[] = ENDPOINTS_OPTIONS,
): RawOptions {
  const parsed = readOptions(specs, flags, environment);
  if (parsed.kind === "bad") throw new UsageError(parsed.problem);
  return parsed.value;
}

function requestOf(flags: Flags, environment: Twins = {}) {
  return readProbeRequest(valueReader(read(flags, environment)), environment);
}

function targetOf(flags: Flags) {
  return readAwsTarget(valueReader(read(flags, {}, AWS_OPTIONS)));
}

/** Of options that mean something else than another command's of the same name. */
function prefixOf(spec: OptionSpec): string {
  if (LAB_OPTIONS.includes(spec)) return spec.key === "scenario" ? "" : "LAB_";
  return WATCH_OPTIONS.includes(spec) && spec.key === "interval" ? "WATCH_" : "";
}

describe("the tables", () => {
  test.each(COMMANDS.map((entry) => [entry.name, entry.options] as const))(
    "%s: every option has a twin named after its long flag, and a key of its own",
    (_name, options) => {
      for (const spec of options) {
        const name = longFlag(spec).slice(2).replaceAll(/[.-]/g, "_").toUpperCase();
        expect(spec.env).toBe(`EKS_PROBE_${prefixOf(spec)}${name}`);
        expect(spec.kind === "switch").toBe(!spec.flags.includes("<"));
      }
      for (const field of ["key", "env", "flags"] as const) {
        expect(new Set(options.map((spec) => spec[field])).size).toBe(options.length);
      }
    },
  );

  test("one twin means one thing: an option that several commands have is the same in each", () => {
    const byEnv = new Map<string, string>();
    for (const { flags, env, kind } of COMMANDS.flatMap(({ options }) => options)) {
      expect(byEnv.get(env) ?? `${flags} ${kind}`).toBe(`${flags} ${kind}`);
      byEnv.set(env, `${flags} ${kind}`);
    }
  });

  test("whatever an option needs is in the same table", () => {
    for (const { options } of COMMANDS) {
      const keys = new Set(options.map(({ key }) => key));
      expect(options.filter(({ needs }) => needs !== undefined && !keys.has(needs))).toEqual([]);
    }
  });
});

describe("readOptions", () => {
  test("a flag beats its twin, and a twin beats nothing", () => {
    expect(read({ cluster: "a" }, { EKS_PROBE_CLUSTER: "b" }).get("cluster")?.values).toEqual([
      "a",
    ]);
    expect(read({}, { EKS_PROBE_CLUSTER: "b" }).get("cluster")?.values).toEqual(["b"]);
    expect(read({}, { EKS_PROBE_CLUSTER: "" }).has("cluster")).toBe(false);
  });

  test("a list's twin is split, its flags are not", () => {
    expect(read({}, { EKS_PROBE_RESOLVER: "10.0.0.2, 1.1.1.1" }).get("resolver")?.values).toEqual([
      "10.0.0.2",
      "1.1.1.1",
    ]);
    expect(read({ resolver: ["a,b", "c"] }).get("resolver")?.values).toEqual(["a,b", "c"]);
  });

  test.each(["1", "true", "YES", "on"])("a switch's twin is on with %s", (text) => {
    expect(read({}, { EKS_PROBE_WIDE: text }).get("wide")?.values).toEqual([]);
  });

  test.each(["0", "false", "No", "off", ""])("and off with %j", (text) => {
    expect(read({}, { EKS_PROBE_WIDE: text }).has("wide")).toBe(false);
  });

  test("anything else is an error that names the variable, not a guess", () => {
    expect(readOptions(ENDPOINTS_OPTIONS, {}, { EKS_PROBE_INSECURE: "maybe" })).toEqual({
      kind: "bad",
      problem: 'EKS_PROBE_INSECURE="maybe" is neither on (1, true) nor off (0, false)',
    });
  });

  test("--no-color is what commander keeps as color = false", () => {
    expect(read({ color: false }).has("noColor")).toBe(true);
    expect(read({ color: true }).has("noColor")).toBe(false);
    expect(read({}, { EKS_PROBE_NO_COLOR: "1" }).has("noColor")).toBe(true);
  });

  test("two flags that exclude each other are an error, and so are two twins", () => {
    expect(readOptions(ENDPOINTS_OPTIONS, { ipv4: true, ipv6: true }, {})).toEqual({
      kind: "bad",
      problem: "--ipv4 and --ipv6 exclude each other; give one of them",
    });
    expect(
      readOptions(ENDPOINTS_OPTIONS, {}, { EKS_PROBE_IPV4: "1", EKS_PROBE_IPV6: "1" }),
    ).toEqual({
      kind: "bad",
      problem: "EKS_PROBE_IPV4 and EKS_PROBE_IPV6 exclude each other; give one of them",
    });
  });

  test("a flag silences the twin of what it excludes", () => {
    const raw = read({ ipv6: true }, { EKS_PROBE_IPV4: "1" });
    expect([raw.has("ipv6"), raw.has("ipv4")]).toEqual([true, false]);
  });

  test("what makes no sense alone is an error that names what is missing", () => {
    expect(readOptions(ENDPOINTS_OPTIONS, { insecureSendToken: true }, {})).toEqual({
      kind: "bad",
      problem: "--insecure-send-token needs --insecure",
    });
    expect(readOptions(AWS_OPTIONS, {}, { EKS_PROBE_EXTERNAL_ID: "abc" })).toEqual({
      kind: "bad",
      problem: "EKS_PROBE_EXTERNAL_ID needs --role-arn",
    });
    expect(
      read({ insecureSendToken: true }, { EKS_PROBE_INSECURE: "1" }).has("insecureSendToken"),
    ).toBe(true);
  });
});

describe("valueReader", () => {
  const values = valueReader(read({ samples: "x", resolver: ["a", "b"] }));

  test("names the flag, or the twin, whichever was wrong, in front of the problem", () => {
    const twin = valueReader(read({}, { EKS_PROBE_SAMPLES: "x" }));
    expect(() => twin.one("samples", parseSamples)).toThrow(/^EKS_PROBE_SAMPLES: "x" is not/);
    expect(() => values.one("samples", parseSamples)).toThrow(
      new UsageError('--samples: "x" is not a number of samples between 1 and 10000'),
    );
  });

  test("one is the last of many, all are all, and none is undefined", () => {
    const any = nonEmpty("thing");
    expect(values.one("resolver", any)).toBe("b");
    expect(values.all("resolver", any)).toEqual(["a", "b"]);
    expect(values.one("region", any)).toBeUndefined();
    expect(values.all("connectTo", any)).toEqual([]);
  });

  test("oneOf names the words there are; nonEmpty refuses blanks", () => {
    expect(oneOf(["text", "json"])("json")).toEqual({ kind: "ok", value: "json" });
    expect(oneOf(["text", "json"])("JSON")).toEqual({
      kind: "bad",
      problem: '"JSON" is none of text, json',
    });
    expect(nonEmpty("profile name")("  ")).toEqual({
      kind: "bad",
      problem: "the profile name is empty",
    });
  });
});

describe("readProbeRequest", () => {
  test("with nothing but the cluster it has the defaults", () => {
    expect(requestOf({ cluster: "demo" })).toEqual({
      cluster: "demo",
      resolvers: [],
      connectTo: [],
      samples: 1,
      intervalMs: 0,
      untilSure: undefined,
      compareReuse: false,
      deep: false,
      timeoutMs: 5_000,
      paths: ["vip", "eni"],
      httpVersion: "auto",
      family: "any",
      anonymous: false,
      insecure: false,
      insecureSendToken: false,
      simulated: false,
    });
  });

  test("with everything it has everything", () => {
    expect(
      requestOf({
        cluster: "demo",
        resolver: ["10.0.0.2", "system"],
        connectTo: ["::127.0.0.1:8443"],
        samples: "20",
        interval: "200ms",
        compareReuse: true,
        deep: true,
        timeout: "500ms",
        paths: "eni",
        "http1.1": true,
        ipv6: true,
        insecure: true,
        insecureSendToken: true,
      }),
    ).toMatchObject({
      resolvers: [{ kind: "server", ip: "10.0.0.2", port: 53 }, { kind: "system" }],
      connectTo: [{ fromHost: undefined, fromPort: undefined, toHost: "127.0.0.1", toPort: 8_443 }],
      samples: 20,
      intervalMs: 200,
      untilSure: undefined,
      compareReuse: true,
      deep: true,
      timeoutMs: 500,
      paths: ["eni"],
      httpVersion: "http1.1",
      family: 6,
      insecure: true,
      insecureSendToken: true,
    });
    expect(requestOf({ cluster: "demo", http2: true, ipv4: true })).toMatchObject({
      httpVersion: "http2",
      family: 4,
    });
  });

  test("--until-sure takes a share in either spelling, and the place of -n", () => {
    expect(requestOf({ cluster: "demo", untilSure: "5%" }).untilSure).toBe(0.05);
    expect(requestOf({ cluster: "demo", untilSure: "0.05" }).untilSure).toBe(0.05);
    expect(() => requestOf({ cluster: "demo", untilSure: "90%" })).toThrow(/^--until-sure: "90%"/);
    expect(readOptions(ENDPOINTS_OPTIONS, { untilSure: "5%", samples: "20" }, {})).toEqual({
      kind: "bad",
      problem: "--samples and --until-sure exclude each other; give one of them",
    });
  });

  test("the cluster is the one thing that has no default", () => {
    expect(() => requestOf({})).toThrow(/^--cluster is missing/);
  });

  test("a simulation is told by its variable only", () => {
    expect(requestOf({ cluster: "demo" }, { EKS_PROBE_SIMULATED: "1" }).simulated).toBe(true);
    expect(requestOf({ cluster: "demo" }, { EKS_PROBE_SIMULATED: "0" }).simulated).toBe(false);
  });

  test("readAwsTarget leaves out what was not given", () => {
    expect(targetOf({})).toEqual({
      region: undefined,
      profile: undefined,
      roleArn: undefined,
      externalId: undefined,
    });
    expect(targetOf({ region: "ap-northeast-2", profile: "p" })).toMatchObject({
      region: "ap-northeast-2",
      profile: "p",
    });
    expect(() => targetOf({ region: "seoul" })).toThrow(/^--region: "seoul" is not a region/);
  });
});
