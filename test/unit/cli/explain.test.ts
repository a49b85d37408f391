import { describe, expect, test } from "vitest";
import { CHECKS } from "../../../src/checks/table.ts";
import { runProgram } from "../../../src/cli/program.ts";
import { NODE_CODES } from "../../../src/model/node/report.ts";
import { VERSION } from "../../../src/version.ts";
import { memoryIo } from "../../support/memory-io.ts";

const UTF8 = { LANG: "C.UTF-8" };

async function explain(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = UTF8,
  columns?: number,
) {
  const io = memoryIo(environment, columns);
  const code = await runProgram(["explain", ...args], VERSION, io);
  return { code, out: io.out(), err: io.err() };
}

function widest(text: string): number {
  return Math.max(...text.split("\n").map((line) => line.length));
}

describe("explain", () => {
  test("takes a code in any case, and several, each told once in the order given", async () => {
    const { code, out, err } = await explain(["t05", "A09", "T05"]);
    expect([code, err]).toEqual([0, ""]);
    expect(out.match(/^[A-Z]\d\d · .*$/gm)).toEqual(["T05 · whose · TLS", "A09 · mapping · auth"]);
  });

  test("alone lists every check under its layer", async () => {
    const { code, out } = await explain([]);
    expect(code).toBe(0);
    expect(out.match(/^ {2}[A-Z]\d\d(?= )/gm)?.map((found) => found.trim())).toEqual([
      ...Object.keys(CHECKS),
      ...NODE_CODES,
    ]);
    expect(out).toMatch(/^cluster\n {2}C01 {2}cluster /);
    expect(out).toMatch(/\nworker\n {2}W01 {2}targets /);
  });

  test.each(NODE_CODES)("tells of %s, which is seen on a worker", async (told) => {
    const { code, out } = await explain([told.toLowerCase()]);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^${told} · [a-z ]+ · worker\nasserts: `));
    for (const part of ["what it means", "how it is found", "what to do", "sources"])
      expect(out).toContain(`\n\n${part}\n`);
  });

  test.each([
    ["A99", "did you mean A09"],
    ["mapping", "did you mean A09?"],
    ["nonsense", '"nonsense" is no code of a check; eks-probe explain lists them all'],
    ["\u001b[31m", "is no code of a check"],
    ["constructor", "is no code of a check"],
  ])("%j is a usage error of one line", async (text, words) => {
    const { code, out, err } = await explain(["A01", text]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(words);
    expect(err).toMatch(/^eks-probe: [\n -~]+\n$/);
  });

  test("-o json has all of it as data, and markdown what docs/checks.md has", async () => {
    const { out } = await explain(["a09", "-o", "json"]);
    const parsed: unknown = JSON.parse(out);
    expect(parsed).toMatchObject({
      checks: [{ code: "A09", layer: "A", topic: "mapping", rows: [24, 25] }],
    });
    const markdown = await explain(["A09"], { ...UTF8, EKS_PROBE_OUTPUT: "markdown" });
    expect(markdown.out).toMatch(/^### A09 mapping\n\nAsserts: /);
    const all = await explain(["-o", "markdown"]);
    expect(all.out).toContain(markdown.out.trimEnd());
    expect(all.out).toMatch(/^# The checks\n/);
    expect((await explain(["-o", "yaml"])).code).toBe(2);
  });

  test("is as wide as the terminal, and never wider than 100", async () => {
    expect(widest((await explain(["A02"], UTF8, 80)).out)).toBeLessThanOrEqual(80);
    const wide = widest((await explain(["A02"], UTF8, 300)).out);
    expect(wide).toBeGreaterThan(80);
    expect(wide).toBeLessThanOrEqual(100);
    expect((await explain(["A02"])).out).toBe((await explain(["A02"], UTF8, 100)).out);
  });

  test("is painted where somebody wants it, and plain in a pipe, with NO_COLOR and --no-color", async () => {
    const forced = { ...UTF8, FORCE_COLOR: "1" };
    expect((await explain(["A09"], forced)).out).toContain("\u001b[1mA09\u001b[22m");
    const plain = await explain(["A09"]);
    expect(plain.out).not.toContain("\u001b");
    expect(await explain(["A09"], { ...forced, NO_COLOR: "1" })).toEqual(plain);
    expect(await explain(["A09", "--no-color"], forced)).toEqual(plain);
  });

  test("is ASCII where the locale is", async () => {
    expect((await explain(["A09"], { LANG: "C" })).out).toMatch(/^A09 - mapping - auth\n[\n -~]+$/);
  });
});
