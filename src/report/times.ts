import { isoTime, parseTimeMs } from "../model/time.ts";

/** `2026-11-25` of an ISO 8601 time, in UTC; undefined of anything else. */
export function dayOf(iso: string): string | undefined {
  return utc(iso)?.slice(0, 10);
}

/** `15:41:31Z`, and `11-26 00:00:01Z` where it is of another day than `day`. */
export function timeOf(iso: string, day: string | undefined): string {
  const text = utc(iso);
  if (text === undefined) return "??:??:??Z";
  const time = `${text.slice(11, 19)}Z`;
  return day === undefined || text.startsWith(day) ? time : `${text.slice(5, 10)} ${time}`;
}

/** `2026-11-25 15:41:31Z`. */
export function stampOf(iso: string): string {
  const text = utc(iso);
  return text === undefined ? "unknown" : `${text.slice(0, 10)} ${text.slice(11, 19)}Z`;
}

function utc(iso: string): string | undefined {
  const wallMs = parseTimeMs(iso);
  return wallMs === undefined ? undefined : isoTime(wallMs);
}

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
];

/** `40s`, `2m 5s`, `3h 20m`, `2d 4h`: its two greatest units; below ten seconds `4.2s`, `250ms`. */
export function formatSpan(ms: number): string {
  if (!(ms > 0)) return "0s";
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 9_950) return `${Number((ms / 1_000).toFixed(1))}s`;
  // Rounded first, so that no part of it can come to 60 seconds.
  let left = Math.round(ms / 1_000) * 1_000;
  const parts: string[] = [];
  for (const [name, unitMs] of UNITS) {
    const n = Math.floor(left / unitMs);
    left -= n * unitMs;
    if (n > 0) parts.push(`${n}${name}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}

/** Milliseconds from one ISO 8601 time to another; 0 where either is none. */
export function spanBetween(from: string, until: string): number {
  const [a, b] = [parseTimeMs(from), parseTimeMs(until)];
  return a === undefined || b === undefined ? 0 : Math.max(0, b - a);
}
