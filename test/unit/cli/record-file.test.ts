import { execFileSync, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type OpenRecord, openRecord } from "../../../src/cli/watch/record-file.ts";
import { lockRecord, type RecordLock } from "../../../src/cli/watch/record-lock.ts";
import { RecordWriter } from "../../../src/cli/watch/record-writer.ts";
import { readRecordFile } from "../../../src/local/record-file.ts";
import type { RecordHeader, RecordLine } from "../../../src/model/watch/record.ts";
import { encodeLine } from "../../../src/watch/record/encode.ts";
import { HEADER, typicalRound } from "../../support/typical-rounds.ts";

const home = mkdtempSync(join(tmpdir(), "eks-probe-record-"));
afterAll(() => rmSync(home, { recursive: true }));

let nowMs = Date.now();
const clock = {
  wallMs: () => nowMs,
  monotonicMs: () => nowMs,
  wait: () => Promise.resolve(),
};

function folder(): string {
  return mkdtempSync(join(home, "f-"));
}

interface Opened {
  readonly record: OpenRecord;
  readonly told: readonly string[];
}

async function openAt(
  path: string,
  { resume = false, header = HEADER }: { resume?: boolean; header?: RecordHeader } = {},
): Promise<Opened> {
  const told: string[] = [];
  const record = await openRecord(path, {
    resume,
    header,
    clock,
    tell: (line) => told.push(line.replace(path, "FILE")),
    signal: new AbortController().signal,
  });
  if (record === undefined) throw new Error("nothing aborts it");
  return { record, told };
}

/** The line with which it is refused. */
async function refusal(path: string, options: Parameters<typeof openAt>[1] = {}): Promise<string> {
  try {
    await openAt(path, options);
  } catch (error) {
    if (error instanceof Error && error.name === "UsageError")
      return error.message.replaceAll(path, "FILE");
    throw error;
  }
  return "";
}

async function linesOf(path: string): Promise<readonly RecordLine[]> {
  const lines: RecordLine[] = [];
  for await (const item of readRecordFile(path)) {
    if (item.kind === "problem") throw new Error(item.problem);
    if (item.kind === "end" && item.tornBytes > 0) throw new Error("it is torn");
    if (item.kind === "line") lines.push(item.line);
  }
  return lines;
}

function textOf(...lines: readonly RecordLine[]): string {
  return lines.map(encodeLine).join("");
}

const resumed = () => ({
  kind: "resumed",
  at: new Date(nowMs).toISOString(),
  intervalMs: 10_000,
});

