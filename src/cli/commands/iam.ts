import { leastPolicy } from "../../aws/iam-policy.ts";
import { parseClusterName, parseRegion, parseRoleArn } from "../../target/names.ts";
import { parsePaths } from "../../target/paths.ts";
import { EXIT } from "../exit-codes.ts";
import type { RunCommand } from "../io.ts";

export const runIam: RunCommand = (values, _rest, io) => {
  const roleArn = values.one("roleArn", parseRoleArn);
  // A role lives in the account whose cluster it reads; without one the account is anybody's.
  const [, partition, , , account] = roleArn?.split(":") ?? [];
  const region =
    values.one("region", parseRegion) ??
    io.environment["AWS_REGION"] ??
    io.environment["AWS_DEFAULT_REGION"];
  const policy = leastPolicy({
    clusterArnParts: {
      partition: partition ?? "aws",
      region,
      account,
      name: values.one("cluster", parseClusterName),
    },
    paths: values.one("paths", parsePaths) ?? ["vip", "eni"],
    roleArn,
    anonymous: values.has("anonymous"),
    deep: values.has("deep"),
    watch: values.has("watch"),
  });
  io.stdout.write(`${JSON.stringify(policy, null, 2)}\n`);
  return Promise.resolve(EXIT.ok);
};
