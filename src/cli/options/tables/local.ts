import type { OptionSpec } from "../spec.ts";

/** A cluster that is known without the EKS API. */
export const GIVEN_OPTIONS: readonly OptionSpec[] = [
  {
    flags: "--endpoint <url>",
    key: "endpoint",
    env: "EKS_PROBE_ENDPOINT",
    kind: "value",
    help: "the cluster's endpoint, https://NAME: DescribeCluster is then not asked; needs --ca-file or --insecure",
    excludes: ["kubeconfig", "context"],
  },
  {
    flags: "--ca-file <file>",
    key: "caFile",
    env: "EKS_PROBE_CA_FILE",
    kind: "value",
    help: "the cluster's CA, PEM, the only one trusted",
    needs: "endpoint",
    excludes: ["kubeconfig", "context"],
  },
  {
    flags: "--kubeconfig <file>",
    key: "kubeconfig",
    env: "EKS_PROBE_KUBECONFIG",
    kind: "value",
    help: "take endpoint, CA and, without --cluster, the cluster's name from it: DescribeCluster is then not asked; its client certificates and tokens are not used",
  },
  {
    flags: "--context <name>",
    key: "context",
    env: "EKS_PROBE_CONTEXT",
    kind: "value",
    help: "context of --kubeconfig (default: its current one)",
    needs: "kubeconfig",
  },
];

/** What this machine cannot tell by itself, or whom to ask for it. */
export const LOCAL_OPTIONS: readonly OptionSpec[] = [
  {
    flags: "--egress-ip <ip>",
    key: "egressIp",
    env: "EKS_PROBE_EGRESS_IP",
    kind: "value",
    help: "this host's address as the internet sees it, to compare with publicAccessCidrs",
    excludes: ["egressService"],
  },
  {
    flags: "--egress-service <url>",
    key: "egressService",
    env: "EKS_PROBE_EGRESS_SERVICE",
    kind: "value",
    help: "ask this service for that address, when a failure has to be explained; no service is asked otherwise",
  },
  {
    flags: "--metadata <url|off>",
    key: "metadata",
    env: "EKS_PROBE_METADATA",
    kind: "value",
    help: "instance metadata service to ask when a failure has to be explained (default: EC2's, unless AWS_EC2_METADATA_DISABLED)",
  },
];
