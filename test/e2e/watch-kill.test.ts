import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startLab } from "../../src/lab/start.ts";
import { readRecordFile } from "../../src/local/record-file.ts";
import { closeLab, runIn } from "../support/e2e.ts";
import { CLUSTER, linesOf, quickScenario, startIn } from "../support/watch-program.ts";

/** Records side by side, and how often the watch of each is killed. */
const RECORDS = 4;
const KILLS = 25;

const WATCH = `watch --cluster ${CLUSTER} --interval 100ms --aws-interval 1s -o ndjson --resume`;

let lab: Lab;
let folder: string;
beforeAll(async () => {
  lab = await startLab(quickScenario([]));
  folder = mkdtempSync(join(tmpdir(), "eks-probe-killed-"));
});
afterAll(async () => {
  await closeLab(lab);
  rmSync(folder, { recursive: true, force: true });
});

interface Found {
  readonly rounds: readonly number[];
  readonly events: readonly number[];
  /** Times that a watch went on with it. */
  readonly parts: number;
  readonly tornBytes: number;
}

const NOTHING: Found = { rounds: [], events: [], parts: 0, tornBytes: 0 };

async function readBack(path: string): Promise<Found> {
  // Killed before it was made.
  if (!existsSync(path)) return NOTHING;
  const rounds: number[] = [];
  const events: number[] = [];
  let [parts, tornBytes] = [0, 0];
  for await (const item of readRecordFile(path)) {
    if (item.kind === "problem") throw new Error(item.problem);
    if (item.kind === "end") tornBytes = item.tornBytes;
    else if (item.line.kind === "resumed") parts += 1;
    else if (item.line.kind === "round") {
      rounds.push(item.line.sample.n);
      events.push(...item.line.events.map(({ seq }) => seq));
    }
  }
  return { rounds, events, parts, tornBytes };
}

interface Killed {
  /** Numbers of the events that it told. */
  readonly told: readonly number[];
  readonly stderr: string;
  /** Of the record, at the time of the kill. */
  readonly size: number;
}

/** Some are killed on their way to their first round: while the record is locked, read or mended. */
async function watchAndKill(path: string, isEarly: boolean): Promise<Killed> {
  const run = startIn(lab, [...WATCH.split(" "), "--record", path]);
  if (!isEarly) await run.until(/"type":"start"/);
  await sleep(Math.random() * (isEarly ? 2_000 : 600));
  const size = sizeOf(path);
  run.child.kill("SIGKILL");
  const { stdout, stderr, signal } = await run.ended;
  expect(signal).toBe("SIGKILL");
  const whole = stdout.slice(0, stdout.lastIndexOf("\n") + 1);
  const told = linesOf(whole).flatMap(({ seq }) => (typeof seq === "number" ? [seq] : []));
  return { told, stderr, size };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n + 1);

/** One record through all its kills; gives what there is of it then. */
async function killAndResume(path: string): Promise<Found & { readonly told: number }> {
  let before = NOTHING;
  const told: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const run = await watchAndKill(path, kill % 4 === 3);
    const found = await readBack(path);
    expect(sizeOf(path)).toBeGreaterThanOrEqual(run.size);
    // Nothing that was there is missing, nothing is there twice, and nothing between is lost.
    expect(found.rounds).toEqual(upTo(found.rounds.length));
    expect(found.events).toEqual(upTo(found.events.length));
    expect(found.rounds.length).toBeGreaterThanOrEqual(before.rounds.length);
    expect(found.parts - before.parts).toBeLessThanOrEqual(1);
    // What was told is in the record, and so is told once.
    expect(run.told.filter((seq) => seq > found.events.length || told.includes(seq))).toEqual([]);
    told.push(...run.told);
    const isMended = before.tornBytes > 0 && found.parts > before.parts;
    const cut = `eks-probe: warning: the record ended within a line: its last ${before.tornBytes} bytes are cut off\n`;
    expect(run.stderr).toBe(isMended ? cut : "");
    before = found;
  }
  return { ...before, told: told.length };
}

test("kill -9 at any of 100 moments costs at most the round under way, and the next watch goes on", async () => {
  const paths = upTo(RECORDS).map((n) => join(folder, `record-${n}`));
  const found = await Promise.all(paths.map(killAndResume));
  for (const [index, path] of paths.entries()) {
    const rounds = found[index]?.rounds.length ?? 0;
    expect(rounds).toBeGreaterThan(KILLS / 2);
    const replayed = await runIn(lab, ["replay", path, "-o", "ndjson"]);
    expect(replayed).toMatchObject({ code: 0, stderr: "" });
    expect(linesOf(replayed.stdout).at(-1)).toMatchObject({ samples: rounds });
  }
  const [path = ""] = paths;
  expect(existsSync(`${path}.lock`)).toBe(true);
  const last = await runIn(lab, [...WATCH.split(" "), "--record", path, "--for", "1s"]);
  expect(last.code).toBe(0);
  expect(existsSync(`${path}.lock`)).toBe(false);
  expect(readFileSync(path, "utf8")).toMatch(/"kind":"end"[^\n]*\n$/);
}, 240_000);
