import type { FileHandle } from "node:fs/promises";
import type { Clock } from "../../model/ports.ts";
import type { RecordLine } from "../../model/watch/record.ts";
import { encodeLine, MAX_LINE_BYTES } from "../../watch/record/encode.ts";
import type { RecordLock } from "./record-lock.ts";

/** Between two fdatasync: what a power cut may cost at most, as long as the disk keeps up. */
const SYNC_MS = 60_000;

/** Lines that wait for a disk that takes none; of more, the oldest are lost. */
const WAITING_BYTES = 8 * 1024 * 1024;

/** Whole lines at the end of a file, one write call each. */
export class RecordWriter {
  readonly #file: FileHandle;
  readonly #lock: RecordLock;
  readonly #clock: Clock;
  readonly #tell: (what: string) => void;
  /** The first line, for a file that somebody empties meanwhile. */
  readonly #header: Buffer;
  /** Bytes of whole lines. */
  #size: number;
  /** Whether a part of a line may follow them. */
  #isTorn = false;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #lost = 0;
  /** `fails`: it is tried again. `given-up`: it is another's now. */
  #state: "works" | "fails" | "given-up" = "works";
  readonly #told = new Set<string>();
  #syncedMs: number;
  #syncing: Promise<void> = Promise.resolve();
  #turn: Promise<void> = Promise.resolve();
  /** A turn to come that writes all that waits by then. */
  #nextFlush: Promise<void> | undefined;
  /** Waits no more, and is not written yet. */
  #underWay: Buffer | undefined;

  /** `tell` gets what follows the record's name. */
  constructor(
    file: FileHandle,
    given: {
      readonly lock: RecordLock;
      readonly clock: Clock;
      readonly tell: (what: string) => void;
      readonly header: RecordLine;
      readonly size: number;
    },
  ) {
    this.#file = file;
    this.#lock = given.lock;
    this.#clock = given.clock;
    this.#tell = given.tell;
    this.#header = Buffer.from(encodeLine(given.header));
    this.#size = given.size;
    this.#syncedMs = given.clock.monotonicMs();
  }

  /** The first line of this part; rejects when it cannot be written. */
  async begin(line: RecordLine): Promise<void> {
    await this.#write(Buffer.from(encodeLine(line)));
  }

