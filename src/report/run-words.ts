import type { DriftChange } from "../model/drift.ts";
import { valueOf } from "../model/fact.ts";
import type { CheckReport } from "./check-report.ts";
import { oneLine } from "./one-line.ts";

/** What identifies a run in every format, safe for one line. */
export interface RunWords {
  readonly cluster: string;
  /** `unknown` where AWS did not tell. */
  readonly region: string;
  readonly verdict: string;
  /** Undefined for a run against AWS. */
  readonly simulated: string | undefined;
}

export function runWords({ snapshot, verdict }: CheckReport): RunWords {
  const cluster = valueOf(snapshot.cluster);
  return {
    cluster: oneLine(cluster?.name ?? snapshot.request.cluster),
    region: oneLine(cluster?.region ?? "unknown"),
    verdict: oneLine(verdict.summary),
    simulated: snapshot.request.simulated ? "simulated: made in the lab, not on AWS" : undefined,
  };
}

/** `changed version: 1.30 → 1.31`, `added address 10.0.20.41:443`. */
export function changeWords({ kind, what, before, after }: DriftChange): string {
  const head = oneLine(`${kind} ${what}`);
  switch (kind) {
    case "added":
      return after === undefined ? head : `${head}: ${oneLine(after)}`;
    case "removed":
      return before === undefined ? head : `${head}: ${oneLine(before)}`;
    case "changed":
      return `${head}: ${oneLine(before ?? "unknown")} → ${oneLine(after ?? "unknown")}`;
  }
}

/** What drift comes to in one line; undefined without a baseline. */
export function driftWords({ drift }: CheckReport): string | undefined {
  if (drift === undefined) return undefined;
  const since = `${oneLine(drift.baseline)} of ${oneLine(drift.baselineStartedAt)}`;
  const n = drift.changes.length;
  return n === 0
    ? `nothing changed since ${since}`
    : `${n} ${n === 1 ? "change" : "changes"} since ${since}`;
}
