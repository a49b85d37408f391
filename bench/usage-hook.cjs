// Loaded by --require into the program that is measured: writes what it used, at its exit.
const { readFileSync, writeFileSync } = require("node:fs");

process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const usage = {
    cpuMs: (userCPUTime + systemCPUTime) / 1000,
    peakMb: (peakKb() ?? maxRSS) / 976.5625,
  };
  writeFileSync(process.env.BENCH_USAGE_FILE, JSON.stringify(usage));
});

/** maxRSS may be that of the process that started this one (getrusage(2)); VmHWM never is. */
function peakKb() {
  try {
    const [, kb] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "latin1")) ?? [];
    return kb === undefined ? undefined : Number(kb);
  } catch {
    return undefined;
  }
}
