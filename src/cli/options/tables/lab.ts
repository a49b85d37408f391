import type { OptionSpec } from "../spec.ts";

export const LAB_OPTIONS: readonly OptionSpec[] = [
  {
    flags: "--scenario <name|file>",
    key: "scenario",
    env: "EKS_PROBE_SCENARIO",
    kind: "value",
    help: "a scenario of its own or a JSON file (default: field-notes)",
  },
  {
    flags: "--latency <duration>",
    key: "latency",
    env: "EKS_PROBE_LAB_LATENCY",
    kind: "value",
    help: "one round trip to an address; AWS answers after two of them",
  },
  {
    flags: "--speed <times>",
    key: "speed",
    env: "EKS_PROBE_LAB_SPEED",
    kind: "value",
    help: "a timeline so many times as fast: the times of its steps are divided (1 to 1000)",
  },
  {
    flags: "--own-addresses",
    key: "ownAddresses",
    env: "EKS_PROBE_LAB_OWN_ADDRESSES",
    kind: "switch",
    help: "listen on the scenario's own addresses and ports (in a network namespace that has them)",
  },
  {
    flags: "--list",
    key: "list",
    env: "EKS_PROBE_LAB_LIST",
    kind: "switch",
    help: "list the scenarios",
  },
  {
    flags: "--print",
    key: "print",
    env: "EKS_PROBE_LAB_PRINT",
    kind: "switch",
    help: "print the scenario as JSON, to be changed and given back to --scenario",
  },
];
