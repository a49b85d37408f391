import { ACTIONS, type ActionUse, type IamAction } from "./actions.ts";

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
  /** Whether evidence beyond the map is to be had too. */
  readonly deep: boolean;
  /** Whether it is the policy of a watch, which follows the cluster's updates. */
  readonly watch: boolean;
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
 * EKS's actions are held to the cluster. EC2's support no resource-level permissions (Service
 * Authorization Reference, "Actions defined by Amazon EC2"), but for ec2:DescribeVpcAttribute, whose
 * VPC is not known beforehand; hence `*`, held to the region where it is known. A token is signed
 * locally, and sts:GetCallerIdentity, which it presigns, needs no permission (STS API Reference,
 * GetCallerIdentity).
 */
export function leastPolicy(flags: PolicyFlags): PolicyDocument {
  const withEnis = flags.paths.includes("eni");
  const statements = [
    onCluster("DescribeCluster", of("run", "eks:"), flags.clusterArnParts),
    ...(withEnis ? [onEc2("FindClusterInterfaces", of("enis", "ec2:"), flags)] : []),
    ...(flags.watch && !flags.deep
      ? [onCluster("FollowUpdates", of("updates", "eks:"), flags.clusterArnParts)]
      : []),
    ...(flags.deep ? furtherEvidence(flags, withEnis) : []),
    ...(flags.roleArn === undefined
      ? []
      : [allow("AssumeRole", of("role", "sts:"), flags.roleArn)]),
  ];
  return { Version: "2012-10-17", Statement: statements };
}

/** A VPC names its DHCP options by ec2:DescribeVpcs, which the search for ENIs allows already. */
function furtherEvidence(flags: PolicyFlags, withEnis: boolean): readonly PolicyStatement[] {
  const vpcs: readonly IamAction[] = withEnis ? [] : ["ec2:DescribeVpcs"];
  return [
    onCluster(
      "ExplainCluster",
      [...of("updates", "eks:"), ...of("deep", "eks:")],
      flags.clusterArnParts,
    ),
    onEc2("ExplainNetwork", [...vpcs, ...of("deep", "ec2:")], flags),
  ];
}

function of(use: ActionUse, service: "eks:" | "ec2:" | "sts:"): readonly string[] {
  return Object.entries(ACTIONS)
    .filter(([action, usedFor]) => usedFor === use && action.startsWith(service))
    .map(([action]) => action);
}

function onCluster(
  sid: string,
  actions: readonly string[],
  { partition, region, account, name }: ClusterArnParts,
): PolicyStatement {
  const arn = `arn:${partition ?? "*"}:eks:${region ?? "*"}:${account ?? "*"}:cluster/${name ?? "*"}`;
  return allow(sid, actions, arn);
}

function onEc2(sid: string, actions: readonly string[], flags: PolicyFlags): PolicyStatement {
  const { region } = flags.clusterArnParts;
  const statement = allow(sid, actions, "*");
  return region === undefined
    ? statement
    : { ...statement, Condition: { StringEquals: { "aws:RequestedRegion": region } } };
}

function allow(sid: string, actions: readonly string[], resource: string): PolicyStatement {
  return { Sid: sid, Effect: "Allow", Action: actions, Resource: resource };
}