describe("a new record", () => {
  test("starts with its header, is its owner's alone, and leaves no lock behind", async () => {
    const path = join(folder(), "record");
    const { record, told } = await openAt(path);
    expect(record).toMatchObject({ before: undefined, tornBytes: 0 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await record.append(typicalRound(1));
    expect(await linesOf(path)).toEqual([HEADER, typicalRound(1)]);
    await record.close();
    expect(readdirSync(join(path, ".."))).toEqual(["record"]);
    expect(told).toEqual([]);
  });

  test("has its lines in the order of the calls, though nobody waits for them", async () => {
    const path = join(folder(), "record");
    const { record } = await openAt(path);
    const rounds = Array.from({ length: 50 }, (_, index) => typicalRound(index + 1));
    for (const round of rounds) void record.append(round);
    await record.close();
    expect(await linesOf(path)).toEqual([HEADER, ...rounds]);
  });

  test("may be an empty file, as mktemp makes it, or one that --resume does not find", async () => {
    for (const [name, resume] of [
      ["empty", false],
      ["empty", true],
      ["missing", true],
    ] as const) {
      const path = join(folder(), name);
      if (name === "empty") writeFileSync(path, "");
      const { record } = await openAt(path, { resume });
      expect(record.before).toBeUndefined();
      await record.close();
      expect(await linesOf(path)).toEqual([HEADER]);
    }
  });

  test("takes no line that nothing could read again, and says so", async () => {
    const path = join(folder(), "record");
    const { record, told } = await openAt(path);
    const run = "x".repeat(17 * 1024 * 1024);
    await record.append({ kind: "run", at: HEADER.startedAt, run });
    await record.append(typicalRound(1));
    await record.close();
    expect(await linesOf(path)).toEqual([HEADER, typicalRound(1)]);
    expect(told).toEqual(['the record "FILE" lacks a line, which has more than 16 MiB']);
  });
});

describe("a file that is there", () => {
  test("is not touched without --resume", async () => {
    const path = join(folder(), "record");
    for (const text of [textOf(HEADER), "a note", "\n"]) {
      writeFileSync(path, text);
      expect(await refusal(path)).toBe(
        '--record: "FILE" is there already; go on with it by --resume, or name another file',
      );
      expect(readFileSync(path, "utf8")).toBe(text);
    }
    expect(readdirSync(join(path, ".."))).toEqual(["record"]);
  });

  test("is gone on with after its last whole line, with all that was known", async () => {
    const path = join(folder(), "record");
    const torn = encodeLine(typicalRound(3)).slice(0, 700);
    writeFileSync(path, textOf(HEADER, typicalRound(1), typicalRound(2)) + torn);
    const { record } = await openAt(path, { resume: true });
    expect(record).toMatchObject({
      tornBytes: 700,
      before: { rounds: 2, state: { n: 2, at: typicalRound(2).sample.at } },
    });
    await record.append(typicalRound(3));
    await record.close();
    expect(await linesOf(path)).toEqual([
      HEADER,
      typicalRound(1),
      typicalRound(2),
      resumed(),
      typicalRound(3),
    ]);
  });

  test("of which only a part of the header was written starts anew", async () => {
    const path = join(folder(), "record");
    writeFileSync(path, `${textOf(HEADER).slice(0, 100)}${"\0".repeat(4_000)}`);
    const { record } = await openAt(path, { resume: true });
    expect(record).toMatchObject({ before: undefined, tornBytes: 4_100 });
    await record.close();
    expect(await linesOf(path)).toEqual([HEADER]);
  });

  test("is not gone on with when it is another's, damaged or no record, and stays as it is", async () => {
    const path = join(folder(), "record");
    const cases: readonly (readonly [string, string])[] = [
      [textOf({ ...HEADER, cluster: "prod" }), 'is a record of "prod"; name one of "gonz-eks-pub"'],
      [
        textOf({ ...HEADER, region: "eu-west-1" }),
        'is a record of a cluster in "eu-west-1"; name one in "ap-northeast-2"',
      ],
      [textOf({ ...HEADER, simulated: true }), "was made in a lab"],
      [`${textOf(HEADER)}damage\n${textOf(typicalRound(1))}`, "is damaged: line 2 is not JSON"],
      [
        "a note without an end",
        "is not a record, which starts with a header; make one with watch --record",
      ],
    ];
    for (const [text, problem] of cases) {
      writeFileSync(path, text);
      expect(await refusal(path, { resume: true })).toBe(`--record: "FILE" ${problem}`);
      expect(readFileSync(path, "utf8")).toBe(text);
    }
    expect(readdirSync(join(path, ".."))).toEqual(["record"]);
  });

  test("has to be a regular one, also when the shell makes /dev/stdout one", async () => {
    const pipe = join(folder(), "pipe");
    execFileSync("mkfifo", [pipe]);
    for (const path of [
      pipe,
      "/dev/null",
      "/dev/full",
      "/dev/stdout",
      "/dev/fd/1",
      "/proc/self/fd/1",
    ])
      expect(await refusal(path)).toBe('--record: "FILE" is not a regular file');
    expect(await refusal(home)).toBe('--record: "FILE" is a directory; name a file in it');
    expect(await refusal(join(home, "nowhere", "record"))).toBe(
      '--record: "FILE" cannot be written (ENOENT)',
    );
  });
});

describe("a record that another watch writes", () => {
  const who = `is being written by another watch (process ${process.pid}, since `;

  test("is refused, by any of its names, and free again when that watch has ended", async () => {
    const path = join(folder(), "record");
    const link = join(folder(), "link");
    symlinkSync(path, link);
    const { record } = await openAt(path);
    for (const name of [path, link])
      expect(await refusal(name, { resume: true })).toContain(`--record: "FILE" ${who}`);
    await record.append(typicalRound(1));
    await record.close();
    const again = await openAt(link, { resume: true });
    expect(again.record.before?.rounds).toBe(1);
    await again.record.close();
  });

  test("is taken over when that process is no more, also when its PID is another's or its parent has not looked", async () => {
    const path = join(folder(), "record");
    await (await openAt(path)).record.close();
    const mine = await lockContent(path);
    const ended = execFileSync("sh", ["-c", "echo $$"], { encoding: "utf8" }).trim();
    // Its parent became a program that never asks after it.
    const zombie = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"]);
    const unasked = await new Promise<string>((resolve) =>
      zombie.stdout.setEncoding("utf8").once("data", (text: string) => resolve(text.trim())),
    );
    await new Promise<void>((resolve) => {
      const look = () => (/\) Z/.test(statOf(unasked)) ? resolve() : setImmediate(look));
      look();
    });
    const stale = [
      { ...mine, pid: Number(ended) },
      { ...mine, ticks: "1" },
      { ...mine, pid: Number(unasked), ticks: ticksOf(unasked) },
      { ...mine, boot: "another one" },
    ];
    for (const lock of stale) {
      writeFileSync(`${path}.lock`, JSON.stringify(lock));
      const { record } = await openAt(path, { resume: true });
      await record.close();
    }
    zombie.kill();
    expect(readdirSync(join(path, ".."))).toEqual(["record"]);
  });

  test("elsewhere, where its process cannot be looked at, is taken over once it shows no life", async () => {
    const path = join(folder(), "record");
    await (await openAt(path)).record.close();
    const mine = await lockContent(path);
    for (const other of [
      { ...mine, host: "elsewhere", pid: 7 },
      { ...mine, namespace: "pid:[1]", pid: 7 },
    ]) {
      writeFileSync(`${path}.lock`, JSON.stringify(other));
      touch(`${path}.lock`, nowMs - 59_000);
      expect(await refusal(path, { resume: true })).toContain("by another watch (process 7");
      touch(`${path}.lock`, nowMs - 61_000);
      const { record } = await openAt(path, { resume: true });
      await record.close();
    }
  });

  test("shows life with its lines", async () => {
    const path = join(folder(), "record");
    const { record } = await openAt(path);
    nowMs += 3_600_000;
    await record.append(typicalRound(1));
    expect(Math.abs(statSync(`${path}.lock`).mtimeMs - nowMs)).toBeLessThan(1_000);
    await record.close();
  });

  test("is not guessed at while its lock is being written, and free when that never ended", async () => {
    const path = join(folder(), "record");
    const lock = `${path}.lock`;
    for (const content of ["", "\0\0\0\0", "{"]) {
      writeFileSync(lock, content);
      touch(lock, nowMs - 5_000);
      expect(await refusal(path)).toContain("is locked; remove");
      touch(lock, nowMs - 11_000);
      await (await openAt(path)).record.close();
      unlinkSync(path);
    }
  });

  test("goes to one of many that find it free at once, whatever they find it by", async () => {
    for (let turn = 0; turn < 20; turn += 1) {
      const path = join(folder(), "record");
      const { id: _, ...mine } = await lockContentAt(path);
      if (turn % 2 === 0)
        writeFileSync(`${path}.lock`, JSON.stringify({ ...mine, id: "x", ticks: "1" }));
      const all = await Promise.all(
        Array.from({ length: 12 }, () => lockRecord(path, 10_000, clock)),
      );
      const locks = all.flatMap((one) => (one.kind === "locked" ? [one.lock] : []));
      const isHeld = await Promise.all(locks.map((lock) => lock.isHeld()));
      expect(isHeld.filter(Boolean)).toHaveLength(1);
      await Promise.all(locks.map((lock) => lock.release()));
      expect(readdirSync(join(path, ".."))).toEqual([]);
    }
  });

  test("since this one slept, is its own: nothing more is written, and that is told once", async () => {
    const path = join(folder(), "record");
    const { record, told } = await openAt(path);
    await record.append(typicalRound(1));
    writeFileSync(`${path}.lock`, "another's");
    await record.append(typicalRound(2));
    await record.append(typicalRound(3));
    await record.close();
    expect(await linesOf(path)).toEqual([HEADER, typicalRound(1)]);
    expect(readFileSync(`${path}.lock`, "utf8")).toBe("another's");
    expect(told).toEqual([
      'the record "FILE" was taken over by another watch, and is no longer written by this one',
    ]);
  });
});

describe("a file that others change meanwhile", () => {
  test("and emptied, as log rotation does, goes on as a record of its own", async () => {
    const path = join(folder(), "record");
    const { record, told } = await openAt(path);
    await record.append(typicalRound(1));
    truncateSync(path);
    await record.append(typicalRound(2));
    await record.append(typicalRound(3));
    await record.close();
    expect(await linesOf(path)).toEqual([HEADER, typicalRound(2), typicalRound(3)]);
    expect(told).toEqual(['the record "FILE" was changed by something else than this watch']);
  });

  test("is never cut where they added to it", async () => {
    const path = join(folder(), "record");
    const { record, told } = await openAt(path);
    appendFileSync(path, textOf(typicalRound(1)));
    await record.append(typicalRound(2));
    await record.close();
    expect(await linesOf(path)).toEqual([HEADER, typicalRound(1), typicalRound(2)]);
    expect(told).toHaveLength(1);
  });

  test("or remove is told once", async () => {
    const path = join(folder(), "record");
    const { record, told } = await openAt(path);
    unlinkSync(path);
    await record.append(typicalRound(1));
    await record.append(typicalRound(2));
    await record.close();
    expect(told).toEqual(['the record "FILE" was removed: what is written from now on is lost']);
  });
});

/** A disk of 64 KiB; undefined where this process may not make one. */
function smallDisk(): string | undefined {
  const at = folder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", at], { stdio: "ignore" });
    return at;
  } catch {
    return undefined;
  }
}

