import type { OptionSpec } from "../spec.ts";
import { PROBE_OPTIONS } from "./probe.ts";
import { NO_COLOR, OUTPUT } from "./shared.ts";

/** What a worker's own connections do not need to be asked of the endpoint. */
const NOT_FOR_A_WORKER: ReadonlySet<string> = new Set([
  "samples",
  "interval",
  "untilSure",
  "compareReuse",
  "deep",
  "egressIp",
  "egressService",
]);

/** Options of `node`: its own, and of `endpoints` those by which a cluster is reached and asked. */
/** What a worker says by itself. */
const OWN_HELP: Readonly<Record<string, string>> = {
  cluster: "name of the EKS cluster (default: what kubelet and the instance's tags say)",
  region:
    "AWS region (default: kubelet's, then AWS_REGION, AWS_DEFAULT_REGION, the profile's, the instance's)",
};

export const NODE_OPTIONS: readonly OptionSpec[] = [
  {
    flags: "--map <file>",
    key: "map",
    env: "EKS_PROBE_MAP",
    kind: "value",
    help: "a saved run (-o json) or a record to hold the connections against; nothing is probed then",
  },
  {
    flags: "--no-probe",
    key: "noProbe",
    env: "EKS_PROBE_NO_PROBE",
    kind: "switch",
    help: "ask nobody: show what the worker itself knows",
  },
  {
    flags: "--root <dir>",
    key: "root",
    env: "EKS_PROBE_ROOT",
    kind: "value",
    help: "a copy of a worker's /proc and rules, or an unpacked bundle of the EKS log collector, instead of this machine",
  },
  ...PROBE_OPTIONS.filter(({ key }) => !NOT_FOR_A_WORKER.has(key)).map((spec) => ({
    ...spec,
    help: OWN_HELP[spec.key] ?? spec.help,
  })),
  { ...OUTPUT, help: "text or json; FORMAT=FILE writes it to a file; repeatable (default: text)" },
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
    help: "every connection and every check, and all that was not seen",
  },
  NO_COLOR,
];
