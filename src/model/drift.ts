/** One thing that is not as it was in the baseline. */
export interface DriftChange {
  readonly kind: "added" | "removed" | "changed";
  /** What it is about, in words: `address 10.0.20.41:443`, `version`. */
  readonly what: string;
  /** Undefined where it was not there, or was not known. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** How a run differs from a saved one. */
export interface Drift {
  /** The file, or another name for it. */
  readonly baseline: string;
  /** ISO 8601. */
  readonly baselineStartedAt: string;
  /** Empty where nothing changed. */
  readonly changes: readonly DriftChange[];
  /** What one of the two runs did not know, and so cannot have changed: one line each. */
  readonly notComparable: readonly string[];
}
