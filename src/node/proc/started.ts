import { isoTime } from "../../model/time.ts";

/** USER_HZ: what the kernel counts in for user space on every Linux that runs Node. */
const TICKS_PER_SECOND = 100;

/** Seconds since the epoch at which the machine came up: `btime` of /proc/stat. */
export function bootTimeOf(stat: string): number | undefined {
  const seconds = Number(/^btime (\d{1,12})$/m.exec(stat)?.[1] ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds : undefined;
}

/**
 * When a process was started, by field 22 of `/proc/PID/stat`. The name in field 2 may hold blanks
 * and brackets: what follows counts from its last one. ISO 8601; undefined for what is no such text.
 */
export function startedAt(stat: string, bootSeconds: number): string | undefined {
  const bracket = stat.lastIndexOf(")");
  if (bracket === -1) return undefined;
  const fields = stat
    .slice(bracket + 1)
    .trim()
    .split(/\s+/);
  const ticks = fields[19] ?? "";
  if (!/^\d{1,16}$/.test(ticks)) return undefined;
  const wallMs = (bootSeconds + Number(ticks) / TICKS_PER_SECOND) * 1_000;
  return wallMs > 0 && wallMs < 8.64e15 ? isoTime(Math.round(wallMs)) : undefined;
}