  /** Resolves when the line is written, or waits for better times. Never rejects. */
  append(line: RecordLine): Promise<void> {
    const bytes = Buffer.from(encodeLine(line));
    if (bytes.length > MAX_LINE_BYTES) {
      this.#tellOnce(`lacks a line, which has more than ${MAX_LINE_BYTES / 1024 / 1024} MiB`);
    } else {
      this.#waiting.push(bytes);
      this.#waitingBytes += bytes.length;
      if (this.#waitingBytes > WAITING_BYTES) this.#fallBehind();
    }
    this.#nextFlush ??= this.#next(() => {
      this.#nextFlush = undefined;
      return this.#flush();
    });
    return this.#nextFlush;
  }

  /** Writes what waits, once more, and makes it last. Never rejects. */
  close(): Promise<void> {
    return this.#next(async () => {
      if (this.#waiting.length > 0) await this.#flush();
      const missing = this.#lost + this.#waiting.length;
      if (missing > 0 && this.#state !== "given-up") this.#tell(`ends without ${lines(missing)}`);
      this.#waiting = [];
      await this.#syncing;
      await this.#sync();
      await this.#file.close().catch((error: unknown) => this.#tellOnce(notWritten(error)));
      await this.#lock.release().catch(() => undefined);
    });
  }

  /** One after the other, however they are called. */
  #next(step: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(step);
    return this.#turn;
  }

  async #flush(): Promise<void> {
    if (this.#state === "given-up") {
      this.#drop(0);
      return;
    }
    try {
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        this.#underWay = next;
        // oxlint-disable-next-line eslint/no-await-in-loop -- in their order
        if (!(await this.#lock.isHeld())) {
          this.#giveUp();
          return;
        }
        // oxlint-disable-next-line eslint/no-await-in-loop
        await this.#write(next);
        this.#underWay = undefined;
        this.#waiting.shift();
        this.#waitingBytes -= next.length;
      }
      if (this.#state === "fails") this.#recovered();
    } catch (error) {
      this.#underWay = undefined;
      if (this.#state === "works")
        this.#tell(`${notWritten(error)}; the watch goes on, and tries again with each round`);
      this.#state = "fails";
      this.#drop(WAITING_BYTES);
    }
    if (this.#clock.monotonicMs() - this.#syncedMs >= SYNC_MS) {
      this.#syncedMs = this.#clock.monotonicMs();
      // A slow disk holds up no round.
      this.#syncing = this.#syncing.then(() => this.#sync());
    }
  }

  #recovered(): void {
    this.#state = "works";
    const missing = this.#lost === 0 ? "nothing" : lines(this.#lost);
    this.#tell(`is written again, and lacks ${missing}`);
    this.#lost = 0;
  }

  /** A disk that does not answer: no error will come, and rounds do. */
  #fallBehind(): void {
    if (this.#state === "works") {
      this.#tell(
        "cannot be written as fast as it grows; the watch goes on, and loses the oldest lines",
      );
      this.#state = "fails";
    }
    this.#drop(WAITING_BYTES);
  }

  #giveUp(): void {
    this.#underWay = undefined;
    this.#state = "given-up";
    this.#tell("was taken over by another watch, and is no longer written by this one");
    this.#drop(0);
  }

  /** Gives up the oldest lines, down to so many bytes. */
  #drop(toBytes: number): void {
    const first = this.#waiting[0] === this.#underWay ? 1 : 0;
    while (this.#waitingBytes > toBytes && this.#waiting.length > first) {
      this.#waitingBytes -= this.#waiting.splice(first, 1)[0]?.length ?? 0;
      this.#lost += 1;
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    await this.#mend();
    await this.#writeWhole(bytes);
  }

  async #writeWhole(bytes: Buffer): Promise<void> {
    this.#isTorn = true;
    try {
      for (let written = 0; written < bytes.length; ) {
        // oxlint-disable-next-line eslint/no-await-in-loop -- the rest of a short write
        const { bytesWritten } = await this.#file.write(bytes, written);
        if (bytesWritten === 0) throw new Error("a write of nothing");
        written += bytesWritten;
      }
    } catch (error) {
      // At once, so that a full disk leaves whole lines if nothing more happens.
      await this.#cut().catch(() => undefined);
      throw error;
    }
    this.#isTorn = false;
    this.#size += bytes.length;
  }

  async #cut(): Promise<void> {
    if ((await this.#file.stat()).size > this.#size) await this.#file.truncate(this.#size);
    this.#isTorn = false;
  }

  /** Cuts what is torn, and takes note of what others did to the file. */
  async #mend(): Promise<void> {
    if (this.#isTorn) await this.#cut();
    const { size, nlink } = await this.#file.stat();
    if (nlink === 0) this.#tellOnce("was removed: what is written from now on is lost");
    if (size === this.#size) return;
    this.#tellOnce("was changed by something else than this watch");
    this.#size = size;
    // Emptied, as log rotation does it: what follows is a record of its own.
    if (size === 0) await this.#writeWhole(this.#header);
  }

  async #sync(): Promise<void> {
    try {
      await this.#file.datasync();
    } catch (error) {
      // A file system that knows no such thing has done what it can.
      if (!/^(?:EINVAL|ENOSYS|ENOTSUP|EOPNOTSUPP)$/.test(codeOf(error)))
        this.#tellOnce(`may not outlive a power cut (${codeOf(error)})`);
    }
  }

  #tellOnce(what: string): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    this.#tell(what);
  }
}

function lines(count: number): string {
  return count === 1 ? "one line" : `${count} lines`;
}

function notWritten(error: unknown): string {
  return `cannot be written (${codeOf(error)})`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
