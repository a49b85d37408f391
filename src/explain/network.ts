import type { NetworkCode } from "../model/finding-code.ts";
import { LATENCY_EXPECTED } from "./expectations.ts";
import type { Explanation } from "./explanation.ts";

export const NETWORK_EXPLANATIONS: Readonly<Record<NetworkCode, Explanation>> = {
  N01: {
    means:
      "Every address that should be reachable from here answers: TCP, TLS and HTTP. It tells that a path failed; where a more specific finding names the cause, this one is shown under it.",
    found:
      "One or more fresh connections to every address, each verified against the cluster's CA. A private address is expected to answer only inside the VPC, or where another one proves the route; elsewhere its silence is by design, and not a failure.",
    fix: [
      "eks-probe check --cluster NAME --deep   # asks EC2 for groups, ACLs, routes and DNS settings around the path",
      "the failure's own words tell the layer: timeout (a filter drops), refused (nothing listens), reset, stall",
    ],
    sources: ["EKS user guide: cluster endpoint", "EKS best practices: control plane"],
    rows: [1, 3, 4, 5, 6, 7, 8],
  },
  N02: {
    means:
      'The public endpoint lets in only the ranges of publicAccessCidrs, and drops everyone else without a word: "dial tcp …: i/o timeout" at every public address.',
    found:
      "Every VIP that was tried times out at TCP (none refuses), public access is not off, and the address this host leaves by is in none of publicAccessCidrs. That address is --egress-ip, the answer of --egress-service, a public address of this host, or the instance's public address by its metadata, in this order; no service is asked unless you name one.",
    fix: [
      "aws eks update-cluster-config --name NAME --resources-vpc-config publicAccessCidrs=OLD,…,IP/32   # the list is replaced: keep the old ones in it",
      "inside the VPC, or with a way into it: switch private access on and use that",
      "CI runners: a fixed egress (NAT with an Elastic IP) instead of an allowlist that is never complete",
    ],
    sources: [
      "EKS user guide: cluster endpoint (CIDR blocks)",
      "terraform-aws-modules/terraform-aws-eks#1867",
      "eksctl-io/eksctl#4569",
      "aws/containers-roadmap#108",
    ],
    rows: [1],
  },
  N03: {
    means:
      'With private access off, nodes in private subnets come to the public endpoint as their NAT gateway. An allowlist without the gateway\'s address shuts them out: they never join (NodeCreationFailure, "context deadline exceeded").',
    found:
      "Private access is off, publicAccessCidrs do not hold 0.0.0.0/0, and DescribeNatGateways lists a gateway of the VPC with a public address in none of them. Asked with --deep, or when VIPs are dead.",
    fix: [
      "aws eks update-cluster-config --name NAME --resources-vpc-config endpointPrivateAccess=true   # nodes then stay in the VPC",
      "or add each gateway's address as IP/32 to publicAccessCidrs",
    ],
    sources: [
      "EKS user guide: cluster endpoint",
      "terraform-aws-modules/terraform-aws-eks#2149",
      "eksctl-io/eksctl#4576",
    ],
    rows: [2],
  },
  N04: {
    means:
      "With public access off the endpoint has only private addresses, also in public DNS. From a host without a route into the VPC they time out: that is what a private endpoint promises, and no failure of it.",
    found:
      "Public access is off, this host is not known to be in the VPC, and none of the addresses answered. Whether it is in the VPC is judged by its source addresses and, on EC2, by the instance's own metadata.",
    fix: [
      "connect the VPN, or run it on a host in the VPC (bastion, CI runner, AWS CloudShell in the VPC)",
      "aws ssm start-session --target INSTANCE --document-name AWS-StartPortForwardingSessionToRemoteHost …   # then --connect-to ::127.0.0.1:PORT",
      "a VPN or peering that is there: routes both ways, and TCP 443 from here in the cluster's security group",
    ],
    sources: [
      "EKS user guide: private-only API server endpoint",
      "terraform-aws-modules/terraform-aws-eks#2746",
    ],
    rows: [3],
  },
  N05: {
    means:
      "The ENIs have security groups, and drop what none of them allows. The cluster's own group lets in only its members (nodes), so that bastions, peered networks and VPNs need a rule of their own for TCP 443.",
    found:
      "An ENI that should answer times out, and no rule of any of its groups lets TCP to the port in from this host's address or groups. The groups of this host come from its instance metadata; where they are not known and a rule names groups, or a rule names a prefix list, it cannot tell. One rule of one group is enough to let in.",
    fix: [
      "aws ec2 authorize-security-group-ingress --group-id CLUSTER-GROUP --protocol tcp --port 443 --source-group GROUP   # or --cidr IP/32",
      "or give this host the cluster's security group",
      "through NAT or a VPN the ENI sees another address than this host's: allow that one",
    ],
    sources: [
      "EKS user guide: security group requirements",
      "terraform-aws-modules/terraform-aws-eks#2064",
      "eksctl-io/eksctl#3283",
      "eksctl-io/eksctl#7929",
    ],
    rows: [4],
  },
  N06: {
    means:
      "Around the ENI's subnet lie a network ACL, which knows no connections and has to let answers out as well as questions in, and a route table, which has to know the way back. One that does not makes the ENIs of that subnet silent while others answer.",
    found:
      "An ENI that should answer times out. Its subnet's ACL is read by rule order for TCP to the port from this host, and for answers to ports 1024-65535 back to it; its route table, its own or the main one, for an active route back, the longest prefix first. Within one subnet neither applies. Answers denied in part are a warning.",
    fix: [
      "aws ec2 create-network-acl-entry … --ingress   # TCP 443 from this host, with a number before the one that denies",
      "aws ec2 create-network-acl-entry … --egress   # TCP 1024-65535 back to it",
      "add a route back through the peering, transit gateway or VPN; replace one that is a blackhole",
    ],
    sources: [
      "VPC user guide: network ACLs, ephemeral ports",
      "VPC user guide: route tables, route priority",
    ],
    rows: [5],
  },
  N07: {
    means:
      "A refused connection got there: a host is at that address, and nothing listens. An API server refuses while it starts or ends; a hosts entry or tunnel that leads to this very host refuses when the tunnel is down.",
    found:
      "TCP ended with ECONNREFUSED. Loopback addresses, and addresses that only the hosts file gives, are this host's affair. Several that refuse at once, or one kind of address while the other answers, point to a firewall that rejects; one alone to its server.",
    fix: [
      "wait two minutes and run it again: EKS replaces the server, and DNS follows within 60 seconds",
      "loopback: start the tunnel again, or take the endpoint's line out of /etc/hosts",
      "if one address refuses for long: AWS support, with the address and the time",
    ],
    sources: ["eksctl-io/eksctl#6405", "EKS best practices: control plane"],
    rows: [7],
  },
  N08: {
    means:
      'TCP connects, and TLS never answers: "TLS handshake timeout". The first large packets are lost, or somebody accepts the connection and waits, or the API server hangs.',
    found:
      "The connection was made and the handshake was not done in time. At all addresses it is the way there (MTU, a middlebox, or a control plane that is overloaded or being rolled); at one kind of address only it is that way; at some of several connections lost packets; at one address that server.",
    fix: [
      "everywhere: ping -M do -s 1472 ADDRESS   # then lower the MTU, or clamp the MSS, on VPN, tunnel or container network",
      "everywhere: look for a proxy or firewall in between; a TCP time far below the distance to the region gives it away",
      "one address: run it again in a minute; EKS replaces a server that stays hung",
      "aws eks describe-cluster --name NAME --query cluster.status   # UPDATING rolls the API servers",
    ],
    sources: [
      "EKS user guide: troubleshooting (TLS handshake timeout)",
      "aws-quickstart/quickstart-amazon-eks#170",
      "aws-quickstart/quickstart-amazon-eks#193",
    ],
    rows: [8],
  },
  N09: {
    means:
      "Small answers arrive and large ones hang: full-sized packets are lost on the way back, and the ICMP message that would say so is filtered (MTU black hole). kubectl get works for one object, and hangs for a list.",
    found:
      "With --deep a large document is asked of every API server; it fails where that answer stops half-way although small ones arrived. An /api that stops after its headers counts as well.",
    fix: [
      "clamp the MSS on the VPN, transit gateway or tunnel (iptables … TCPMSS --clamp-mss-to-pmtu)",
      "let ICMP type 3 code 4 (fragmentation needed) through security groups, ACLs and firewalls",
      "lower the interface's MTU to what the way carries: 1500 beyond the VPC, less in tunnels",
    ],
    sources: ["EC2 user guide: path MTU discovery", "VPC user guide: transit gateway MTU"],
    rows: [9],
  },
  N10: {
    means:
      'The connection ends right after the ClientHello ("connection reset by peer", EOF). A firewall that reads the name in it ends what it does not allow; or a load balancer has no healthy server behind it.',
    found:
      "TCP connected, and the peer closed or reset before it answered TLS. At all addresses, or all of one kind, it is somebody on the way; at some of them the far end.",
    fix: [
      "openssl s_client -noservername -connect IP:443   # if that shakes hands, something filters by name (SNI)",
      "allow the endpoint's host name, or *.eks.amazonaws.com, in the egress filter (AWS Network Firewall: tls.sni)",
      "one address: run it again in a minute; it leaves DNS when its server is gone",
    ],
    sources: [
      "AWS Network Firewall: stateful domain list rule groups",
      "Elastic Load Balancing: Network Load Balancer troubleshooting",
    ],
    rows: [10],
  },
  N11: {
    means:
      "kubectl and other clients go through the proxy that HTTPS_PROXY names, unless NO_PROXY leaves the endpoint out. A proxy that refuses (403, 407) or re-signs TLS breaks what works without it; one that stands outside the VPC cannot reach private addresses at all. A tunnel is no proxy: pointing HTTPS_PROXY at it ends in a wrong certificate.",
    found:
      "HTTPS_PROXY (either case) is set, and no part of NO_PROXY covers the endpoint by Go's rules: names with or without a leading dot, *, ranges for addresses, ports. A proxy-url in the kubeconfig counts whatever NO_PROXY says. eks-probe itself dials straight, so that its paths may be fine while kubectl's are not.",
    fix: [
      "export NO_PROXY=$NO_PROXY,.eks.amazonaws.com   # nodes: also in kubelet's and containerd's units",
      "a private endpoint: add the VPC's range as well",
      "a tunnel: unset HTTPS_PROXY, and lead the endpoint's name to the tunnel's end instead",
      "kubectl config view --minify   # is there a proxy-url that nobody means any more?",
    ],
    sources: [
      "aws/amazon-vpc-cni-k8s#49",
      "awslabs/amazon-eks-ami#1182",
      "aws/aws-cli#7622",
      "eksctl-io/eksctl#7812",
      "golang.org/x/net/http/httpproxy",
    ],
    rows: [39, 40],
  },
  N12: {
    means:
      'An endpoint of an IPv4 cluster has IPv4 addresses only. A host without IPv4, or without a route for it, ends with "network is unreachable" before the first packet.',
    found:
      "Every address of one family failed for lack of a route, and the endpoint has none of the other family, or this host has no address of that family; or all public ones did while private ones answer. A router on the way that calls them unreachable is not this: N01 tells it.",
    fix: [
      "give the host IPv4, or NAT64 with DNS64 (VPC: a NAT gateway and a 64:ff9b::/96 route)",
      "ip -4 route   # a default route, or the VPN's, is missing",
      "clusters with ipFamily ipv6 made since October 2024 have IPv6 addresses too, under eks-cluster.REGION.api.aws",
    ],
    sources: ["EKS user guide: cluster endpoint (IPv6)", "VPC user guide: DNS64 and NAT64"],
    rows: [18],
  },
  N13: LATENCY_EXPECTED,
};
