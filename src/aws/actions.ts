/** As IAM spells it. */
export type IamAction =
  | "eks:DescribeCluster"
  | "ec2:DescribeNetworkInterfaces"
  | "ec2:DescribeVpcs"
  | "sts:AssumeRole"
  | "eks:ListUpdates"
  | "eks:DescribeUpdate"
  | "eks:ListAccessEntries"
  | "ec2:DescribeSecurityGroups"
  | "ec2:DescribeNetworkAcls"
  | "ec2:DescribeRouteTables"
  | "ec2:DescribeSubnets"
  | "ec2:DescribeNatGateways"
  | "ec2:DescribeVpcAttribute"
  | "ec2:DescribeDhcpOptions";

/**
 * What makes the program ask: any run, the search for the ENIs, a role, the cluster's updates (a watch,
 * and evidence beyond the map), other evidence beyond the map.
 */
export type ActionUse = "run" | "enis" | "role" | "updates" | "deep";

/** Every action that the program may ask of AWS. Signing a token is none. */
export const ACTIONS: Readonly<Record<IamAction, ActionUse>> = {
  "eks:DescribeCluster": "run",
  "ec2:DescribeNetworkInterfaces": "enis",
  "ec2:DescribeVpcs": "enis",
  "sts:AssumeRole": "role",
  "eks:ListUpdates": "updates",
  "eks:DescribeUpdate": "updates",
  "eks:ListAccessEntries": "deep",
  "ec2:DescribeSecurityGroups": "deep",
  "ec2:DescribeNetworkAcls": "deep",
  "ec2:DescribeRouteTables": "deep",
  "ec2:DescribeSubnets": "deep",
  "ec2:DescribeNatGateways": "deep",
  "ec2:DescribeVpcAttribute": "deep",
  "ec2:DescribeDhcpOptions": "deep",
};

/**
 * The requests that a question of a watch costs at most, further pages and retries apart: the ENIs
 * and the cluster one each, the updates one for their list and one for each of the five newest.
 */
export const AWS_CALLS = { enis: 1, cluster: 1, updates: 6 } as const;
