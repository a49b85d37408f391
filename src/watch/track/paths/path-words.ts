import { parseTimeMs } from "../../../model/time.ts";

/** An address as people write it: the port only where it is not the usual one. */
export function addressName(id: string): string {
  return id.endsWith(":443") ? ipOf(id) : id;
}

/** The IP of an Address.id. */
export function ipOf(id: string): string {
  return id.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

/** The first label of a host name; an IP has none. */
export function hostName(host: string): string {
  return /^[0-9.]+$|:/.test(host) ? host : (host.split(".")[0] ?? host);
}

/** `A`, `A and B`, `A, B and C`. */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}

/** `45 s`, `3 min`, `2 h`. */
export function durationWords(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** From one ISO time to another. */
export function elapsedMs(from: string, until: string): number {
  return (parseTimeMs(until) ?? 0) - (parseTimeMs(from) ?? 0);
}

export function earliest(times: readonly (string | undefined)[]): string | undefined {
  return sorted(times)[0];
}

export function latest(times: readonly (string | undefined)[]): string | undefined {
  return sorted(times).at(-1);
}

/** As much of a fingerprint as tells it apart in one line. */
export function shortFingerprint(fingerprint: string): string {
  return fingerprint.length > 23 ? `${fingerprint.slice(0, 23)}…` : fingerprint;
}

function sorted(times: readonly (string | undefined)[]): readonly string[] {
  return times
    .filter((time) => time !== undefined)
    .toSorted((a, b) => (parseTimeMs(a) ?? 0) - (parseTimeMs(b) ?? 0));
}
