import type { DnsCode } from "../model/finding-code.ts";
import type { Explanation } from "./explanation.ts";

export const DNS_EXPLANATIONS: Readonly<Record<DnsCode, Explanation>> = {
  D01: {
    means:
      'Every resolver that was asked gives the endpoint\'s name at least one address. Clients without an address end with "no such host".',
    found:
      "Each DNS server of this machine, and each named by --resolver, is asked for A and AAAA by itself; what each said is kept apart. None that answers fails, unless the hosts file or the system's lookup knows an address; one of several that is silent is a warning.",
    fix: [
      "C01 first: a cluster that is deleted or still CREATING has no name to resolve",
      "eks-probe check --cluster NAME --resolver system --resolver 1.1.1.1   # compares: where only one gives addresses, see D05",
      "look into /etc/resolv.conf; without a server there nothing resolves",
      "a private endpoint made before December 2019: switch public access on and off once, then its addresses are public knowledge",
    ],
    sources: [
      "EKS user guide: cluster endpoint",
      "aws/containers-roadmap#671",
      "aws/containers-roadmap#221",
    ],
    rows: [13, 14],
  },
  D02: {
    means:
      "Programs on this machine do not ask DNS, they ask the system: hosts file, cache, VPN client, then DNS. What they are given should be what DNS says; where it is not, kubectl dials something else than dig shows.",
    found:
      "The hosts file is read and getaddrinfo asked, and both are compared with the answers of the DNS servers. A subset is agreement.",
    fix: [
      "look at the endpoint's line in /etc/hosts; it was right on the day it was written",
      "getent ahosts HOST   # then nsswitch.conf, the resolver cache (resolvectl flush-caches), the VPN client",
    ],
    sources: ["aws/containers-roadmap#1827", "eksctl-io/eksctl#6405"],
    rows: [6, 7, 17],
  },
  D03: {
    means:
      "All resolvers give the same addresses. With public and private access on they differ by design: the VPC's own resolver gives the ENIs, all others the public addresses. Otherwise one of them is behind, or answers from a zone of its own.",
    found:
      "The answers of all DNS servers are compared as sets. ENIs from one and VIPs from another are accepted only when both access modes are on.",
    fix: [
      "dig HOST @SERVER   # for each server: compare addresses and ttl (EKS's is 60)",
      "remove private zones and host overrides for the endpoint's name; forward to the VPC's resolver instead",
    ],
    sources: ["EKS user guide: cluster endpoint", "aws/containers-roadmap#221"],
    rows: [6, 13, 16],
  },
  D04: {
    means:
      "EKS replaces API servers and ENIs, and their addresses with them, within a minute in DNS. A cache, a hosts entry or a record of your own that outlives them leads clients to nobody: some connections time out, others work.",
    found:
      "An address that is dead at TCP, and of which one of these is seen: it is private, and EC2 lists no ENI of the cluster with it; some resolvers give it and others, that give addresses of the same kind, do not; only the hosts file or the system's lookup has it.",
    fix: [
      "dig HOST @SERVER   # a ttl above 60 is not EKS's: find the cache or zone it is from",
      "take fixed records and hosts entries for the endpoint out; let the name resolve",
      "clients: resolve anew for each connection, and retry",
    ],
    sources: [
      "EKS best practices: control plane (DNS TTL 60)",
      "aws/containers-roadmap#1827",
      "aws/containers-roadmap#1155",
    ],
    rows: [6, 17],
  },
  D05: {
    means:
      'The addresses of a private endpoint are private ones under a public name. Home routers and company resolvers drop such answers, taking them for an attack (DNS rebinding): clients behind them get "no such host", though the way by VPN is open.',
    found:
      "Among several resolvers one gives private addresses only, and another says that there is no such name or record. It fails where that other one is this machine's own, and warns where it was only named here. One resolver alone cannot tell.",
    fix: [
      "allow eks.amazonaws.com in the resolver's rebind protection (dnsmasq: rebind-domain-ok=/eks.amazonaws.com/)",
      "forward the endpoint's zone to a Route 53 Resolver inbound endpoint in the VPC",
      "use another resolver on this machine, as VPN clients can set",
    ],
    sources: [
      "aws/containers-roadmap#671",
      "aws/containers-roadmap#221",
      "EKS user guide: cluster endpoint",
    ],
    rows: [13],
  },
  D06: {
    means:
      "With both access modes on, a host in the VPC should be given the ENIs: EKS keeps a private zone for the VPC. It is seen only with enableDnsSupport and enableDnsHostnames, and only by the VPC's own resolver. Otherwise nodes leave the VPC and come back by the public endpoint, through NAT and publicAccessCidrs.",
    found:
      "This host is in the VPC, and a resolver of its own gives only VIPs. With --deep, or when something failed, DescribeVpcAttribute and DescribeDhcpOptions say which setting it is; where all of them are right, this host asks another resolver.",
    fix: [
      "aws ec2 modify-vpc-attribute --vpc-id VPC --enable-dns-support '{\"Value\":true}'",
      "aws ec2 modify-vpc-attribute --vpc-id VPC --enable-dns-hostnames '{\"Value\":true}'",
      "DHCP options: name AmazonProvidedDNS, or let your own servers forward eks.amazonaws.com to the VPC's base address plus two",
      "cat /etc/resolv.conf   # a host that asks another resolver than the VPC's",
    ],
    sources: [
      "EKS user guide: cluster endpoint (private access)",
      "terraform-aws-modules/terraform-aws-eks#526",
    ],
    rows: [15],
  },
  D07: {
    means:
      "With both access modes on, every resolver outside the VPC gives the public addresses, also to hosts that come by VPN or peering. Where a firewall lets only the private way through, the name leads them against it.",
    found:
      "This host is not in the VPC; every VIP is blocked at TCP, and at least one ENI answers from here.",
    fix: [
      "make a Route 53 Resolver inbound endpoint in the VPC, and forward the endpoint's name to it",
      "or allow the public addresses: this host's in publicAccessCidrs, and HTTPS to them in the firewall",
    ],
    sources: ["aws/containers-roadmap#221", "EKS user guide: hybrid nodes networking"],
    rows: [16],
  },
};
