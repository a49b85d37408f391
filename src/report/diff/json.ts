import type { DriftChange } from "../../model/drift.ts";
import { nullForUndefined } from "../json/null-for-undefined.ts";
import type { DiffSide, RunDiff } from "./run-diff.ts";

/** Raised by one when a field is removed or changes its meaning; new fields do not raise it. */
export const DIFF_SCHEMA_VERSION = 1;

/** What `diff -o json` prints. */
export interface DiffDocument {
  readonly schemaVersion: number;
  readonly a: SideDocument;
  readonly b: SideDocument;
  /** Empty where nothing changed. */
  readonly changes: readonly DriftChange[];
  readonly notComparable: readonly string[];
}

interface SideDocument {
  /** Undefined for the run that was made just now. */
  readonly file: string | undefined;
  readonly startedAt: string;
  readonly cluster: string;
  readonly simulated?: true;
}

export function renderDiffJson({ a, b, changes, notComparable }: RunDiff): string {
  const document: DiffDocument = {
    schemaVersion: DIFF_SCHEMA_VERSION,
    a: sideDocument(a),
    b: sideDocument(b),
    changes,
    notComparable,
  };
  return `${JSON.stringify(document, nullForUndefined, 2)}\n`;
}

function sideDocument({ file, startedAt, cluster, simulated }: DiffSide): SideDocument {
  return { file, startedAt, cluster, ...(simulated ? { simulated } : {}) };
}
