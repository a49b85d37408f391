import { type FileHandle, open, stat } from "node:fs/promises";

const CHUNK_BYTES = 256 * 1024;

/** What is in an open file, in parts. Each is good until the next is asked for. */
export async function* chunksOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let at = 0; ; ) {
    // oxlint-disable-next-line eslint/no-await-in-loop -- one part after the other
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

export type Opened =
  | { readonly kind: "open"; readonly file: FileHandle }
  /** `problem` follows the file's name. */
  | { readonly kind: "bad"; readonly problem: string };

/** Opens a regular file to read it: a pipe or a terminal may never end. The caller closes it. */
export async function openRegular(path: string): Promise<Opened> {
  try {
    if (!(await stat(path)).isFile()) return { kind: "bad", problem: "is not a regular file" };
    return { kind: "open", file: await open(path, "r") };
  } catch (error) {
    return { kind: "bad", problem: readProblem(error) };
  }
}

/** Why a file could not be read; it follows its name. What the system did not say is thrown on. */
export function readProblem(error: unknown): string {
  if (!(error instanceof Error && "code" in error)) throw error;
  const code = String(error.code);
  return code === "ENOENT" || code === "ENOTDIR" ? "is not there" : `cannot be read (${code})`;
}
