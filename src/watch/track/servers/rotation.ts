import {
  LEFT_DNS_AFTER,
  LEFT_DNS_AFTER_MAX,
  ROTATION_PATIENCE,
  ROTATION_REMEMBERED_MS,
} from "../../constants.ts";
import { msBetween } from "../times.ts";

/** A resolver that named addresses again which its answers before had left out. */
export interface Rotation {
  /** The most answers in a row that left one out. */
  readonly lacks: number;
  /** How often one was named again. */
  readonly returns: number;
  /** ISO 8601: the latest time. */
  readonly at: string;
}

/** `lacks`: of each address that an answer names, the answers in a row that had left it out. */
export function rotated(
  before: Rotation | undefined,
  lacks: readonly number[],
  at: string,
): Rotation | undefined {
  const known = recent(before, at);
  const returned = lacks.filter((count) => count > 0);
  if (returned.length === 0) return known;
  return {
    lacks: Math.max(known?.lacks ?? 0, ...returned),
    returns: (known?.returns ?? 0) + returned.length,
    at,
  };
}

/** Answers in a row that lack an address before their resolver names it no more. */
export function patienceWith(rotation: Rotation | undefined, at: string): number {
  const known = recent(rotation, at);
  if (known === undefined) return LEFT_DNS_AFTER;
  const { lacks, returns } = known;
  // Once is what two caches do that do not change at once.
  const wanted = returns === 1 ? LEFT_DNS_AFTER + lacks : (lacks + 1) * ROTATION_PATIENCE;
  return Math.min(wanted, LEFT_DNS_AFTER_MAX);
}

export function isRecent(since: string, at: string): boolean {
  return (msBetween(since, at) ?? Infinity) <= ROTATION_REMEMBERED_MS;
}

function recent(rotation: Rotation | undefined, at: string): Rotation | undefined {
  return rotation !== undefined && isRecent(rotation.at, at) ? rotation : undefined;
}
