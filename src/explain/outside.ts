import type { OutsideFailure } from "./explanation.ts";

/**
 * What cannot be told from outside a worker, or not alone. A run sees paths to the control plane from
 * where it stands; these are about paths that begin elsewhere, or about programs of another machine.
 * On that machine `node` tells most of them: by the codes of `worker.ts`.
 */
export const OUTSIDE_FAILURES: readonly OutsideFailure[] = [
  {
    number: 12,
    why: "The way from the control plane to a kubelet begins at the control plane, where no program of yours can stand. What EKS says of its subnets and what the VPC's ranges are can be seen, and is; the way itself can only be tried by an exec or logs.",
    look: [
      "sudo eks-probe node   # on a node, after an exec or logs: does the control plane come in (W09)?",
      "kubectl logs -n kube-system ds/aws-node --tail 1   # times out while kubectl get works?",
      "aws eks describe-cluster --name NAME --query cluster.health   # Ec2SubnetNotFound?",
      "aws ec2 describe-vpcs --query 'Vpcs[].CidrBlock'   # overlaps 172.17.0.0/16?",
    ],
  },
  {
    number: 46,
    why: "The address 172.20.0.1 or 10.100.0.1 exists only inside a node: it is a rule in that node's kernel. From anywhere else there is nothing to connect to.",
    look: [
      "sudo eks-probe node   # on the node: rules and ENIs side by side (W01, W02, W03)",
      "iptables-save -t nat | grep KUBE-SVC-NPX46M4PTMTKRN6Y   # on the node: are the rules there?",
      "kubectl get endpointslices -n default   # do the rules lead to these addresses?",
      "kubectl -n kube-system rollout restart ds/kube-proxy   # writes them anew",
    ],
  },
  {
    number: 47,
    why: "A client that hangs on a connection to a deleted ENI hangs in its own machine's kernel: a new connection, which is all that a probe makes, goes to the ENI that is there now.",
    look: [
      "sudo eks-probe node   # on the client's node: who waits for an address that is gone (W04)",
      "ss -tnpo 'dport = :443'   # on the client's host: an established peer that is no ENI any more",
      "Restart that client; newer ones ping over HTTP/2 and notice by themselves.",
    ],
  },
  {
    number: 48,
    why: "Which address a node's kubelet connects to depends on that node's resolver. From another host the same name may give something else.",
    look: [
      "eks-probe node   # on the node: where kubelet goes, and which resolver it asks (W05)",
      "ss -tnp | grep kubelet   # on the node: is the peer a public address?",
      "resolvectl status   # on the node: is the resolver the VPC's own?",
      "Run eks-probe on the node itself: it asks that node's resolver.",
    ],
  },
  {
    number: 49,
    why: "The proxy variables of a kubelet are in the environment of that process, on that node, and only root may read them there.",
    look: [
      "sudo eks-probe node   # on the node: kubelet's proxy, and what NO_PROXY lacks (W06)",
      "sudo tr '\\0' '\\n' < /proc/$(pgrep -x kubelet)/environ | grep -i proxy   # on the node",
      "systemctl cat kubelet containerd | grep -i proxy   # on the node: where they come from",
    ],
  },
  {
    number: 50,
    why: "A connection that goes idle and is then dropped by IPVS is dropped on the node, after minutes of silence. A probe is over in a second.",
    look: [
      "sudo eks-probe node   # on the node: connections through IPVS without a keepalive (W08)",
      "ipvsadm -l --timeout   # on the node: TCP timeouts shorter than the clients' silence",
      "sysctl net.ipv4.tcp_keepalive_time   # on the node: should be shorter than those",
    ],
  },
];
