import type { Certificate } from "../../model/observation.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { parseTimeMs } from "../../model/time.ts";
import { type RefusedLeaf, refusedLeaves } from "./refused.ts";

/** Certificates that were refused for their dates. */
export function refusedByDate(snapshot: Snapshot): readonly RefusedLeaf[] {
  return refusedLeaves(snapshot).filter(
    ({ failure: { code } }) => code === "tls-expired" || code === "tls-not-yet-valid",
  );
}

/**
 * Whether a certificate is refused because of this host's clock: `yes` where it is good by the time
 * that the servers tell, `no` where it is not good by theirs either, or where this clock finds the
 * certificates of others good; else nobody can tell.
 */
export function isThisClock({ leaf }: RefusedLeaf, snapshot: Snapshot): "yes" | "no" | "unknown" {
  const nowMs = parseTimeMs(snapshot.startedAt);
  if (leaf === undefined || nowMs === undefined) return "unknown";
  const skewMs = medianSkewMs(snapshot);
  if (skewMs !== undefined) return isGoodAt(leaf, nowMs + skewMs) ? "yes" : "no";
  const othersAreGood = snapshot.observations.some(
    ({ tls }) => tls?.verification.kind === "verified",
  );
  return othersAreGood ? "no" : "unknown";
}

/** Servers minus this host, by their Date headers; undefined where none sent one. */
function medianSkewMs({ observations }: Snapshot): number | undefined {
  const skews = observations
    .flatMap(({ http }) => http?.clockSkewMs ?? [])
    .toSorted((a, b) => a - b);
  return skews[Math.floor(skews.length / 2)];
}

function isGoodAt({ notBefore, notAfter }: Certificate, atMs: number): boolean {
  const [from, to] = [parseTimeMs(notBefore), parseTimeMs(notAfter)];
  return from !== undefined && to !== undefined && from <= atMs && atMs <= to;
}
