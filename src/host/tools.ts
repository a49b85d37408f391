import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { redact } from "../model/redact.ts";
import { sanitizeText } from "../model/text.ts";

/** What came of running a tool. */
export type ToolResult =
  | { readonly kind: "output"; readonly text: string }
  /** It is not installed. */
  | { readonly kind: "absent" }
  /** `exit code 4: …`, `not done within 3 s`. */
  | { readonly kind: "failed"; readonly reason: string };

/** Runs one of the kernel's own tools, by name, without a shell. Never rejects. */
export type ToolRunner = (name: string, args: readonly string[]) => Promise<ToolResult>;

/** Where distributions keep them. A user's PATH may hold anything, and this may run as root. */
const FOLDERS = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

const TIMEOUT_MS = 3_000;

/** Some 300,000 rules or connections. */
const MAX_BYTES = 64 * 1024 * 1024;

const MAX_SAID = 200;

/**
 * Where tools are looked for, and how long and how much they may print. Default: those of this
 * machine, 3 s, 64 MiB.
 */
export interface ToolLimits {
  readonly folders?: readonly string[];
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}

/** The tools of this machine. They get no environment but PATH and a language, and no input. */
export function toolsOf({
  folders = FOLDERS,
  timeoutMs = TIMEOUT_MS,
  maxBytes = MAX_BYTES,
}: ToolLimits = {}): ToolRunner {
  return (name, args) => {
    const program = folders.map((folder) => `${folder}/${name}`).find(mayRun);
    if (program === undefined) return Promise.resolve({ kind: "absent" });
    return new Promise((resolve) => {
      const options = {
        cwd: "/",
        env: { PATH: FOLDERS.join(":"), LC_ALL: "C" },
        timeout: timeoutMs,
        maxBuffer: maxBytes,
        killSignal: "SIGKILL",
        encoding: "utf8",
      } as const;
      try {
        const child = execFile(program, [...args], options, (error, stdout, stderr) => {
          if (error === null) resolve({ kind: "output", text: stdout });
          else resolve({ kind: "failed", reason: reasonOf(error, stderr, timeoutMs, maxBytes) });
        });
        child.stdin?.end();
      } catch (error) {
        resolve({ kind: "failed", reason: `could not be started (${codeOf(error)})` });
      }
    });
  };
}

function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function reasonOf(error: Error, stderr: string, timeoutMs: number, maxBytes: number): string {
  const code = codeOf(error);
  if (code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return `it printed more than ${maxBytes} bytes`;
  if ("killed" in error && error.killed === true) return `not done within ${timeoutMs / 1_000} s`;
  const [first = ""] = stderr.trim().split("\n", 1);
  const said = first === "" ? "" : `: ${sanitizeText(redact(first), MAX_SAID)}`;
  if (/^\d+$/.test(code)) return `exit code ${code}${said}`;
  if ("signal" in error && typeof error.signal === "string") return `ended by ${error.signal}`;
  return `could not be started (${code})`;
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" || typeof code === "number" ? String(code) : "unknown error";
}
