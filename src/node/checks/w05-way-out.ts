import { passed, problem, skippedCheck } from "../../checks/check.ts";
import { familyOf, isPublicIp } from "../../model/ip.ts";
import type { NodeFlow } from "../../model/node/flow.ts";
import { isOfNode } from "../names.ts";
import {
  clusterName,
  hostName,
  type NodeCheck,
  type NodeEvidence,
  type NodeOutcome,
  regionFlag,
} from "./check.ts";
import { type ResolverEvidence, resolverEvidence } from "./resolver.ts";
import { firstOf, groupFlows, groupLine, idsOf, ipsOf, namesOf, openFlows } from "./words.ts";

/** With private access on, the VPC's own resolver gives the ENIs, and nothing has to leave the VPC. */
export const staysInTheVpc: NodeCheck = {
  topic: "way out",
  title: "where private access is on, this worker's clients go to the ENIs and not out to the VIPs",
  run: (evidence) => {
    const { controlPlane, flows } = evidence;
    if (controlPlane.privateAccess === "no")
      return skippedCheck("private access is off: the way to the endpoint is the way out");
    const direct = openFlows(flows).filter(({ translation }) => translation.kind === "none");
    const own = direct.filter(({ process }) => isOfNode(process));
    const vip = direct.filter(({ address }) => address?.kind === "vip");
    const outside = own.filter(isOutside);
    // With private access on the name hardly leads to the VIPs any more, by which one would be known;
    // beside a connection to an ENI it may be a registry's, which older kubelets ask themselves.
    const isOwn = controlPlane.privateAccess === "yes" && outside.length === own.length;
    const out = isOwn ? [...new Set([...vip, ...outside])] : vip;
    if (out.length > 0) {
      return controlPlane.privateAccess === "yes"
        ? goesOut(evidence, out)
        : accessNotKnown(evidence, out);
    }
    if (direct.length === 0) return skippedCheck("no connection to the endpoint was seen");
    // Beside its own connections a kubelet may have one to a registry.
    const isElsewhere = controlPlane.vips.kind === "known" && outside.length < own.length;
    if (outside.length > 0 && !isElsewhere) return perhapsOut(evidence, outside);
    const inside = own.filter((flow) => !outside.includes(flow));
    if (own.length > 0) return staysInside(inside, outside);
    const to = ipsOf(direct.map(({ seen }) => seen)).join(", ");
    return passed(`no connection goes out to a VIP: they go to ${to}`);
  },
};

/** Who has a private address is in the VPC, or in a network that is joined to it. */
function staysInside(inside: readonly NodeFlow[], outside: readonly NodeFlow[]): NodeOutcome {
  const words = `${going(namesOf(inside))} to ${ipsOf(inside.map(({ seen }) => seen)).join(", ")}`;
  const unknown = inside.filter((flow) => !isAtEni(flow));
  if (unknown.some(({ seen }) => isPublicIp(seen.ip)))
    return skippedCheck(`${words}; whether that is an ENI is not known`);
  return passed(`${words}, ${unknown.length === 0 ? "inside the VPC" : "not a public address"}`, {
    details: outside.length === 0 ? [] : elsewhere(outside),
  });
}

function isAtEni({ address }: NodeFlow): boolean {
  return address?.kind === "eni" || address?.kind === "former-eni";
}

/** An ENI's IPv6 address looks as public as any. */
function isOutside(flow: NodeFlow): boolean {
  const { ip } = flow.seen;
  return !isAtEni(flow) && familyOf(ip) === 4 && isPublicIp(ip);
}

/** `kubelet goes`, `kubelet, kube-proxy go`. */
function going(names: string): string {
  return `${names} ${names.includes(",") ? "go" : "goes"}`;
}

/** kubelet and kube-proxy, or who else goes out. */
function whoGoes(out: readonly NodeFlow[]): string {
  const own = out.filter(({ process }) => isOfNode(process));
  return namesOf(own.length > 0 ? own : out);
}

