import type { OptionSpec } from "../spec.ts";

export const CLUSTER: OptionSpec = {
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

export const TIMEOUT: OptionSpec = {
  flags: "--timeout <duration>",
  key: "timeout",
  env: "EKS_PROBE_TIMEOUT",
  kind: "value",
  help: "limit for each AWS call, DNS question and probe: 500ms, 3s (default: 5s)",
};

export const OUTPUT: OptionSpec = {
  flags: "-o, --output <format>",
  key: "output",
  env: "EKS_PROBE_OUTPUT",
  kind: "list",
  help: "text or json (default: text)",
};

export const NO_COLOR: OptionSpec = {
  flags: "--no-color",
  key: "noColor",
  env: "EKS_PROBE_NO_COLOR",
  kind: "switch",
  help: "no colour (also NO_COLOR)",
};

export const PATHS: OptionSpec = {
  flags: "--paths <kinds>",
  key: "paths",
  env: "EKS_PROBE_PATHS",
  kind: "value",
  help: "vip: what the name resolves to, eni: the EKS ENIs (default: vip,eni)",
};

export const ANONYMOUS: OptionSpec = {
  flags: "--anonymous",
  key: "anonymous",
  env: "EKS_PROBE_ANONYMOUS",
  kind: "switch",
  help: "send no token; tell API servers apart by certificate",
  excludes: ["insecureSendToken"],
};
