import { describe, expect, test } from "vitest";
import { leastPolicy, type PolicyFlags } from "../../../src/aws/iam-policy.ts";

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
};

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

  test("is the same with and without a token, since signing needs no permission", () => {
    expect(leastPolicy({ ...FLAGS, anonymous: true })).toEqual(leastPolicy(FLAGS));
  });
});