function goesOut(evidence: NodeEvidence, out: readonly NodeFlow[]): NodeOutcome {
  const { controlPlane, snapshot } = evidence;
  const who = whoGoes(out);
  const resolver = resolverEvidence(snapshot);
  return problem(
    "warn",
    `${going(who)} out to ${ipsOf(out.map(({ seen }) => seen)).join(", ")}, though private access is on`,
    {
      details: [
        ...firstOf(groupFlows(out).map(groupLine)),
        resolver.line,
        ...causesBy(resolver),
        "this worker depends on its NAT gateway and on publicAccessCidrs",
      ],
      side: resolver.kind === "other" ? "resolver" : "user",
      next: nextFor(resolver, controlPlane.endpointHost ?? "the endpoint's name", controlPlane),
      addresses: idsOf(out.map(({ seen }) => seen)),
    },
  );
}

function causesBy({ kind }: ResolverEvidence): readonly string[] {
  if (kind !== "vpc") return [];
  return [
    "1. the VPC's enableDnsHostnames or enableDnsSupport is off: its resolver then gives the VIPs",
    "2. the connections are older than private access, and stay until they end",
  ];
}

function nextFor(
  { kind }: ResolverEvidence,
  host: string,
  controlPlane: NodeEvidence["controlPlane"],
): string {
  switch (kind) {
    case "vpc":
      return `eks-probe check --cluster ${clusterName(controlPlane)} --deep   # asks EC2 how the VPC's DNS is set (D06)`;
    case "stub":
      return "resolvectl status   # whom does it ask? The VPC's own resolver is 169.254.169.253";
    case "other":
      return `cat /etc/resolv.conf   # name the VPC's own resolver (169.254.169.253), or forward ${host} to it`;
    case "unknown":
      return "cat /etc/resolv.conf   # is it the VPC's own resolver (169.254.169.253, or the VPC's base + 2)?";
  }
}

function accessNotKnown({ controlPlane }: NodeEvidence, out: readonly NodeFlow[]): NodeOutcome {
  const who = whoGoes(out);
  return problem(
    "unknown",
    `${going(who)} out to ${ipsOf(out.map(({ seen }) => seen)).join(", ")}; whether private access is on is not known`,
    {
      details: firstOf(groupFlows(out).map(groupLine)),
      side: "user",
      next: `aws eks describe-cluster --name ${clusterName(controlPlane)}${regionFlag(controlPlane)} --query cluster.resourcesVpcConfig.endpointPrivateAccess   # true: they should go to the ENIs`,
      addresses: idsOf(out.map(({ seen }) => seen)),
    },
  );
}

function elsewhere(outside: readonly NodeFlow[]): readonly string[] {
  const ips = ipsOf(outside.map(({ seen }) => seen)).join(", ");
  return [`${going(namesOf(outside))} to ${ips}, too, which the endpoint's name does not lead to`];
}

/** A public address that may be the endpoint's, as far as that is known. */
function perhapsOut({ controlPlane }: NodeEvidence, out: readonly NodeFlow[]): NodeOutcome {
  const words = `${going(namesOf(out))} out to ${ipsOf(out.map(({ seen }) => seen)).join(", ")}`;
  const { vips } = controlPlane;
  if (vips.kind === "skipped")
    return skippedCheck(`${words}; the endpoint's addresses are not known: ${vips.reason}`);
  return problem("unknown", `${words}, which may be the endpoint's or not`, {
    details: [
      ...firstOf(groupFlows(out).map(groupLine)),
      ...(vips.kind === "unknown" ? [vips.failure.message] : []),
    ],
    side: "local",
    next: `dig +short ${hostName(controlPlane.endpointHost, "ENDPOINT")} @8.8.8.8   # is it one of these?`,
    addresses: idsOf(out.map(({ seen }) => seen)),
  });
}
