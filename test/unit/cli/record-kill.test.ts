import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readRecordFile } from "../../../src/local/record-file.ts";
import { bundleScript } from "../../support/bundle-script.ts";

const home = mkdtempSync(join(tmpdir(), "eks-probe-kill-"));
let script = "";

beforeAll(async () => {
  script = await bundleScript("kill-writer.ts", home);
});
afterAll(() => rmSync(home, { recursive: true }));

const CHAINS = 2;
const KILLS = 10;

test("a kill at any of 20 moments costs no round that was written, and a resume goes on from there", async () => {
  const chains = Array.from({ length: CHAINS }, (_, chain) => killAndResume(`record-${chain}`));
  expect(Math.min(...(await Promise.all(chains)))).toBeGreaterThan(0);
}, 180_000);

/** The rounds that there are after all of it. */
async function killAndResume(name: string): Promise<number> {
  const path = join(home, name);
  let before = { rounds: 0, parts: 0 };
  for (let kill = 0; kill < KILLS; kill += 1) {
    const { rounds } = before;
    // Among them some while the record is locked, read back and mended.
    const announced = await writeUntilKilled(path, kill % 3 === 2 ? "early" : "writing");
    const last = rounds + Math.max(0, announced.length - 1);
    expect(announced).toEqual(
      announced.map((_, index) => (index === 0 ? `from ${rounds}` : String(rounds + index))),
    );
    const found = await readBack(path);
    // None is missing, and at most the one that was under way is there beyond what was told.
    expect(found.rounds - last).toBeGreaterThanOrEqual(0);
    expect(found.rounds - last).toBeLessThanOrEqual(announced.length > 0 ? 1 : 0);
    expect(found.parts - before.parts).toBeLessThanOrEqual(1);
    before = found;
  }
  return before.rounds;
}

/** Kills the writer at a random moment; gives all that it announced until then. */
async function writeUntilKilled(
  path: string,
  moment: "early" | "writing",
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [script, path], { stdio: ["ignore", "pipe", "pipe"] });
  const rounds = moment === "early" ? 0 : Math.floor(Math.random() * 150);
  if (moment === "early") {
    setTimeout(() => child.kill("SIGKILL"), 50 + Math.random() * 300).unref();
  }
  let lines = 0;
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    output += part;
    lines += part.split("\n").length - 1;
    if (lines > rounds) child.kill("SIGKILL");
  });
  const [errors, signal] = await Promise.all([
    text(child.stderr),
    new Promise((resolve) => child.once("close", (_code, by) => resolve(by))),
  ]);
  expect(errors).toBe("");
  expect(signal).toBe("SIGKILL");
  return output.split("\n").slice(0, -1);
}

async function readBack(
  path: string,
): Promise<{ readonly rounds: number; readonly parts: number }> {
  let [rounds, parts] = [0, 0];
  // Killed before it was made.
  if (!existsSync(path)) return { rounds, parts };
  for await (const item of readRecordFile(path)) {
    if (item.kind === "problem") throw new Error(item.problem);
    if (item.kind === "end") continue;
    if (item.line.kind === "resumed") parts += 1;
    if (item.line.kind !== "round") continue;
    rounds += 1;
    expect(item.line.sample.n).toBe(rounds);
  }
  return { rounds, parts };
}
