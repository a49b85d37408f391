/** ISO 8601 in UTC with milliseconds. A Date made from a number reads no clock. */
export function isoTime(wallMs: number): string {
  // oxlint-disable-next-line eslint/no-restricted-globals
  return new Date(wallMs).toISOString();
}

/** Milliseconds since the epoch of an ISO 8601 time; undefined when it is none. */
export function parseTimeMs(text: string): number | undefined {
  // oxlint-disable-next-line eslint/no-restricted-globals
  const wallMs = Date.parse(text);
  return Number.isNaN(wallMs) ? undefined : wallMs;
}

/** ISO 8601 as people read it: `2024-04-16 04:20:01Z`. */
export function formatTime(iso: string): string {
  return iso.replace("T", " ").replace(/\.\d+Z$/, "Z");
}

/** Ten microseconds are finer than any clock of a network. */
export function roundMs(ms: number): number {
  return Math.round(ms * 100) / 100;
}
