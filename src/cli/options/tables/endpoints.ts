import type { OptionSpec } from "../spec.ts";
import { EXPECTATION_OPTIONS } from "./expectations.ts";
import { PROBE_OPTIONS } from "./probe.ts";
import { NO_COLOR, OUTPUT } from "./shared.ts";

export const ENDPOINTS_OPTIONS: readonly OptionSpec[] = [
  ...PROBE_OPTIONS,
  ...EXPECTATION_OPTIONS,
  OUTPUT,
  {
    flags: "--wide",
    key: "wide",
    env: "EKS_PROBE_WIDE",
    kind: "switch",
    help: "add ENIs, certificates, connections and DNS answers in full",
  },
  {
    flags: "-q, --quiet",
    key: "quiet",
    env: "EKS_PROBE_QUIET",
    kind: "switch",
    help: "the last line only",
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
