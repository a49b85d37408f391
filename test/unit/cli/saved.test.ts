import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runProgram } from "../../../src/cli/program.ts";
import { shortNames } from "../../../src/cli/short-names.ts";
import { VERSION } from "../../../src/version.ts";
import { encodeLine } from "../../../src/watch/record/encode.ts";
import { memoryIo } from "../../support/memory-io.ts";
import { savedText } from "../../support/saved-runs.ts";
import { pubSnapshot } from "../../support/snapshots.ts";
import { HEADER, typicalRound } from "../../support/typical-rounds.ts";

const home = mkdtempSync(join(tmpdir(), "eks-probe-saved-unit-"));
afterAll(() => rmSync(home, { recursive: true }));

describe("two files, named for people", () => {
  test.each([
    ["/a/before.json", "/b/after.json", ["before.json", "after.json"]],
    ["monday/run.json", "tuesday/run.json", ["monday/run.json", "tuesday/run.json"]],
    ["run.json", "run.json", ["run.json", "run.json"]],
    ["-", "run.json", ["stdin", "run.json"]],
    [
      `/a/${"x".repeat(60)}/run.json`,
      "/b/run.json",
      [`…${"x".repeat(30)}/run.json`, "/b/run.json"],
    ],
    ["\u001b[2J.json", "b", ["\uFFFD.json", "b"]],
  ])("%s and %s", (a, b, names) => {
    expect(shortNames(a, b)).toEqual(names);
  });
});

async function* endless(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode("{");
  await new Promise(() => undefined);
}

describe("stdin", () => {
  test.each([["replay"], ["diff"]])(
    "%s: a writer that never ends is given up on Ctrl-C, with 130",
    async (command) => {
      const stop = new AbortController();
      const io = { ...memoryIo(), stdin: endless(), signal: stop.signal };
      const ending = runProgram([command, "-"], VERSION, io);
      stop.abort();
      expect(await ending).toBe(130);
      expect([io.out(), io.err()]).toEqual(["", ""]);
    },
  );

  test("without one it is a usage error", async () => {
    const io = memoryIo();
    expect(await runProgram(["replay", "-"], VERSION, io)).toBe(2);
    expect(io.err()).toBe("eks-probe: stdin cannot be read; name a file\n");
  });
});

test("a run that claims more than fits into one text is a usage error, not a crash", async () => {
  const file = join(home, "deep.json");
  const document = JSON.parse(savedText(pubSnapshot()));
  // Math.min takes its numbers as arguments, and there is no room for so many.
  const records = Array.from({ length: 90_000 }, () => ({ type: "A", ip: "1", ttlSeconds: 1 }));
  const [resolution] = document.resolutions;
  const resolutions = Array.from({ length: 3 }, () => ({ ...resolution, records }));
  writeFileSync(file, JSON.stringify({ ...document, resolutions }));
  const io = memoryIo();
  expect(await runProgram(["replay", file], VERSION, io)).toBe(2);
  expect(io.err()).toMatch(/^eks-probe: "[^\n]+ says more than can be shown \([^\n]+\)\n$/);
});

async function replayed(name: string, content: string, ...args: readonly string[]) {
  const file = join(home, name);
  writeFileSync(file, content);
  const io = memoryIo();
  expect(await runProgram(["replay", file, ...args], VERSION, io)).toBe(0);
  return { out: io.out(), err: io.err() };
}

describe("a record of watch", () => {
  const run: unknown = JSON.parse(savedText(pubSnapshot()));
  const whole = [
    encodeLine(HEADER),
    encodeLine({ kind: "run", at: HEADER.startedAt, run }),
    encodeLine(typicalRound(1)),
    encodeLine({ kind: "run", at: HEADER.startedAt, run: { schemaVersion: 1 } }),
  ].join("");

  test("is shown from its start: the map of the run that it began with, as watch showed it", async () => {
    const alone = await replayed("run.json", JSON.stringify(run));
    const { out, err } = await replayed("record.jsonl", whole);
    expect(out.startsWith(`${alone.out}\nwatching gonz-eks-pub `)).toBe(true);
    expect(err).toBe("");
    expect(out.slice(alone.out.length)).toMatch(/\n {2}leases .*\n {2}service .*\n\nwatched gonz/);
    expect((await replayed("record.jsonl", whole, "-q")).out).toMatch(/^watched gonz-eks-pub for /);
  });

  test("without a run that can be read it is shown without a map", async () => {
    const lines = whole.split("\n").filter((line) => !line.includes('"kind":"run"'));
    const { out } = await replayed("mapless.jsonl", lines.join("\n"));
    expect(out).toMatch(/^watching gonz-eks-pub /);
  });

  test("that ends within a line says how much is left out, once, and shows the rest", async () => {
    const cut = `${whole}{"kind":"round","sample":{`;
    const whole1 = await replayed("record.jsonl", whole);
    const { out, err } = await replayed("torn.jsonl", cut, "-o", "text", "-o", "json=/dev/null");
    expect(out).toBe(whole1.out);
    expect(err).toMatch(
      /^eks-probe: warning: "[^\n]*torn\.jsonl" ends within a line: its last 26 bytes are left out\n$/,
    );
  });
});
