import type { Drift } from "../../model/drift.ts";

/** One of two runs that were compared. */
export interface DiffSide {
  /** Short, for people: `before.json`, `now`. */
  readonly name: string;
  /** As the user gave it; undefined for the run that was made just now. */
  readonly file: string | undefined;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly cluster: string;
  readonly simulated: boolean;
}

/** How two runs differ: what `b` is, seen from `a`. */
export interface RunDiff extends Pick<Drift, "changes" | "notComparable"> {
  readonly a: DiffSide;
  readonly b: DiffSide;
}

/** Runs on two clusters are compared all the same, and that has to be said. */
export function clustersNote({ a, b }: RunDiff): string | undefined {
  return a.cluster === b.cluster
    ? undefined
    : `two clusters are compared: ${[a, b].map(whereWords).join(", ")}`;
}

function whereWords({ cluster, name, file }: DiffSide): string {
  return file === undefined ? `${cluster} ${name}` : `${cluster} in ${name}`;
}

export function simulatedNote({ a, b }: RunDiff): string | undefined {
  return a.simulated || b.simulated ? "simulated: made in the lab, not on AWS" : undefined;
}

/** `1 added, 2 changed`, `no change`; how much could not be compared goes with it. */
export function countWords({ changes, notComparable }: RunDiff): string {
  const kinds = (["added", "removed", "changed"] as const).flatMap((kind) => {
    const n = changes.filter((change) => change.kind === kind).length;
    return n === 0 ? [] : [`${n} ${kind}`];
  });
  const all = kinds.length === 0 ? "no change" : kinds.join(", ");
  const gaps = notComparable.length;
  return gaps === 0 ? all : `${all} · ${gaps} not comparable`;
}
