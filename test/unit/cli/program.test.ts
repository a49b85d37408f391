import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../../src/cli/commands/table.ts";
import type { Environment } from "../../../src/cli/options/read.ts";
import { runProgram } from "../../../src/cli/program.ts";
import { VERSION } from "../../../src/version.ts";
import { memoryIo } from "../../support/memory-io.ts";

async function run(args: readonly string[], environment: Environment = {}) {
  const io = memoryIo(environment);
  const code = await runProgram(args, VERSION, io);
  return { code, out: io.out(), err: io.err() };
}

test("the version is package.json's", () => {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  expect(JSON.parse(text)).toMatchObject({ name: "eks-probe", version: VERSION });
});

describe("what needs no command", () => {
  test("--version and --help are results: stdout, exit code 0", async () => {
    expect(await run(["--version"])).toEqual({ code: 0, out: `${VERSION}\n`, err: "" });
    const help = await run(["--help"]);
    expect([help.code, help.err]).toEqual([0, ""]);
    for (const { name } of COMMANDS) expect(help.out).toContain(`  ${name} `);
  });

  test("no command at all is a usage error that names the commands", async () => {
    const { code, out, err } = await run([]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toBe(
      "eks-probe: no command given; the commands are endpoints, check, diff, replay, explain, watch, node, config, token, iam, lab, schema\n",
    );
  });

  test.each(COMMANDS.map(({ name, options }) => [name, options] as const))(
    "%s --help names every option and its twin",
    async (name, options) => {
      const { code, out } = await run([name, "--help"]);
      expect(code).toBe(0);
      for (const { env, flags } of options) {
        expect(out).toContain(flags);
        expect(out.replaceAll(/\s+/g, " ")).toContain(`[${env}]`);
      }
    },
  );
});

describe("usage errors", () => {
  test.each<[string, readonly string[], Environment, string]>([
    ["an unknown command", ["endpoint"], {}, "Did you mean endpoints?"],
    ["an unknown option", ["endpoints", "--clutser", "a"], {}, "Did you mean --cluster?"],
    ["an option without its value", ["endpoints", "--cluster"], {}, "argument missing"],
    ["an operand too many", ["endpoints", "demo", "--cluster", "demo"], {}, "too many arguments"],
    ["no cluster", ["endpoints"], {}, "eks-probe: --cluster is missing"],
    [
      "a cluster that cannot be",
      ["endpoints", "--cluster", "a b"],
      {},
      '--cluster: "a b" is not a cluster name',
    ],
    [
      "a bad twin",
      ["endpoints"],
      { EKS_PROBE_CLUSTER: "demo", EKS_PROBE_SAMPLES: "0" },
      "EKS_PROBE_SAMPLES: ",
    ],
    [
      "a bad output",
      ["endpoints", "--cluster", "a", "-o", "yaml"],
      {},
      '--output: "yaml" is none of text, json',
    ],
    ["what excludes itself", ["endpoints", "-4", "-6"], {}, "--ipv4 and --ipv6 exclude each other"],
    ["a token for nobody", ["token"], {}, "--cluster is missing"],
    [
      "a cluster and an id",
      ["token", "--cluster", "a", "--cluster-id", "b"],
      {},
      "exclude each other",
    ],
  ])(
    "%s: exit code 2, one line on stderr, nothing on stdout",
    async (_what, args, environment, hint) => {
      const { code, out, err } = await run(args, environment);
      expect([code, out]).toEqual([2, ""]);
      expect(err).toContain(hint);
      expect(err).toMatch(/^eks-probe: [^\n]+\n$/);
    },
  );

  test("are found before anything is asked of the world", async () => {
    const { code, err } = await run(["endpoints", "--cluster", "a", "--region", "\u001b[31m"]);
    expect(code).toBe(2);
    expect(err).not.toContain("\u001b");
  });
});

describe("commands that ask nobody", () => {
  test("schema prints the schema", async () => {
    const { code, out, err } = await run(["schema"]);
    expect([code, err]).toEqual([0, ""]);
    expect(JSON.parse(out)).toMatchObject({ title: "eks-probe" });
  });

  test("iam prints a policy for the cluster that was named, by flag or by twin", async () => {
    const flags = await run(["iam", "--cluster", "demo", "--region", "eu-west-1"]);
    const twins = await run(["iam"], { EKS_PROBE_CLUSTER: "demo", EKS_PROBE_REGION: "eu-west-1" });
    expect(flags).toEqual({ ...twins, code: 0, err: "" });
    expect(flags.out).toContain("cluster/demo");
  });

  test("iam --watch allows the updates to be read, which a single run does not ask for", async () => {
    expect((await run(["iam", "--watch"])).out).toContain('"eks:DescribeUpdate"');
    expect((await run(["iam"])).out).not.toContain("Update");
  });

  test("lab --list has a line for each scenario", async () => {
    const { code, out } = await run(["lab", "--list"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^field-notes {2,}\S/);
  });

  test("lab with a scenario that does not exist is a usage error", async () => {
    const { code, err } = await run(["lab", "--scenario", "/nonexistent.json", "--print"]);
    expect(code).toBe(2);
    expect(err).toContain("--scenario: ");
  });
});
