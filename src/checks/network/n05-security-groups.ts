import type { Address } from "../../model/address.ts";
import type { Eni } from "../../model/cluster.ts";
import { type Tri, valueOf } from "../../model/fact.ts";
import { familyOf, hostCidr } from "../../model/ip.ts";
import type { SecurityGroup, SecurityGroupRule } from "../../model/vpc.ts";
import {
  type Check,
  type Evidence,
  type Outcome,
  passed,
  problem,
  shortAddress,
  skippedCheck,
} from "../check.ts";
import { answers } from "../dead.ts";
import { notGathered, regionFlag } from "../evidence.ts";
import { groupsLetIn, isForTcpPort } from "./filters/security-group.ts";
import { type Origin, originOf } from "./origin.ts";
import { silentEnis } from "./silent-enis.ts";

/** The groups on the cluster's interfaces let this host in. */
export const groupsLetThisHostIn: Check = {
  topic: "groups",
  title: "the security groups of the ENIs let this host in on the endpoint's port",
  optional: true,
  needs: ["C02"],
  explains: ["N01"],
  run: (evidence) => {
    const silent = silentEnis(evidence);
    if (silent.length === 0) return skippedCheck("no ENI that should answer is silent");
    const { securityGroups } = evidence.snapshot.investigation;
    if (securityGroups.kind !== "known") return notGathered(securityGroups, evidence);
    const judged = silent.map(({ address, eni }) =>
      judge(address, eni, securityGroups.value, evidence),
    );
    const shut = judged.filter(({ letsIn }) => letsIn === "no");
    if (shut.length > 0) return missingRule(shut, securityGroups.value, evidence);
    const unsure = judged.filter(({ letsIn }) => letsIn === "unknown");
    if (unsure.length > 0) return cannotTell(unsure);
    return passed(`the ENIs' groups let ${judged[0]?.origin?.ip ?? ""} in`);
  },
};

interface Judged {
  readonly address: Address;
  readonly groupIds: readonly string[];
  readonly origin: Origin | undefined;
  readonly letsIn: Tri;
}

function judge(
  address: Address,
  eni: Eni,
  groups: readonly SecurityGroup[],
  evidence: Evidence,
): Judged {
  const groupIds = eni.securityGroupIds ?? [];
  const origin = originOf(evidence.snapshot, address.family);
  if (letInElsewhere(groupIds, evidence)) return { address, groupIds, origin, letsIn: "yes" };
  const letsIn =
    origin === undefined || groupIds.length === 0
      ? "unknown"
      : groupsLetIn(groupIds, groups, origin, address.port);
  return { address, groupIds, origin, letsIn };
}

/** The same groups let this host in at another ENI: they are not what drops its packets here. */
function letInElsewhere(groupIds: readonly string[], { snapshot, map }: Evidence): boolean {
  if (groupIds.length === 0) return false;
  const alike = (valueOf(snapshot.enis) ?? []).filter(
    ({ securityGroupIds = [] }) =>
      securityGroupIds.length === groupIds.length &&
      securityGroupIds.every((id) => groupIds.includes(id)),
  );
  const ips = new Set(alike.flatMap(({ privateIp, otherIps }) => [privateIp, ...otherIps]));
  return snapshot.addresses.some(({ id, ip }) => ips.has(ip) && answers(map, id));
}

function missingRule(
  shut: readonly Judged[],
  groups: readonly SecurityGroup[],
  evidence: Evidence,
): Outcome {
  const [first] = shut;
  const [{ ip, words, groupIds }, port] = [
    first?.origin ?? { ip: "this host", words: "", groupIds: undefined },
    first?.address.port ?? 443,
  ];
  const member = groupIds !== undefined && groupIds.length > 0;
  const who = member ? `${ip} (member of ${groupIds.join(", ")})` : ip;
  const ids = [...new Set(shut.flatMap((one) => one.groupIds))];
  return problem("fail", `no rule of ${ids.join(", ")} lets ${who} in on TCP ${port}`, {
    details: [
      ...shut.map(({ address, groupIds: own }) => `${shortAddress(address.id)}: ${own.join(", ")}`),
      ...ids.map((id) => `${id} lets in on TCP ${port}: ${whomItLetsIn(id, groups, port)}`),
      `${ip} is ${words}`,
    ],
    side: "user",
    next: `aws ec2 authorize-security-group-ingress${regionFlag(evidence)} --group-id ${toBeOpened(ids, evidence)} ${permission(ip, groupIds?.[0], port)}`,
    addresses: shut.map(({ address }) => address.id),
  });
}

/** A group outlives the addresses of its members. */
function permission(ip: string, groupId: string | undefined, port: number): string {
  if (groupId !== undefined) return `--protocol tcp --port ${port} --source-group ${groupId}`;
  return familyOf(ip) === 4
    ? `--protocol tcp --port ${port} --cidr ${hostCidr(ip)}`
    : `--ip-permissions IpProtocol=tcp,FromPort=${port},ToPort=${port},Ipv6Ranges=[{CidrIpv6=${hostCidr(ip)}}]`;
}

/** The cluster's own group is on every ENI; any other may be on some only. */
function toBeOpened(ids: readonly string[], { snapshot }: Evidence): string {
  const own = valueOf(snapshot.cluster)?.clusterSecurityGroupId;
  return (own !== undefined && ids.includes(own) ? own : ids[0]) ?? "";
}

function whomItLetsIn(id: string, groups: readonly SecurityGroup[], port: number): string {
  const rules = groups.find((group) => group.id === id)?.rules ?? [];
  const sources = rules
    .filter((rule) => rule.direction === "ingress" && isForTcpPort(rule, port))
    .flatMap(sourcesOf);
  return sources.length > 0 ? [...new Set(sources)].join(", ") : "nobody";
}

function sourcesOf({ cidrs, groupIds, prefixListIds }: SecurityGroupRule): readonly string[] {
  return [...cidrs, ...groupIds.map((id) => `members of ${id}`), ...prefixListIds];
}

function cannotTell(unsure: readonly Judged[]): Outcome {
  const [first] = unsure;
  const { groupIds = [], origin } = first ?? {};
  const why = whyUnsure(groupIds, origin);
  return problem("unknown", `whether the ENIs' groups let this host in is not known: ${why}`, {
    details: unsure.map(
      ({ address, groupIds: own }) => `${shortAddress(address.id)}: ${own.join(", ")}`,
    ),
    side: "user",
    next: `aws ec2 describe-security-group-rules --filters Name=group-id,Values=${groupIds.join(",")}   # is there one for this host?`,
  });
}

function whyUnsure(groupIds: readonly string[], origin: Origin | undefined): string {
  if (groupIds.length === 0) return "EC2 does not name the ENI's groups";
  if (origin === undefined) return "this host has no address of the family";
  if (origin.groupIds === undefined)
    return `they let members of groups in, and whether ${origin.ip} is one is not known`;
  return "a rule names a prefix list, or EC2 did not tell a group's rules";
}
