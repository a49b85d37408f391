import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const HOOK = fileURLToPath(new URL("usage-hook.cjs", import.meta.url));

/**
 * Runs the program and reads what its own process used, all threads, user and system time.
 * @returns {Promise<{ ms: number, stdout: string, cpuMs: number, peakMb: number }>} MB of 1 000 000 bytes
 */
export async function runWithUsage(bench, args, env) {
  const file = join(bench.scratch, "usage.json");
  const { ms, stdout } = await bench.runProgram(args, {
    ...env,
    NODE_OPTIONS: `--require ${JSON.stringify(HOOK)}`,
    BENCH_USAGE_FILE: file,
  });
  return { ms, stdout, ...JSON.parse(readFileSync(file, "utf8")) };
}
