import { type Fact, valueOf } from "../../model/fact.ts";
import { isPublicIp, nthHostOf } from "../../model/ip.ts";
import type { VpcDns } from "../../model/vpc.ts";
import { type Check, type Evidence, passed, problem, skippedCheck } from "../check.ts";
import { notGathered } from "../evidence.ts";
import { kindsOf } from "./d03-resolvers.ts";
import { type ResolverView, resolverViews } from "./views.ts";

/** Inside the VPC the name leads to the ENIs, where private access is on. */
export const vpcResolvesPrivately: Check = {
  topic: "vpc dns",
  title: "inside the VPC the endpoint's name leads to the ENIs when private access is on",
  needs: ["C01"],
  explains: ["N01", "N02"],
  run: (evidence) => {
    const { snapshot, map } = evidence;
    if (map.mode !== "public and private")
      return skippedCheck("only with public and private access on the name has two answers");
    if (snapshot.vantage.insideVpc !== "yes")
      return skippedCheck(`this host is not in the VPC: ${snapshot.vantage.insideVpcReason}`);
    const views = resolverViews(snapshot).filter(
      // A public resolver that the user named gives the public answer, as it should.
      ({ ips, resolver }) => ips.length > 0 && (resolver.system || !isPublicIp(resolver.ip)),
    );
    if (views.length === 0) return skippedCheck("needs an answer from a resolver of the VPC (D01)");
    const outward = views.filter(
      ({ ips }) => kindsOf(ips, snapshot.addresses) === "vip" && ips.every(isPublicIp),
    );
    if (outward.length === 0) return passed("the name leads to the ENIs, as it should in the VPC");
    const cause = causeOf(evidence, outward);
    const named = new Set(outward.flatMap(({ ips }) => ips));
    return problem(
      "warn",
      `${outward.map(({ name }) => name).join(", ")} gives this host in the VPC the public addresses, though private access is on${cause.words}`,
      {
        details: cause.details,
        side: "user",
        next: cause.next,
        addresses: snapshot.addresses.flatMap(({ ip, id }) => (named.has(ip) ? [id] : [])),
      },
    );
  },
};

interface Cause {
  readonly words: string;
  readonly details: readonly string[];
  readonly next: string;
}

function causeOf(evidence: Evidence, outward: readonly ResolverView[]): Cause {
  const { vpcDns } = evidence.snapshot.investigation;
  if (vpcDns.kind !== "known") return notToldBy(vpcDns, evidence);
  const { support, hostnames, nameServers } = vpcDns.value;
  const vpc = valueOf(evidence.snapshot.cluster)?.vpcId ?? "VPC";
  if (support === "no") return attribute("enableDnsSupport", "enable-dns-support", vpc);
  if (hostnames === "no") return attribute("enableDnsHostnames", "enable-dns-hostnames", vpc);
  const own = vpcResolvers(evidence);
  if (nameServers !== undefined && !nameServers.some((server) => own.includes(server))) {
    const { host } = endpointOf(evidence);
    return {
      words: "; the VPC's DHCP options name other DNS servers",
      details: [`domain-name-servers: ${nameServers.join(", ")}`],
      next: `aws ec2 describe-dhcp-options   # name AmazonProvidedDNS, or let ${nameServers.join(", ")} forward ${host} to ${own.at(-1) ?? ""}`,
    };
  }
  return {
    words: "; the VPC's own DNS is set right, this host asks another",
    details: outward.map(
      ({ name }) => `asked: ${name}; the VPC's own are ${own.slice(1).join(", ")}`,
    ),
    next: "cat /etc/resolv.conf   # ask the VPC's own resolver, or forward the endpoint's name to it",
  };
}

function attribute(name: string, flag: string, vpc: string): Cause {
  return {
    words: `; the VPC's ${name} is off`,
    details: ["EKS's private zone is seen only with enableDnsSupport and enableDnsHostnames on"],
    next: `aws ec2 modify-vpc-attribute --vpc-id ${vpc} --${flag} '{"Value":true}'`,
  };
}

function notToldBy(vpcDns: Fact<VpcDns>, evidence: Evidence): Cause {
  const outcome = notGathered(vpcDns, evidence);
  return {
    words: "",
    details: [`why is not known: ${outcome.summary}`],
    next:
      outcome.next ??
      `eks-probe check --cluster ${evidence.snapshot.request.cluster} --deep   # asks EC2 how the VPC's DNS is set`,
  };
}

/** Names of the VPC's own resolver (VPC user guide: the base of the range plus two, 169.254.169.253). */
function vpcResolvers({ snapshot }: Evidence): readonly string[] {
  const cidrs = valueOf(snapshot.vantage.vpcCidrs) ?? [];
  return [
    "AmazonProvidedDNS",
    "169.254.169.253",
    "fd00:ec2::253",
    ...cidrs.flatMap((cidr) => nthHostOf(cidr, 2) ?? []),
  ];
}

function endpointOf({ snapshot }: Evidence): { readonly host: string } {
  return valueOf(snapshot.cluster)?.endpoint ?? { host: "the endpoint's name" };
}
