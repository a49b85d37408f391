import { randomBytes } from "node:crypto";
import { link, readFile, readlink, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import * as v from "valibot";
import type { Clock } from "../../model/ports.ts";
import { sanitizeText } from "../../model/text.ts";
import { isoTime } from "../../model/time.ts";
import { quoteInput } from "../../target/parsed.ts";

/** A holder that cannot be looked at (of another host or container) has to show life so often. */
const SILENT_MS = 60_000;
const SILENT_INTERVALS = 6;
const TOUCH_MS = 5_000;

/** What is in a lock is written with it; one that has nothing after so long was cut short. */
const BLANK_MS = 10_000;

const ATTEMPTS = 5;

/** Keeps a second watch from writing to the same record. */
export interface RecordLock {
  /** Whether nobody has taken it over; shows life. Rejects when that cannot be told. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

export type Locked =
  | { readonly kind: "locked"; readonly lock: RecordLock }
  /** `problem` follows the record's name. */
  | { readonly kind: "refused"; readonly problem: string };

interface Holder {
  /** Of this lock alone. */
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** Of Linux: the boot, the PID namespace, and when in that boot the process began. */
  readonly boot: string | undefined;
  readonly namespace: string | undefined;
  readonly ticks: string | undefined;
  readonly startedAt: string;
  readonly silentMs: number;
}

const HOLDER: v.GenericSchema<unknown, Holder> = v.object({
  id: v.string(),
  pid: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  host: v.string(),
  boot: v.optional(v.string(), () => undefined),
  namespace: v.optional(v.string(), () => undefined),
  ticks: v.optional(v.string(), () => undefined),
  startedAt: v.string(),
  silentMs: v.number(),
});

/**
 * Locks a record by a file beside it, `FILE.lock`, which says who writes. It outlives a kill, and is
 * taken over when its process is no more: by its PID and start where both share a host and a PID
 * namespace, else when its holder has not touched it for a while. A holder that only slept until
 * then finds out by `isHeld` before it writes.
 */
export async function lockRecord(path: string, intervalMs: number, clock: Clock): Promise<Locked> {
  const file = `${path}.lock`;
  const me = await thisProcess(intervalMs, clock);
  const content = JSON.stringify(me);
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      // oxlint-disable-next-line eslint/no-await-in-loop -- each attempt follows from the last
      if (await create(file, content)) return { kind: "locked", lock: held(file, content, clock) };
      // oxlint-disable-next-line eslint/no-await-in-loop
      const refusal = await takeAway(file, me, clock);
      if (refusal !== undefined) return { kind: "refused", problem: refusal };
    }
    return { kind: "refused", problem: "is about to be written by another watch" };
  } catch (error) {
    return { kind: "refused", problem: `cannot be locked (${codeOf(error)})` };
  }
}

/** False when there is one already. It is there with its content or not at all. */
async function create(file: string, content: string): Promise<boolean> {
  const own = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(own, content, { flag: "wx", mode: 0o600 });
    try {
      await link(own, file);
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      // A file system without links.
      await writeFile(file, content, { flag: "wx", mode: 0o600 });
    }
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

function held(file: string, content: string, clock: Clock): RecordLock {
  let touchedMs = clock.monotonicMs();
  return {
    isHeld: async () => {
      const found = await readFile(file, "utf8").catch(ifAbsent);
      // Somebody tidied up: as long as nobody else locks it, it is ours.
      if (found === undefined) return true;
      if (found !== content) return false;
      if (clock.monotonicMs() - touchedMs >= TOUCH_MS) {
        touchedMs = clock.monotonicMs();
        const now = clock.wallMs() / 1_000;
        await utimes(file, now, now).catch(ifAbsent);
      }
      return true;
    },
    release: async () => {
      const found = await readFile(file, "utf8").catch(ifAbsent);
      if (found === content) await rm(file, { force: true });
    },
  };
}

/** Takes a lock away whose holder is no more; says why not, where it may still be there. */
async function takeAway(file: string, me: Holder, clock: Clock): Promise<string | undefined> {
  const seen = await readLock(file);
  if (seen === undefined) return undefined;
  const silentMs = clock.wallMs() - seen.touchedMs;
  const { holder } = seen;
  if (holder === undefined) {
    if (silentMs >= BLANK_MS) return await remove(file, seen.content);
    return `is locked; remove ${quoteInput(file)} if no watch writes to it`;
  }
  if (!(await isAlive(holder, me, silentMs))) return await remove(file, seen.content);
  const where = holder.host === me.host ? "" : ` on ${sanitizeText(holder.host, 80)}`;
  return `is being written by another watch (process ${holder.pid}${where}, since ${sanitizeText(holder.startedAt, 40)})`;
}

async function isAlive(holder: Holder, me: Holder, silentMs: number): Promise<boolean> {
  const isHere = holder.host === me.host;
  if (isHere && holder.boot !== me.boot) return false;
  if (!isHere || holder.namespace !== me.namespace) return silentMs < holder.silentMs;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return false;
  }
  const found = await processOf(holder.pid);
  // There, and not to be looked at (hidepid, another system than Linux).
  if (found === undefined) return true;
  return found.ticks === holder.ticks && !found.hasEnded;
}

/** Two may want to do this at once: what was moved has to be what was judged. */
async function remove(file: string, judged: string): Promise<undefined> {
  const aside = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    await rename(file, aside);
  } catch (error) {
    return ifAbsent(error);
  }
  const moved = await readFile(aside, "utf8");
  if (moved !== judged) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

async function readLock(
  file: string,
): Promise<
  | { readonly content: string; readonly holder: Holder | undefined; readonly touchedMs: number }
  | undefined
> {
  try {
    const [content, { mtimeMs }] = await Promise.all([readFile(file, "utf8"), stat(file)]);
    return { content, holder: holderOf(content), touchedMs: mtimeMs };
  } catch (error) {
    return ifAbsent(error);
  }
}

function holderOf(content: string): Holder | undefined {
  try {
    const parsed = v.safeParse(HOLDER, JSON.parse(content));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

async function thisProcess(intervalMs: number, clock: Clock): Promise<Holder> {
  const [boot, namespace, self] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(ifUnreadable),
    readlink("/proc/self/ns/pid").catch(ifUnreadable),
    processOf(process.pid),
  ]);
  return {
    id: randomBytes(6).toString("hex"),
    pid: process.pid,
    host: hostname(),
    boot: boot?.trim(),
    namespace,
    ticks: self?.ticks,
    startedAt: isoTime(clock.wallMs()),
    silentMs: Math.max(SILENT_MS, SILENT_INTERVALS * intervalMs),
  };
}

/** When a process began, in ticks since the boot: its PID may be another's by now. */
async function processOf(
  pid: number,
): Promise<{ readonly ticks: string | undefined; readonly hasEnded: boolean } | undefined> {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(ifUnreadable);
  // The name in the second field may hold anything, brackets and blanks included.
  const fields = status?.slice(status.lastIndexOf(")") + 2).split(" ");
  // A killed process stays listed until its parent has looked.
  return fields && { ticks: fields[19], hasEnded: /^[ZX]/.test(fields[0] ?? "") };
}

function ifUnreadable(): undefined {
  return undefined;
}

function ifAbsent(error: unknown): undefined {
  if (codeOf(error) !== "ENOENT") throw error;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
