import * as v from "valibot";
import { orAbsent } from "../scenario/parts.ts";
import type { AwsFault } from "../scenario.ts";

/** What a scenario file may say of the AWS APIs' faults. */
export const awsFaultSchema: v.GenericSchema<unknown, AwsFault> = v.strictObject({
  action: v.picklist([
    "eks:ListClusters",
    "eks:DescribeCluster",
    "eks:ListUpdates",
    "eks:DescribeUpdate",
    "eks:ListAccessEntries",
    "eks:DescribeAccessEntry",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeVpcs",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSubnets",
    "ec2:DescribeNatGateways",
    "sts:GetCallerIdentity",
    "sts:AssumeRole",
    "*",
  ]),
  kind: v.picklist([
    "access-denied",
    "throttling",
    "expired-token",
    "unrecognized-client",
    "invalid-client-token",
    "region-disabled",
    "server-error",
    "never",
    "garbage",
  ]),
  times: orAbsent(v.pipe(v.number(), v.integer(), v.minValue(1))),
});
