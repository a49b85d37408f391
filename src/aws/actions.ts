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

/** What makes the program ask: any run, the search for the ENIs, a role, evidence beyond the map. */
export type ActionUse = "run" | "enis" | "role" | "deep";

/** Every action that the program may ask of AWS. Signing a token is none. */
export const ACTIONS: Readonly<Record<IamAction, ActionUse>> = {
  "eks:DescribeCluster": "run",
  "ec2:DescribeNetworkInterfaces": "enis",
  "ec2:DescribeVpcs": "enis",
  "sts:AssumeRole": "role",
  "eks:ListUpdates": "deep",
  "eks:DescribeUpdate": "deep",
  "eks:ListAccessEntries": "deep",
  "ec2:DescribeSecurityGroups": "deep",
  "ec2:DescribeNetworkAcls": "deep",
  "ec2:DescribeRouteTables": "deep",
  "ec2:DescribeSubnets": "deep",
  "ec2:DescribeNatGateways": "deep",
  "ec2:DescribeVpcAttribute": "deep",
  "ec2:DescribeDhcpOptions": "deep",
};
