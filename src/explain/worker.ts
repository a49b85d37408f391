import type { NodeCode } from "../model/node/report.ts";
import type { Explanation } from "./explanation.ts";

/** What `node` tells of a worker. */
export const WORKER_EXPLANATIONS: Readonly<Record<NodeCode, Explanation>> = {
  W01: {
    means:
      "Pods reach the API servers at the ClusterIP of the kubernetes service (172.20.0.1, 10.100.0.1), which rules in the worker's kernel translate to the cluster's ENIs. Rules that lead to an address that is no ENI any more lose that share of new connections: i/o timeout in pods, while the worker itself gets through.",
    found:
      "The rules for default/kubernetes, by the name or chain that kube-proxy computes for it, are read from iptables (legacy and nft), nftables or IPVS. Their targets are held against the cluster's ENIs, by a probe or by --map. A target that is none fails; an ENI that no rule leads to is a warning, since during an update it may not be in service yet. A map that is more than an hour away proves less: then it warns.",
    fix: [
      "kubectl -n kube-system delete pod -l k8s-app=kube-proxy --field-selector spec.nodeName=NODE   # writes the rules anew",
      "kubectl get endpointslices -n default -l kubernetes.io/service-name=kubernetes   # what the rules should lead to",
      "kubectl -n kube-system logs -l k8s-app=kube-proxy --tail 50   # why it does not follow: often it waits on a dead connection itself (W04)",
    ],
    sources: [
      "awslabs/amazon-eks-ami#2203",
      "awslabs/amazon-eks-ami#1932",
      "aws/amazon-vpc-cni-k8s#272",
      "kubernetes/kubernetes: pkg/proxy/iptables",
    ],
    rows: [46],
  },
  W02: {
    means:
      "The ClusterIP is no host: it exists only as a rule. Where the rule is missing, packets to it leave the worker and are lost, and every pod that asks the API server gets an i/o timeout.",
    found:
      "No rule of iptables, nftables or IPVS is for default/kubernetes, or those there are lead nowhere, and something on this worker uses it: a connection goes to the ClusterIP, or kube-proxy runs. Without kube-proxy and with open connections it is a warning only: eBPF (Cilium) translates without a rule.",
    fix: [
      "kubectl -n kube-system get pods -o wide -l k8s-app=kube-proxy   # does it run on this node?",
      "kubectl -n kube-system delete pod -l k8s-app=kube-proxy --field-selector spec.nodeName=NODE   # writes the rules anew",
      "something else flushes them: look for a firewall's service (firewalld, ufw) on the node",
      "EKS Auto Mode runs kube-proxy as a part of the node: replace the node",
    ],
    sources: [
      "awslabs/amazon-eks-ami#1215",
      "awslabs/amazon-eks-ami#1932",
      "cilium/cilium#28882",
      "Kubernetes documentation: virtual IPs and service proxies",
    ],
    rows: [46],
  },
  W03: {
    means:
      "Of n API servers each gets one in n new connections: the first rule takes 1/n, the next 1/(n-1) of the rest, the last all. Rules that do not add up lose the rest, or send it to one server; rules of two back ends for one address mean that one of them is left over.",
    found:
      "The rules are followed as the kernel does, with the probability of each target. It fails where new connections end at no target, and warns of what is spread unevenly, of chains that are not as kube-proxy names them, and of an address that two back ends translate.",
    fix: [
      "sudo iptables-save -t nat | grep -E 'KUBE-SVC-NPX46M4PTMTKRN6Y|default/kubernetes'   # the rules themselves",
      "kubectl -n kube-system delete pod -l k8s-app=kube-proxy --field-selector spec.nodeName=NODE   # writes them anew",
      "sudo iptables-legacy-save -t nat   # rules of another mode or tool; replace the node, or flush what is left over",
    ],
    sources: [
      "field notes: rules of default/kubernetes on a worker",
      "kubernetes/kubernetes: pkg/proxy/iptables",
      "Kubernetes documentation: virtual IPs and service proxies",
    ],
    rows: [46],
  },
  W04: {
    means:
      "An update of the control plane makes new ENIs and deletes the old ones. Nobody tells a client that is connected to one: no FIN, no reset. What it sends is never acknowledged, and TCP waits for some 15 minutes before it gives up; a watch that sends nothing waits for ever, or for its next ping.",
    found:
      "A socket to an address that was an ENI and is none any more, followed through the ClusterIP by the kernel's own record of the connection. It fails where bytes are unacknowledged, and warns where nothing waits yet. How long it has been silent follows from how often it was sent again: each time waits twice as long, from 0.2 s to 120 s. Silence of any other address for longer than 6 s is a warning.",
    fix: [
      "sudo ss -tnpo state established '( dport = :443 )'   # the sockets, their timers and queues",
      "restart the client that waits: its pod, or its unit",
      "sudo ss -K dst ADDRESS dport = :443   # or end them; ADDRESS is the peer as ss shows it: the ClusterIP for all who go through it; a pod's need nsenter -n -t PID before ss",
      "newer clients ping over HTTP/2 after 30 s and give up 15 s later (client-go, HTTP2_READ_IDLE_TIMEOUT_SECONDS): update older ones",
    ],
    sources: [
      "aws/amazon-vpc-cni-k8s#906",
      "kubernetes/kubernetes#95981",
      "kubernetes/client-go#374",
      "Linux documentation: ip-sysctl, tcp_retries2",
      "EKS best practices: control plane",
    ],
    rows: [47],
  },
  W05: {
    means:
      "With private access on, the endpoint's name leads to the ENIs for who asks the VPC's own resolver. A kubelet on a public address asks somebody else, or the VPC's DNS is not set for it: it works, as long as the NAT gateway and publicAccessCidrs let it out, and fails the day that public access is narrowed.",
    found:
      "Private access is on, and a connection of this worker ends at a VIP; kubelet and kube-proxy are named first. The resolver is judged by resolv.conf: 169.254.169.253 and the base of the VPC's range plus two are the VPC's own, as far as this host's address tells the range.",
    fix: [
      "cat /etc/resolv.conf   # another resolver: let it forward the endpoint's name to the VPC's own",
      "aws ec2 describe-vpc-attribute --vpc-id VPC --attribute enableDnsHostnames   # and enableDnsSupport: both have to be on",
      "sudo systemctl restart kubelet   # a connection that is older than private access stays where it is",
      "eks-probe check --cluster NAME --deep   # D06 names which of them it is",
    ],
    sources: [
      "EKS user guide: cluster endpoint",
      "VPC user guide: DHCP options, DNS attributes",
      "field notes: kubelet of a worker with public access only",
    ],
    rows: [48, 15],
  },
  W06: {
    means:
      "A proxy that is set for pulling images gets into kubelet's environment, too. Without the endpoint in NO_PROXY kubelet goes to the control plane through it: a proxy outside the VPC cannot reach the ENIs, one that is down makes the node NotReady, one that inspects TLS breaks it.",
    found:
      "The environment of kubelet, kube-proxy and the container runtime, of which only the proxy variables are read. NO_PROXY is read by Go's rules against the endpoint's name, and against this host's own address, which stands for the VPC's ranges. An environment that may not be read is not known to be empty.",
    fix: [
      "sudo systemctl edit kubelet   # [Service] Environment=NO_PROXY=… with .eks.amazonaws.com, the VPC's and the services' ranges, 169.254.169.254",
      "systemctl cat kubelet containerd   # where the variables come from: drop-ins, /etc/environment, user data",
      "sudo systemctl restart kubelet   # an environment is read once",
    ],
    sources: [
      "aws/amazon-vpc-cni-k8s#49",
      "awslabs/amazon-eks-ami#1182",
      "golang.org/x/net/http/httpproxy",
    ],
    rows: [49, 39],
  },
  W07: {
    means:
      "Every connection that is translated has an entry in the kernel's table. When the table is full, the first packet of a new connection is dropped: timeouts at random, for pods and for the worker alike, to the API servers as to all else.",
    found:
      "nf_conntrack_count against nf_conntrack_max: from 80 % on it warns, from 95 % on it fails. It is a look at one moment; a burst before or after it does not show.",
    fix: [
      "sudo sysctl -w net.netfilter.nf_conntrack_max=N   # at once; kube-proxy sets it again when it starts",
      "kubectl -n kube-system edit configmap kube-proxy-config   # conntrack.maxPerCore and conntrack.min: for good",
      "sudo conntrack -S   # insert_failed and drop count what was lost",
      "many short connections: keep them alive, or spread the pods over more nodes",
    ],
    sources: [
      "Linux documentation: nf_conntrack-sysctl",
      "aws/containers-roadmap#142",
      "EKS best practices: networking",
    ],
    rows: [],
  },
  W08: {
    means:
      "IPVS forgets a TCP connection that is silent for longer than its timeout, 15 minutes unless it is set. What then comes on it is dropped or reset, and a long watch breaks off. A keepalive that is more frequent prevents it.",
    found:
      "IPVS translates the ClusterIP, and connections through it have no timer running: no TCP keepalive. What the timeout is, and how frequent the keepalives of the others are, the kernel shows in no file; a client that pings over HTTP/2 is safe without either.",
    fix: [
      "sudo ipvsadm -l --timeout   # the first number is TCP's, in seconds",
      "kubectl -n kube-system edit configmap kube-proxy-config   # ipvs.tcpTimeout: longer than any client's silence",
      "let the client keep alive: Go's do every 15 s by default",
    ],
    sources: [
      "terraform-aws-modules/terraform-aws-eks#3367",
      "kubernetes/kubernetes#77077",
      "EKS best practices: IPVS",
    ],
    rows: [50],
  },
  W09: {
    means:
      "exec, logs, port-forward and metrics come the other way: from the control plane's ENIs to kubelet's port 10250. That such a connection is open shows that this way is.",
    found:
      "Sockets at port 10250 whose peer is an ENI of the cluster. For information: none is open as long as nobody asks for one, which is no trouble.",
    fix: [
      "kubectl logs -n kube-system ds/aws-node --tail 1   # makes the control plane connect",
      "the node's security group has to let TCP 10250 in from the cluster's",
    ],
    sources: [
      "field notes: connections of the control plane to a worker",
      "EKS user guide: security group requirements",
    ],
    rows: [12],
  },
};
