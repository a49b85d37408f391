import { describe, expect, test } from "vitest";
import { ACTIONS } from "../../../src/aws/actions.ts";
import * as ec2 from "../../../src/aws/ec2-client.ts";
import * as ec2Evidence from "../../../src/aws/ec2-evidence-client.ts";
import * as eks from "../../../src/aws/eks-client.ts";
import * as eksEvidence from "../../../src/aws/eks-evidence-client.ts";
import { leastPolicy, type PolicyFlags } from "../../../src/aws/iam-policy.ts";
import * as sts from "../../../src/aws/sts-client.ts";

const FLAGS: PolicyFlags = {
  clusterArnParts: {
    partition: "aws",
    region: "eu-west-1",
    account: "111122223333",
    name: "demo",
  },
  paths: ["vip", "eni"],
  roleArn: undefined,
  anonymous: false,
  deep: false,
  watch: false,
};

function allowedBy(flags: Partial<PolicyFlags>): readonly string[] {
  return leastPolicy({ ...FLAGS, ...flags }).Statement.flatMap(({ Action }) => Action);
}

/** The actions behind the commands of a client: the program sends no others. */
function commands(service: string, client: object): readonly string[] {
  return Object.keys(client)
    .filter((name) => name.endsWith("Command"))
    .map((name) => `${service}:${name.replace(/Command$/, "")}`);
}

describe("leastPolicy", () => {
  test("allows the cluster's description and, in its region, the search for interfaces", () => {
    expect(leastPolicy(FLAGS)).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "DescribeCluster",
          Effect: "Allow",
          Action: ["eks:DescribeCluster"],
          Resource: "arn:aws:eks:eu-west-1:111122223333:cluster/demo",
        },
        {
          Sid: "FindClusterInterfaces",
          Effect: "Allow",
          Action: ["ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcs"],
          Resource: "*",
          Condition: { StringEquals: { "aws:RequestedRegion": "eu-west-1" } },
        },
      ],
    });
  });

  test("asks for nothing of EC2 when only VIPs are wanted", () => {
    const text = JSON.stringify(leastPolicy({ ...FLAGS, paths: ["vip"] }));
    expect(text).not.toContain("ec2:");
  });

  test("puts a wildcard where a part is not known, and then no condition", () => {
    const policy = leastPolicy({
      ...FLAGS,
      clusterArnParts: {
        partition: undefined,
        region: undefined,
        account: undefined,
        name: undefined,
      },
    });
    expect(policy.Statement[0]?.Resource).toBe("arn:*:eks:*:*:cluster/*");
    expect(policy.Statement[1]).not.toHaveProperty("Condition");
  });

  test("allows the role to be assumed, and only that role", () => {
    const roleArn = "arn:aws:iam::111122223333:role/probe";
    expect(leastPolicy({ ...FLAGS, roleArn }).Statement.at(-1)).toEqual({
      Sid: "AssumeRole",
      Effect: "Allow",
      Action: ["sts:AssumeRole"],
      Resource: roleArn,
    });
  });

  test("with --deep allows what explains a failure, and no more than that", () => {
    expect(leastPolicy({ ...FLAGS, deep: true }).Statement.slice(2)).toEqual([
      {
        Sid: "ExplainCluster",
        Effect: "Allow",
        Action: ["eks:ListUpdates", "eks:DescribeUpdate", "eks:ListAccessEntries"],
        Resource: "arn:aws:eks:eu-west-1:111122223333:cluster/demo",
      },
      {
        Sid: "ExplainNetwork",
        Effect: "Allow",
        Action: [
          "ec2:DescribeSecurityGroups",
          "ec2:DescribeNetworkAcls",
          "ec2:DescribeRouteTables",
          "ec2:DescribeSubnets",
          "ec2:DescribeNatGateways",
          "ec2:DescribeVpcAttribute",
          "ec2:DescribeDhcpOptions",
        ],
        Resource: "*",
        Condition: { StringEquals: { "aws:RequestedRegion": "eu-west-1" } },
      },
    ]);
    expect(leastPolicy({ ...FLAGS, deep: true }).Statement.slice(0, 2)).toEqual(
      leastPolicy(FLAGS).Statement,
    );
  });

  test("with --deep and without ENIs still lets the VPC name its DHCP options", () => {
    expect(allowedBy({ paths: ["vip"], deep: true })).toContain("ec2:DescribeVpcs");
    expect(allowedBy({ paths: ["vip"], deep: true })).not.toContain(
      "ec2:DescribeNetworkInterfaces",
    );
  });

  test("for a watch allows the cluster's updates to be read, and no other evidence", () => {
    const policy = leastPolicy({ ...FLAGS, watch: true });
    expect(policy.Statement.slice(0, 2)).toEqual(leastPolicy(FLAGS).Statement);
    expect(policy.Statement.slice(2)).toEqual([
      {
        Sid: "FollowUpdates",
        Effect: "Allow",
        Action: ["eks:ListUpdates", "eks:DescribeUpdate"],
        Resource: "arn:aws:eks:eu-west-1:111122223333:cluster/demo",
      },
    ]);
  });

  test("allows nothing twice: what explains a failure has the updates already", () => {
    const both = leastPolicy({ ...FLAGS, watch: true, deep: true });
    expect(both).toEqual(leastPolicy({ ...FLAGS, deep: true }));
    const actions = both.Statement.flatMap(({ Action }) => Action);
    expect(actions).toHaveLength(new Set(actions).size);
  });

  test("lacks no call that the program can make, and allows none that it cannot", () => {
    const made = [
      ...commands("eks", eks),
      ...commands("eks", eksEvidence),
      ...commands("ec2", ec2),
      ...commands("ec2", ec2Evidence),
      ...commands("sts", sts),
    ];
    const allowed = allowedBy({ roleArn: "arn:aws:iam::111122223333:role/probe", deep: true });
    expect(allowed.toSorted()).toEqual([...new Set(made)].toSorted());
    expect(allowed.toSorted()).toEqual(Object.keys(ACTIONS).toSorted());
  });

  test("is the same with and without a token, since signing needs no permission", () => {
    expect(leastPolicy({ ...FLAGS, anonymous: true })).toEqual(leastPolicy(FLAGS));
  });
});
