import { integer, list, orNull, record, type Schema, text, texts, words } from "./schema-parts.ts";

/** The parts of the schema that only `check` fills. */

/** Fixed for good: ok, failed, usage, could not tell, warnings, drift, interrupted. */
export const EXIT_CODES: readonly number[] = [0, 1, 2, 3, 4, 5, 130];

export const gate: Schema = record("what check ends with; absent in a run of endpoints", {
  exitCode: integer("the exit code of the program", { enum: EXIT_CODES }),
  failOn: words("from which status on a finding fails the gate", ["fail", "warn"]),
});

export const changes: Schema = list(
  "one each; none where all is as it was",
  record("a change", {
    kind: words("what happened", ["added", "removed", "changed"]),
    what: text("to what"),
    before: orNull(text("as it was")),
    after: orNull(text("as it is")),
  }),
);

export const notComparable: Schema = texts(
  "what one of the two runs did not know; no change, but no sameness either",
);

export const drift: Schema = orNull(
  record("how the run differs from a saved one; null without one", {
    baseline: text("the saved run: its file"),
    baselineStartedAt: text("when that was", { format: "date-time" }),
    changes,
    notComparable,
  }),
);
