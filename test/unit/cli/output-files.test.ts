import { execFileSync, spawn } from "node:child_process";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHECK_FORMATS, type OutputTarget } from "../../../src/cli/detect-output.ts";
import { readOutputs } from "../../../src/cli/options/outputs.ts";
import { valueReader } from "../../../src/cli/options/values.ts";
import { appendSummary, writeOutputFile } from "../../../src/cli/output-files.ts";

const home = mkdtempSync(join(tmpdir(), "eks-probe-output-"));
const pipe = join(home, "pipe");
const NEVER = new AbortController().signal;

function outputs(given: string): readonly OutputTarget[] {
  return readOutputs(
    valueReader(new Map([["output", { values: [given], name: "--output" }]])),
    CHECK_FORMATS,
  );
}

beforeAll(() => {
  execFileSync("mkfifo", [pipe]);
});

afterAll(() => rmSync(home, { recursive: true }));

describe("a named pipe", () => {
  test("gets the whole text, though its reader comes late and it holds less than that", async () => {
    const long = "0123456789abcdef".repeat(65_536);
    const reader = spawn("sh", ["-c", 'sleep 0.3; cat "$0"', pipe]);
    const [problem, read] = await Promise.all([
      writeOutputFile(pipe, long, NEVER),
      textOf(reader.stdout),
    ]);
    expect(problem).toBeUndefined();
    expect(read === long).toBe(true);
  });

  test("that nobody reads does not hold an interrupted run", async () => {
    const startedMs = performance.now();
    const interrupted = AbortSignal.abort();
    expect(await writeOutputFile(pipe, "text", interrupted)).toBe(
      `"${pipe}" could not be written (nobody reads it)`,
    );
    expect(await appendSummary(pipe, "text", interrupted)).toBe(
      `the step summary "${pipe}" could not be written (nobody reads it)`,
    );
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});

describe("a file", () => {
  test("is replaced as a whole, also behind a link, and nothing else is left", async () => {
    const folder = mkdtempSync(join(home, "file-"));
    const [file, link] = [join(folder, "file"), join(folder, "link")];
    writeFileSync(file, "a report that was longer");
    symlinkSync(file, link);
    expect(await writeOutputFile(link, "new", NEVER)).toBeUndefined();
    expect(readFileSync(file, "utf8")).toBe("new");
    expect(readdirSync(folder)).toEqual(["file", "link"]);
  });

  test.skipIf(process.platform !== "linux")("on a full disk is told", async () => {
    expect(await writeOutputFile("/dev/full", "text", NEVER)).toBe(
      '"/dev/full" could not be written (ENOSPC)',
    );
  });

  test.each(["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])(
    "called %s is stdout, with what that already has",
    (file) => {
      expect(outputs(`json=${file}`)).toEqual(outputs("json"));
      expect(outputs(`json=${file}x`).at(-1)).toEqual({ format: "json", file: `${file}x` });
    },
  );
});