describe("a disk that is full", () => {
  const disk = smallDisk();
  afterAll(() => {
    if (disk !== undefined) execFileSync("umount", [disk]);
  });

  test.skipIf(disk === undefined)(
    "is told once, leaves whole lines, and costs nothing once it has room again",
    async () => {
      const path = join(disk ?? "", "record");
      const filler = join(disk ?? "", "filler");
      const { record, told } = await openAt(path);
      await record.append(typicalRound(1));
      try {
        writeFileSync(filler, Buffer.alloc(65_536));
      } catch {
        // As much as there was room for.
      }
      for (let n = 2; n <= 6; n += 1) await record.append(typicalRound(n));
      const full = [
        'the record "FILE" cannot be written (ENOSPC); the watch goes on, and tries again with each round',
      ];
      expect(told).toEqual(full);
      // A page may have had room for one more; none is there in part.
      const whole = await linesOf(path);
      expect(whole.length).toBeLessThan(6);
      unlinkSync(filler);
      await record.append(typicalRound(7));
      expect(told).toEqual([...full, 'the record "FILE" is written again, and lacks nothing']);
      await record.close();
      expect(await linesOf(path)).toEqual([
        HEADER,
        ...[1, 2, 3, 4, 5, 6, 7].map((n) => typicalRound(n)),
      ]);
    },
  );

  test.skipIf(disk === undefined)(
    "is a usage error when there is no room for the header",
    async () => {
      const path = join(disk ?? "", "another");
      const filler = join(disk ?? "", "filler");
      writeFileSync(path, "");
      // The lock takes a page as well.
      await (await openAt(path)).record.close();
      truncateSync(path);
      try {
        writeFileSync(filler, Buffer.alloc(65_536));
      } catch {
        // Full.
      }
      expect(await refusal(path)).toMatch(
        /^--record: "FILE" cannot be (?:locked|written) \(ENOSPC\)$/,
      );
      expect(readdirSync(disk ?? "").toSorted()).toEqual(["another", "filler", "record"]);
      unlinkSync(filler);
    },
  );

  test.skipIf(process.platform !== "linux")(
    "to the end costs the lines that wait, the oldest first, and their number is told",
    async () => {
      const told: string[] = [];
      const file = await open("/dev/full", "w");
      const lock: RecordLock = { isHeld: async () => true, release: async () => undefined };
      const tell = (what: string) => told.push(what);
      const writer = new RecordWriter(file, { lock, clock, tell, header: HEADER, size: 0 });
      const run = "x".repeat(5 * 1024 * 1024);
      for (let n = 0; n < 3; n += 1)
        await writer.append({ kind: "run", at: HEADER.startedAt, run });
      await writer.close();
      expect(told).toEqual([
        "cannot be written (ENOSPC); the watch goes on, and tries again with each round",
        "ends without 3 lines",
      ]);
    },
  );
});

