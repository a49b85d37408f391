import type { OptionSpec } from "../spec.ts";
import { EXPECTATION_OPTIONS } from "./expectations.ts";
import { PROBE_OPTIONS } from "./probe.ts";
import { NO_COLOR, OUTPUT } from "./shared.ts";

/** How the present is asked, where a saved run is held against it. */
export const PRESENT_OPTIONS: readonly OptionSpec[] = [...PROBE_OPTIONS, ...EXPECTATION_OPTIONS];

export const DIFF_OPTIONS: readonly OptionSpec[] = [
  ...PRESENT_OPTIONS,
  {
    ...OUTPUT,
    help: "text, json or markdown; FORMAT=FILE writes it to a file; repeatable (default: text)",
  },
  {
    flags: "-q, --quiet",
    key: "quiet",
    env: "EKS_PROBE_QUIET",
    kind: "switch",
    help: "the last line only",
  },
  NO_COLOR,
];
