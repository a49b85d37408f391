import { parseTimeMs } from "../../model/time.ts";

/** Undefined when either is not a time. */
export function msBetween(from: string, to: string): number | undefined {
  const [start, end] = [parseTimeMs(from), parseTimeMs(to)];
  return start === undefined || end === undefined ? undefined : end - start;
}

/** What is no time is before every time. */
export function laterOf(a: string, b: string): string {
  return (parseTimeMs(a) ?? 0) >= (parseTimeMs(b) ?? 0) ? a : b;
}

/** The latest of them; undefined of none. */
export function latestOf(times: readonly string[]): string | undefined {
  return times.length === 0 ? undefined : times.reduce(laterOf);
}

/** `42 s`, `7 min`, `3 h 5 min`. */
export function durationWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest === 0 ? "" : ` ${rest} min`}`;
}
