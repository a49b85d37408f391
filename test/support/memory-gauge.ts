import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, type RunOptions, runProgram } from "./run-program.ts";

export interface MeasuredRun extends Ended {
  readonly wallMs: number;
  /** Highest resident set of the process, in MiB; undefined when it did not live to tell. */
  readonly peakMiB: number | undefined;
}

/**
 * Runs the program with a gauge loaded before it, that writes down the peak of the resident set as
 * the process ends; NODE_OPTIONS of `options.env` hold as well. (VmHWM, because ru_maxrss still counts the pages of whoever forked it.)
 */
export async function runMeasured(
  args: readonly string[],
  options: RunOptions = {},
): Promise<MeasuredRun> {
  const folder = mkdtempSync(join(tmpdir(), "eks-probe-gauge-"));
  const [gauge, reading] = [join(folder, "gauge.cjs"), join(folder, "peak")];
  writeFileSync(
    gauge,
    `const fs = require("node:fs");
process.on("exit", () => {
  let kib = process.resourceUsage().maxRSS;
  try { kib = Number(/VmHWM:\\s+(\\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))[1]); } catch {}
  fs.writeFileSync(${JSON.stringify(reading)}, String(kib));
});\n`,
  );
  try {
    const startedMs = performance.now();
    const nodeOptions = [options.env?.["NODE_OPTIONS"] ?? "", `--require=${gauge}`].join(" ");
    const env = { ...options.env, NODE_OPTIONS: nodeOptions.trim() };
    const ended = await runProgram(args, { ...options, env });
    const wallMs = performance.now() - startedMs;
    return { ...ended, wallMs, peakMiB: readPeak(reading) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readPeak(path: string): number | undefined {
  try {
    return Number(readFileSync(path, "utf8")) / 1024;
  } catch {
    return undefined;
  }
}
