import type { OptionSpec } from "../spec.ts";
import { NO_COLOR, OUTPUT } from "./shared.ts";

export const REPLAY_OPTIONS: readonly OptionSpec[] = [
  {
    ...OUTPUT,
    help: "text, json, ndjson, junit, github, sarif, tap, markdown or nagios; FORMAT=FILE writes it to a file; repeatable as with check (default: text)",
  },
  {
    flags: "--wide",
    key: "wide",
    env: "EKS_PROBE_WIDE",
    kind: "switch",
    help: "the map with ENIs, certificates, connections and DNS answers in full, also of a run of check",
    excludes: ["short"],
  },
  {
    flags: "--short",
    key: "short",
    env: "EKS_PROBE_SHORT",
    kind: "switch",
    help: "nothing but what is not ok, and the verdict, also of a run of endpoints",
  },
  {
    flags: "-q, --quiet",
    key: "quiet",
    env: "EKS_PROBE_QUIET",
    kind: "switch",
    help: "the last line only, of a record the summary",
    excludes: ["verbose"],
  },
  {
    flags: "-v, --verbose",
    key: "verbose",
    env: "EKS_PROBE_VERBOSE",
    kind: "switch",
    help: "every check with its code, also those that passed or were skipped",
  },
  NO_COLOR,
];
