import type { ClusterCode } from "../model/finding-code.ts";
import { MODE_EXPECTED } from "./expectations.ts";
import type { Explanation } from "./explanation.ts";

export const CLUSTER_EXPLANATIONS: Readonly<Record<ClusterCode, Explanation>> = {
  C01: {
    means:
      "EKS says where the cluster is: an endpoint URL, and the CA that its servers are verified by. Without them there is nothing to dial and nothing to trust. EKS gives both only once the cluster is ACTIVE; a cluster that FAILED never gets them, and one that is being deleted loses them.",
    found:
      "By DescribeCluster: its status, endpoint and certificateAuthority. No answer is told by its cause: not found, access denied, no or expired credentials, no region, the API not reachable.",
    fix: [
      "not found: aws eks list-clusters --region REGION   # names are case-sensitive; also check account and region",
      "CREATING or PENDING: aws eks wait cluster-active --name NAME",
      "FAILED: aws eks describe-cluster --name NAME --query cluster.health, then create it anew",
      "DELETING: aws eks update-kubeconfig for the cluster that took its place",
      "access denied: eks-probe iam --cluster NAME   # prints the least policy; or go without, by --kubeconfig FILE, or --endpoint URL with --ca-file FILE",
      "no credentials: aws configure list   # then AWS_PROFILE, or aws sso login",
    ],
    sources: [
      "EKS API reference: DescribeCluster, Cluster",
      "AWS re:Post: EKS API server endpoint failed",
    ],
    rows: [14, 41, 44],
  },
  C02: {
    means:
      "EKS keeps two to four network interfaces (ENIs) in the cluster's subnets. By them the control plane reaches nodes, and private clients reach the API servers. Fewer than two means that the control plane lost a way into the VPC.",
    found:
      'By DescribeNetworkInterfaces: interfaces whose description is exactly "Amazon EKS NAME". Fewer than two, or one that is not in-use, is a warning. Where EC2 is not to be asked, the addresses that the API servers\' certificates carry, and those of the service default/kubernetes, are named instead.',
    fix: [
      "aws eks describe-cluster --name NAME --query cluster.health   # EKS's own reason: a subnet or group that is gone, no free address, no right",
      "see that the service-linked role AWSServiceRoleForAmazonEKS exists and no SCP denies it ec2:CreateNetworkInterface",
      "denied: eks-probe iam --cluster NAME   # ec2:DescribeNetworkInterfaces",
    ],
    sources: [
      "EKS user guide: VPC and subnet requirements",
      "EKS best practices: subnets",
      "liwenwu-amazon/reinvent2018-NET410",
    ],
    rows: [43, 44],
  },
  C03: {
    means:
      "Nothing about the cluster is being changed, and the last change went well. During an update EKS replaces API servers and ENIs: addresses come and go, connections break, and all of that is by design. An update that failed left the cluster as it was, or half-way.",
    found:
      "By the status of DescribeCluster, and by ListUpdates and DescribeUpdate where they were asked: an update in progress, or a latest one that failed within the last week.",
    fix: [
      "aws eks list-updates --name NAME   # wait until the update is done, then run the check again",
      "eks-probe watch --cluster NAME --record update.jsonl   # meanwhile: which address, ENI and API server goes or comes, when, and how the old ones end",
      "aws eks describe-update --name NAME --update-id ID   # a failed one says why; put that right and start it again",
      "clients that cannot bear it: retry, and resolve the name anew for each connection",
    ],
    sources: [
      "EKS API reference: DescribeUpdate",
      "EKS best practices: control plane",
      "aws/containers-roadmap#1827",
    ],
    rows: [41],
  },
  C04: {
    means:
      "EKS watches what it needs in the account: role, subnets, groups, free addresses, KMS key, STS. What it misses keeps it from placing ENIs, from upgrades, and from exec and logs, often while the API still answers. EKS may take hours to notice.",
    found:
      "By health.issues of DescribeCluster. Each issue is shown with its code, EKS's own words, and the resources it names.",
    fix: [
      "InsufficientFreeAddresses: free addresses in the subnets, or name others with aws eks update-cluster-config --resources-vpc-config subnetIds=…",
      "Ec2SubnetNotFound, Ec2SecurityGroupNotFound: name others that exist, by the same command",
      "IamRoleNotFound, AccessDenied: give the cluster its role back, with AmazonEKSClusterPolicy",
      "KmsKeyDisabled, KmsKeyMarkedForDeletion, KmsGrantRevoked: enable the key or its grant before anything else",
      "StsRegionalEndpointDisabled: switch the region's STS endpoint on",
    ],
    sources: ["EKS API reference: ClusterIssue", "EKS user guide: troubleshooting"],
    rows: [12, 37, 42],
  },
  C05: {
    means:
      "For upgrades and repairs EKS puts new ENIs beside the old ones, in any of the cluster's subnets. It asks for six free addresses in each (sixteen are recommended). Without them upgrades fail, and a lost ENI is not replaced.",
    found:
      "By AvailableIpAddressCount of DescribeSubnets, for the subnets that the cluster names; a subnet that EC2 does not list at all is told too. Asked with --deep, or when something failed.",
    fix: [
      "free addresses: detach ENIs that nobody uses, lower WARM_IP_TARGET and WARM_ENI_TARGET of the VPC CNI, move pods to other subnets",
      "aws eks update-cluster-config --name NAME --resources-vpc-config subnetIds=…   # other subnets, in the same zones",
    ],
    sources: [
      "EKS user guide: VPC and subnet requirements",
      "EKS best practices: IP optimization strategies",
    ],
    rows: [42],
  },
  C06: {
    means:
      "Not every cluster that EKS lists has an endpoint in EKS. A connected cluster (EKS Connector) runs elsewhere and is only shown. A local cluster on Outposts has an endpoint, but goes by its id: its API servers refuse a token for its name. eks-probe signs for the id by itself; other clients have to be told.",
    found: "By connectorConfig, outpostConfig and id of DescribeCluster.",
    fix: [
      "connected: use the endpoint in the cluster's own kubeconfig   # eks-probe check --cluster NAME --kubeconfig FILE",
      "on Outposts: aws eks get-token --cluster-id ID   # and the same in the kubeconfig's exec arguments",
    ],
    sources: [
      "EKS API reference: Cluster, ConnectorConfigResponse",
      "EKS user guide: local clusters on AWS Outposts",
    ],
    rows: [45],
  },
  C07: {
    means:
      "The control plane's hosts run Docker, whose bridge has 172.17.0.0/16. What they send to a node or pod in that range may end at their own bridge: exec, logs, port-forward and webhooks time out, while /api answers.",
    found:
      "By the VPC's ranges, from DescribeVpcs: any that overlaps 172.17.0.0/16 is a warning. Whether a node really is in the range is not looked up.",
    fix: [
      "kubectl get nodes -o wide   # are there INTERNAL-IPs that begin with 172.17.?",
      "move nodes and pods to subnets of another range; a secondary CIDR of the VPC will do",
    ],
    sources: [
      'EKS user guide: troubleshooting ("no route to host", 172.17.0.0/16)',
      "EKS user guide: VPC and subnet requirements",
    ],
    rows: [12],
  },
  C08: MODE_EXPECTED,
};
