import type { HealthIssue } from "../../model/cluster.ts";
import { valueOf } from "../../model/fact.ts";
import { type Check, count, passed, problem, skippedCheck } from "../check.ts";
import { regionFlag } from "../evidence.ts";

/** EKS itself finds nothing wrong with what it needs in the account. */
export const eksReportsNoIssue: Check = {
  topic: "issues",
  title: "EKS reports no health issue of the cluster",
  needs: ["C01"],
  // Whatever EKS misses in the account keeps it from placing its interfaces.
  explains: ["C02"],
  run: (evidence) => {
    const issues = valueOf(evidence.snapshot.cluster)?.healthIssues;
    if (issues === undefined) return skippedCheck("EKS's answer has no word on health");
    const [first] = issues;
    if (first === undefined) return passed("EKS reports no health issue");
    const codes = [...new Set(issues.map(({ code }) => code))].join(", ");
    const name = evidence.snapshot.request.cluster;
    const show = `aws eks describe-cluster --name ${name}${regionFlag(evidence)} --query cluster.health`;
    return problem("fail", `EKS reports ${count(issues.length, "health issue")}: ${codes}`, {
      details: issues.map(describeIssue),
      side: "aws",
      next: `${show}   # ${REMEDY[first.code] ?? "says what EKS misses; put it right and EKS goes on by itself"}`,
    });
  },
};

function describeIssue({ code, message, resourceIds }: HealthIssue): string {
  const of = resourceIds.length > 0 ? ` (${resourceIds.join(", ")})` : "";
  return `${code}: ${message}${of}`;
}

const TO_SUBNETS =
  "name other subnets: aws eks update-cluster-config --resources-vpc-config subnetIds=…; exec, logs and upgrades need them";

/** Of the issues' codes (EKS API reference, ClusterIssue), what puts it right. */
const REMEDY: Readonly<Record<string, string>> = {
  InsufficientFreeAddresses: "free addresses in the subnets named, or name subnets that have some",
  Ec2SubnetNotFound: TO_SUBNETS,
  VpcNotFound: "a cluster whose VPC is gone has to be created anew",
  Ec2SecurityGroupNotFound:
    "name other groups: aws eks update-cluster-config --resources-vpc-config securityGroupIds=…",
  IamRoleNotFound: "create the cluster's role again under the same name",
  AccessDenied: "give the cluster's role AmazonEKSClusterPolicy, and EKS its service-linked role",
  KmsKeyDisabled: "enable the key, or the cluster cannot be repaired once it is gone",
  KmsKeyMarkedForDeletion: "cancel the key's deletion, or the cluster cannot be repaired",
  KmsKeyNotFound: "a cluster whose key is gone cannot be repaired: create it anew",
  KmsGrantRevoked: "give the cluster's role a grant on the key again",
  StsRegionalEndpointDisabled: "switch the region's STS endpoint on in the account's settings",
  UnsupportedVersion: "upgrade the cluster",
};
