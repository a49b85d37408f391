import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** How long a named pipe is waited for: its reader may be about to start, or be slow. */
const PATIENCE_MS = 5_000;
const RETRY_MS = 50;

/**
 * Writes to a named pipe. Opened the usual way it would hold this process, past any signal, until
 * somebody reads it. Rejects when nobody does for a while, or the run is interrupted meanwhile.
 */
export async function writeToPipe(path: string, text: string, signal: AbortSignal): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_NONBLOCK;
  const pipe = await patiently("ENXIO", signal, () => open(path, flags));
  try {
    await writeAll(pipe, Buffer.from(text), signal);
  } finally {
    await pipe.close();
  }
}

async function writeAll(pipe: FileHandle, bytes: Buffer, signal: AbortSignal): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const from = written;
    // oxlint-disable-next-line eslint/no-await-in-loop -- one part after the other
    const { bytesWritten } = await patiently("EAGAIN", signal, () => pipe.write(bytes, from));
    written += bytesWritten;
  }
}

/** Tries again while the system says that it is too early, as `code`. */
async function patiently<Result>(
  code: string,
  signal: AbortSignal,
  attempt: () => Promise<Result>,
): Promise<Result> {
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    try {
      // oxlint-disable-next-line eslint/no-await-in-loop
      return await attempt();
    } catch (error) {
      const isEarly = error instanceof Error && "code" in error && error.code === code;
      if (!isEarly || signal.aborted || waitedMs >= PATIENCE_MS) throw error;
    }
    // oxlint-disable-next-line eslint/no-await-in-loop
    await sleep(RETRY_MS);
  }
}