test("an abort while a record is read leaves it as it was, with no lock, and makes no new one", async () => {
  const path = join(folder(), "record");
  const torn = `${textOf(HEADER, typicalRound(1))}{"kind":"rou`;
  writeFileSync(path, torn);
  const request = { resume: true, header: HEADER, clock, tell: expect.unreachable };
  const signal = AbortSignal.abort();
  expect(await openRecord(path, { ...request, signal })).toBeUndefined();
  expect(await openRecord(`${path}-2`, { ...request, signal })).toBeUndefined();
  expect(readFileSync(path, "utf8")).toBe(torn);
  expect(readdirSync(join(path, ".."))).toEqual(["record"]);
});

test("a disk that does not answer costs the oldest lines that wait, and holds no more than 8 MiB", async () => {
  const told: string[] = [];
  const path = join(folder(), "record");
  const file = await open(path, "a+");
  const disk = new EventEmitter();
  const hangs = once(disk, "answers").then(() => true);
  const lock: RecordLock = { isHeld: () => hangs, release: async () => undefined };
  const tell = (what: string) => told.push(what);
  const writer = new RecordWriter(file, { lock, clock, tell, header: HEADER, size: 0 });
  const first = writer.append(largeLine(1));
  await turnOfLoop();
  const appended = [first, ...[2, 3, 4, 5].map((n) => writer.append(largeLine(n)))];
  // One is under way, and so is not dropped; of the others the latest fits beside it.
  expect(told).toEqual([
    "cannot be written as fast as it grows; the watch goes on, and loses the oldest lines",
  ]);
  disk.emit("answers");
  await Promise.all(appended);
  expect(told.slice(1)).toEqual(["is written again, and lacks 3 lines"]);
  await writer.close();
  const numbers = readFileSync(path, "utf8").match(/"n":\d/g);
  expect(numbers).toEqual(['"n":1', '"n":5']);
});

