import type { OptionSpec } from "./spec.ts";

const CLUSTER: OptionSpec = {
  flags: "--cluster <name>",
  key: "cluster",
  env: "EKS_PROBE_CLUSTER",
  kind: "value",
  help: "name of the EKS cluster",
};

/** Who asks AWS, and where. */
export const AWS_OPTIONS: readonly OptionSpec[] = [
  {
    flags: "--region <region>",
    key: "region",
    env: "EKS_PROBE_REGION",
    kind: "value",
    help: "AWS region (default: AWS_REGION, AWS_DEFAULT_REGION or the profile's)",
  },
  {
    flags: "--profile <name>",
    key: "profile",
    env: "EKS_PROBE_PROFILE",
    kind: "value",
    help: "profile of the AWS config files (default: AWS_PROFILE)",
  },
  {
    flags: "--role-arn <arn>",
    key: "roleArn",
    env: "EKS_PROBE_ROLE_ARN",
    kind: "value",
    help: "role to assume first, for AWS calls and token",
  },
  {
    flags: "--external-id <id>",
    key: "externalId",
    env: "EKS_PROBE_EXTERNAL_ID",
    kind: "value",
    help: "external id that the role asks for",
    needs: "roleArn",
  },
];

const TIMEOUT: OptionSpec = {
  flags: "--timeout <duration>",
  key: "timeout",
  env: "EKS_PROBE_TIMEOUT",
  kind: "value",
  help: "limit for each AWS call, DNS question and probe: 500ms, 3s (default: 5s)",
};

const OUTPUT: OptionSpec = {
  flags: "-o, --output <format>",
  key: "output",
  env: "EKS_PROBE_OUTPUT",
  kind: "value",
  help: "text or json (default: text)",
};

const NO_COLOR: OptionSpec = {
  flags: "--no-color",
  key: "noColor",
  env: "EKS_PROBE_NO_COLOR",
  kind: "switch",
  help: "no colour (also NO_COLOR)",
};

const PATHS: OptionSpec = {
  flags: "--paths <kinds>",
  key: "paths",
  env: "EKS_PROBE_PATHS",
  kind: "value",
  help: "vip: what the name resolves to, eni: the EKS ENIs (default: vip,eni)",
};

const ANONYMOUS: OptionSpec = {
  flags: "--anonymous",
  key: "anonymous",
  env: "EKS_PROBE_ANONYMOUS",
  kind: "switch",
  help: "send no token; tell API servers apart by certificate",
  excludes: ["insecureSendToken"],
};

export const ENDPOINTS_OPTIONS: readonly OptionSpec[] = [
  CLUSTER,
  ...AWS_OPTIONS,
  {
    flags: "--resolver <ip[:port]>",
    key: "resolver",
    env: "EKS_PROBE_RESOLVER",
    kind: "list",
    help: 'DNS server to ask instead of the system\'s; "system" names those; repeatable',
  },
  {
    flags: "--connect-to <rule>",
    key: "connectTo",
    env: "EKS_PROBE_CONNECT_TO",
    kind: "list",
    help: "HOST1:PORT1:HOST2:PORT2 as in curl: dial HOST2:PORT2 for HOST1:PORT1; empty parts mean any; the first match wins; repeatable",
  },
  {
    flags: "-n, --samples <n>",
    key: "samples",
    env: "EKS_PROBE_SAMPLES",
    kind: "value",
    help: "fresh connections per address (default: 1)",
  },
  {
    flags: "--interval <duration>",
    key: "interval",
    env: "EKS_PROBE_INTERVAL",
    kind: "value",
    help: "between two connections to one address: 200ms, 1s (default: as fast as they come)",
  },
  {
    flags: "--until-sure <share>",
    key: "untilSure",
    env: "EKS_PROBE_UNTIL_SURE",
    kind: "value",
    help: "instead of -n: connect until another backend has at most this share of each address (5%), or a second one is met",
    excludes: ["samples"],
  },
  {
    flags: "--compare-reuse",
    key: "compareReuse",
    env: "EKS_PROBE_COMPARE_REUSE",
    kind: "switch",
    help: "also ask over one kept connection per address, to show what reuse hides",
  },
  {
    flags: "--deep",
    key: "deep",
    env: "EKS_PROBE_DEEP",
    kind: "switch",
    help: "also ask every API server for its version, health, who it takes the caller for, identity leases and the service's endpoints",
  },
  TIMEOUT,
  PATHS,
  {
    flags: "--http1.1",
    key: "http1.1",
    env: "EKS_PROBE_HTTP1_1",
    kind: "switch",
    help: "offer HTTP/1.1 only",
    excludes: ["http2"],
  },
  {
    flags: "--http2",
    key: "http2",
    env: "EKS_PROBE_HTTP2",
    kind: "switch",
    help: "offer HTTP/2 only",
    excludes: ["http1.1"],
  },
  {
    flags: "-4, --ipv4",
    key: "ipv4",
    env: "EKS_PROBE_IPV4",
    kind: "switch",
    help: "IPv4 addresses only",
    excludes: ["ipv6"],
  },
  {
    flags: "-6, --ipv6",
    key: "ipv6",
    env: "EKS_PROBE_IPV6",
    kind: "switch",
    help: "IPv6 addresses only",
    excludes: ["ipv4"],
  },
  ANONYMOUS,
  {
    flags: "--insecure",
    key: "insecure",
    env: "EKS_PROBE_INSECURE",
    kind: "switch",
    help: "go on where a certificate is not verified, without the token",
  },
  {
    flags: "--insecure-send-token",
    key: "insecureSendToken",
    env: "EKS_PROBE_INSECURE_SEND_TOKEN",
    kind: "switch",
    help: "with --insecure: send the token even there",
    needs: "insecure",
  },
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

export const IAM_OPTIONS: readonly OptionSpec[] = [
  { ...CLUSTER, help: "name of the EKS cluster (default: any)" },
  ...AWS_OPTIONS.filter(({ key }) => key === "region" || key === "roleArn"),
  PATHS,
  ANONYMOUS,
];

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
