import type { OptionSpec } from "../spec.ts";
import { ANONYMOUS, AWS_OPTIONS, CLUSTER, PATHS } from "./shared.ts";

export const IAM_OPTIONS: readonly OptionSpec[] = [
  { ...CLUSTER, help: "name of the EKS cluster (default: any)" },
  ...AWS_OPTIONS.filter(({ key }) => key === "region" || key === "roleArn"),
  PATHS,
  ANONYMOUS,
  {
    flags: "--deep",
    key: "deep",
    env: "EKS_PROBE_DEEP",
    kind: "switch",
    help: "also what explains a failure: groups, routes, updates, access entries",
  },
  {
    flags: "--watch",
    key: "watch",
    env: "EKS_PROBE_WATCH",
    kind: "switch",
    help: "for watch: also the updates of the cluster",
  },
];
