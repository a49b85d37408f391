import { type Fact, known, unknown } from "../../src/model/fact.ts";
import type { Failure } from "../../src/model/failure.ts";
import type { Finding } from "../../src/model/finding.ts";
import type { FindingCode } from "../../src/model/finding-code.ts";
import {
  type Instance,
  type Investigation,
  notInvestigated,
} from "../../src/model/investigation.ts";
import type {
  NetworkAcl,
  NetworkAclEntry,
  RouteTable,
  SecurityGroup,
  SecurityGroupRule,
} from "../../src/model/vpc.ts";
import type { ReportInput } from "../../src/report/input.ts";

/** Evidence of which only these questions were asked. */
export function investigated(change: Partial<Investigation>): Investigation {
  return { ...notInvestigated(), ...change };
}

/** What EC2 says to who may not ask. */
export const NOT_ALLOWED: Failure = {
  code: "access-denied",
  phase: "investigate",
  side: "user",
  message: "ec2:DescribeSomething was denied (UnauthorizedOperation)",
};

export const notAllowed: Fact<never> = unknown(NOT_ALLOWED);

/** The next step of whoever may not ask. */
export const POLICY =
  "eks-probe iam --cluster gonz-eks-pub --deep   # prints the policy for these questions";

export function ingress(change: Partial<SecurityGroupRule>): SecurityGroupRule {
  return {
    direction: "ingress",
    protocol: "tcp",
    fromPort: 443,
    toPort: 443,
    cidrs: [],
    groupIds: [],
    prefixListIds: [],
    ...change,
  };
}

/** The cluster's own group as EKS makes it: its members, and all the way out. */
export function clusterGroup(rules: readonly SecurityGroupRule[] = []): SecurityGroup {
  return {
    id: "sg-0c",
    name: "eks-cluster-sg-gonz-eks-pub-1",
    rules: [
      ingress({ protocol: "-1", fromPort: undefined, toPort: undefined, groupIds: ["sg-0c"] }),
      ...rules,
    ],
  };
}

function forAll(
  direction: NetworkAclEntry["direction"],
  number: number,
  action: NetworkAclEntry["action"],
): NetworkAclEntry {
  const ports = { fromPort: undefined, toPort: undefined };
  return { number, direction, action, protocol: "-1", cidr: "0.0.0.0/0", ...ports };
}

/** An ACL as EC2 makes it: all in, all out; `entries` go before. */
export function openAcl(
  subnetIds: readonly string[],
  entries: readonly NetworkAclEntry[] = [],
): NetworkAcl {
  return {
    id: `acl-${subnetIds[0] ?? "0"}`,
    subnetIds,
    entries: [
      ...entries,
      forAll("ingress", 100, "allow"),
      forAll("egress", 100, "allow"),
      forAll("ingress", 32_767, "deny"),
      forAll("egress", 32_767, "deny"),
    ],
  };
}

export function mainTable(change: Partial<RouteTable> = {}): RouteTable {
  return {
    id: "rtb-main",
    subnetIds: [],
    isMain: true,
    routes: [{ destination: "10.0.0.0/16", target: "local", state: "active" }],
    ...change,
  };
}

export function instanceIn(vpcId: string, change: Partial<Instance> = {}): Fact<Instance> {
  return known({
    instanceId: "i-0a",
    region: "ap-northeast-2",
    privateIp: "10.0.105.163",
    publicIp: undefined,
    vpcId,
    subnetId: "subnet-0w",
    securityGroupIds: ["sg-0w"],
    ...change,
  });
}

/** What a report says of one code. */
export function of({ findings }: ReportInput, code: FindingCode): Finding {
  const finding = findings.find((one) => one.code === code);
  if (finding === undefined) throw new Error(`no finding ${code}`);
  return finding;
}

export function inShort({ status, summary }: Finding): readonly [string, string] {
  return [status, summary];
}
