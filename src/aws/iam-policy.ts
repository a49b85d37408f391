/** Parts of the cluster's ARN; an undefined one becomes `*`. */
export interface ClusterArnParts {
  readonly partition: string | undefined;
  readonly region: string | undefined;
  readonly account: string | undefined;
  readonly name: string | undefined;
}

/** What a run was asked to do, as far as it needs permissions. */
export interface PolicyFlags {
  readonly clusterArnParts: ClusterArnParts;
  readonly paths: readonly ("vip" | "eni")[];
  readonly roleArn: string | undefined;
  /** Whether the run goes without a token. Signing one needs no permission: no difference here. */
  readonly anonymous: boolean;
}

export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** An IAM policy document, ready for JSON. */
export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly PolicyStatement[];
}

/**
 * The least policy for a run. `AssumeRole` belongs to whoever starts the program, the other
 * statements to the role then; without a role all belong to the same principal.
 *
 * ec2:DescribeNetworkInterfaces and ec2:DescribeVpcs support no resource-level permissions (Service
 * Authorization Reference, "Actions defined by Amazon EC2"), hence `*`, held to the region where it
 * is known. A token is signed locally, and sts:GetCallerIdentity, which it presigns, needs no
 * permission (STS API Reference, GetCallerIdentity).
 */
export function leastPolicy(flags: PolicyFlags): PolicyDocument {
  const { partition, region, account, name } = flags.clusterArnParts;
  const statements: PolicyStatement[] = [
    {
      Sid: "DescribeCluster",
      Effect: "Allow",
      Action: ["eks:DescribeCluster"],
      Resource: `arn:${partition ?? "*"}:eks:${region ?? "*"}:${account ?? "*"}:cluster/${name ?? "*"}`,
    },
  ];
  if (flags.paths.includes("eni")) {
    statements.push({
      Sid: "FindClusterInterfaces",
      Effect: "Allow",
      Action: ["ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcs"],
      Resource: "*",
      ...(region === undefined
        ? {}
        : { Condition: { StringEquals: { "aws:RequestedRegion": region } } }),
    });
  }
  if (flags.roleArn !== undefined) {
    statements.push({
      Sid: "AssumeRole",
      Effect: "Allow",
      Action: ["sts:AssumeRole"],
      Resource: flags.roleArn,
    });
  }
  return { Version: "2012-10-17", Statement: statements };
}
