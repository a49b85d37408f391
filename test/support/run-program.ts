import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const PROGRAM = fileURLToPath(new URL("../../bin/eks-probe.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Added to an environment that knows nothing but PATH and a UTF-8 locale. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Piped in; without it stdin is at its end from the start. */
  readonly stdin?: string | Uint8Array;
  /** Called with the running child, e.g. to send it a signal. */
  readonly onStart?: (child: ChildProcess) => void;
  /** Killed after so long. Default 15 s. */
  readonly timeoutMs?: number;
}

/** A world without AWS, DNS or metadata service: what a test does not name leads nowhere. */
const CLOSED_WORLD = {
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_ENDPOINT_URL: "http://127.0.0.1:9",
  KUBECONFIG: "/dev/null",
  EKS_PROBE_RESOLVER: "127.0.0.1:9",
  EKS_PROBE_CONNECT_TO: "::127.0.0.1:9",
  LANG: "C.UTF-8",
} as const;

/** Runs the built program to its end, as a user would, and returns everything it said. */
export function runProgram(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { PATH: process.env["PATH"], ...CLOSED_WORLD, ...options.env },
    cwd: options.cwd,
    stdio: ["pipe", "pipe", "pipe"],
    timeout: options.timeoutMs ?? 15_000,
    killSignal: "SIGKILL",
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // A program that does not read it to the end is none of the writer's business.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.stdin ?? "");
  options.onStart?.(child);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
