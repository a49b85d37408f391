import { changes, notComparable } from "../json/gate-schema.ts";
import { flag, integer, orNull, record, type Schema, text } from "../json/schema-parts.ts";
import { DIFF_SCHEMA_VERSION } from "./json.ts";

const side = (which: string): Schema =>
  record(
    which,
    {
      file: orNull(text("as given, - is stdin; null: the run was made just now")),
      startedAt: text("when", { format: "date-time" }),
      cluster: text("cluster name"),
    },
    { simulated: flag("made against a simulation; absent otherwise") },
  );

/** What `-o json` of diff prints. */
export const DIFF_SCHEMA: Schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "eks-probe diff",
  ...record("how two runs differ", {
    schemaVersion: integer("raised when a property goes or changes its meaning", {
      const: DIFF_SCHEMA_VERSION,
    }),
    a: side("the first run"),
    b: side("the second"),
    changes,
    notComparable,
  }),
};
