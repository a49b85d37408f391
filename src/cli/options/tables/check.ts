import type { OptionSpec } from "../spec.ts";
import { EXPECTATION_OPTIONS } from "./expectations.ts";
import { PROBE_OPTIONS } from "./probe.ts";
import { NO_COLOR, OUTPUT } from "./shared.ts";

export const CHECK_OPTIONS: readonly OptionSpec[] = [
  ...PROBE_OPTIONS,
  ...EXPECTATION_OPTIONS,
  {
    flags: "--fail-on <status>",
    key: "failOn",
    env: "EKS_PROBE_FAIL_ON",
    kind: "value",
    help: "fail: warnings leave exit code 0; warn: they end with 4 (default: fail)",
  },
  {
    flags: "--exit-zero",
    key: "exitZero",
    env: "EKS_PROBE_EXIT_ZERO",
    kind: "switch",
    help: "exit with 0 whatever was found; only wrong usage and an interruption still tell",
  },
  {
    flags: "--baseline <file>",
    key: "baseline",
    env: "EKS_PROBE_BASELINE",
    kind: "value",
    help: "a saved run (-o json): what is no longer as it was there is drift, exit code 5",
  },
  {
    ...OUTPUT,
    help: "text, json, junit, github, sarif, tap, markdown or nagios; FORMAT=FILE writes it to a file; repeatable, one of them to stdout, and github beside text (default: text)",
  },
  {
    flags: "--short",
    key: "short",
    env: "EKS_PROBE_SHORT",
    kind: "switch",
    help: "nothing but what is not ok, and the verdict",
  },
  {
    flags: "-q, --quiet",
    key: "quiet",
    env: "EKS_PROBE_QUIET",
    kind: "switch",
    help: "the verdict only",
    excludes: ["verbose"],
  },
  {
    flags: "-v, --verbose",
    key: "verbose",
    env: "EKS_PROBE_VERBOSE",
    kind: "switch",
    help: "the evidence of every check, also of those that passed",
  },
  NO_COLOR,
];