test("a folder that may not be written to is a usage error", async (context) => {
  if (process.getuid?.() === 0) context.skip();
  const path = folder();
  chmodSync(path, 0o500);
  expect(await refusal(join(path, "record"))).toContain("cannot be locked (EACCES)");
});

function largeLine(n: number): RecordLine {
  return { kind: "run", at: HEADER.startedAt, run: { n, x: "x".repeat(3 * 1024 * 1024) } };
}

function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** What a lock of this process has. */
async function lockContent(path: string): Promise<Record<string, unknown>> {
  const { record } = await openAt(path, { resume: true });
  const content = JSON.parse(readFileSync(`${path}.lock`, "utf8"));
  await record.close();
  expect(content).toMatchObject({ pid: process.pid, host: hostname() });
  return content;
}

async function lockContentAt(path: string): Promise<Record<string, unknown>> {
  const locked = await lockRecord(path, 10_000, clock);
  const content = JSON.parse(readFileSync(`${path}.lock`, "utf8"));
  if (locked.kind === "locked") await locked.lock.release();
  expect(existsSync(`${path}.lock`)).toBe(false);
  return content;
}

function touch(path: string, ms: number): void {
  utimesSync(path, ms / 1_000, ms / 1_000);
}

function statOf(pid: string): string {
  return readFileSync(`/proc/${pid}/stat`, "utf8");
}

function ticksOf(pid: string): string | undefined {
  const status = statOf(pid);
  return status.slice(status.lastIndexOf(")") + 2).split(" ")[19];
}
