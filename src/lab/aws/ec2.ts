import { describeNetworkAcls } from "./ec2-acls.ts";
import { describeEnis } from "./ec2-enis.ts";
import { describeSecurityGroups } from "./ec2-groups.ts";
import { describeRouteTables } from "./ec2-routes.ts";
import { describeNatGateways, describeSubnets } from "./ec2-subnets.ts";
import { describeDhcpOptions, describeVpcAttribute, describeVpcs } from "./ec2-vpcs.ts";
import type { AwsCall, AwsWorld, Operation, ServiceResult } from "./service.ts";
import { serviceError } from "./service.ts";

const VERSION = "2016-11-15";

const ACTIONS: Readonly<Record<string, (call: AwsCall, world: AwsWorld) => ServiceResult>> = {
  DescribeDhcpOptions: describeDhcpOptions,
  DescribeNatGateways: describeNatGateways,
  DescribeNetworkAcls: describeNetworkAcls,
  DescribeNetworkInterfaces: describeEnis,
  DescribeRouteTables: describeRouteTables,
  DescribeSecurityGroups: describeSecurityGroups,
  DescribeSubnets: describeSubnets,
  DescribeVpcAttribute: describeVpcAttribute,
  DescribeVpcs: describeVpcs,
};

/** The EC2 API, as far as it tells of a cluster's network; other actions are InvalidAction. */
export function routeEc2(call: AwsCall, world: AwsWorld): Operation {
  const name = call.request.params.get("Action") ?? "";
  const action = `ec2:${name}`;
  return {
    action,
    denial: () =>
      `You are not authorized to perform this operation. User: ${call.caller.arn} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`,
    run: () => runAction(name, call, world),
  };
}

function runAction(name: string, call: AwsCall, world: AwsWorld): ServiceResult {
  const version = call.request.params.get("Version");
  if (name === "") {
    return serviceError("MissingAction", "The request must contain the parameter Action");
  }
  if (version !== VERSION) {
    return serviceError(
      "NoSuchVersion",
      `The requested version (${version ?? ""}) of service AmazonEC2 does not exist`,
    );
  }
  const run = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  return (
    run?.(call, world) ??
    serviceError("InvalidAction", `The action ${name} is not valid for this web service.`)
  );
}
