import { open, stat } from "node:fs/promises";
import { devNull } from "node:os";
import type { Failure } from "../model/failure.ts";
import { sanitizeText } from "../model/text.ts";

const MAX_PATH = 300;

export type FileText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly failure: Failure };

/**
 * A whole file of at most `maxBytes`, as UTF-8. Only regular files are opened: a pipe or a terminal
 * may never end. Never rejects, and no message has any of the content.
 *
 * Failure: `file-unreadable`, its cause the system's code where it has one.
 */
export async function readTextFile(path: string, maxBytes: number): Promise<FileText> {
  try {
    if (path === devNull) return { kind: "text", text: "" };
    const { size } = await statRegular(path);
    if (size > maxBytes) return failed(path, `has more than ${maxBytes} bytes`);
    const file = await open(path, "r");
    try {
      const buffer = Buffer.alloc(size + 1);
      let length = 0;
      for (;;) {
        // oxlint-disable-next-line eslint/no-await-in-loop -- one part after the other
        const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
        length += bytesRead;
        if (length > size) return failed(path, "changed while it was read");
        if (bytesRead === 0) return { kind: "text", text: buffer.toString("utf8", 0, length) };
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof NotRegular) return failed(path, "is not a regular file");
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { kind: "absent" };
    return failed(path, `cannot be read (${code ?? "unknown error"})`, code);
  }
}

/** How a path is shown: it is the user's own, and may be anything. */
export function shownPath(path: string): string {
  return sanitizeText(path, MAX_PATH);
}

export function fileFailure(
  code: "file-unreadable" | "file-invalid",
  path: string,
  what: string,
  cause?: string,
): Failure {
  const message = `${shownPath(path)} ${what}`;
  const failure = { code, phase: "kubeconfig", side: "user", message } as const;
  return cause === undefined ? failure : { ...failure, cause };
}

class NotRegular extends Error {}

async function statRegular(path: string): Promise<{ readonly size: number }> {
  const found = await stat(path);
  if (!found.isFile()) throw new NotRegular();
  return found;
}

function failed(path: string, what: string, cause?: string): FileText {
  return { kind: "failed", failure: fileFailure("file-unreadable", path, what, cause) };
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}
