import type { OptionSpec } from "../spec.ts";
import { AWS_OPTIONS, CLUSTER, TIMEOUT } from "./shared.ts";

export const TOKEN_OPTIONS: readonly OptionSpec[] = [
  CLUSTER,
  {
    flags: "--cluster-id <id>",
    key: "clusterId",
    env: "EKS_PROBE_CLUSTER_ID",
    kind: "value",
    help: "id of a local cluster on Outposts, instead of the name",
    excludes: ["cluster"],
  },
  ...AWS_OPTIONS,
  {
    flags: "--raw",
    key: "raw",
    env: "EKS_PROBE_RAW",
    kind: "switch",
    help: "print the bare token instead of an ExecCredential",
  },
  TIMEOUT,
];
