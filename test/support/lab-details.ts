import type { LabClientDetails, LabKubeconfigEntry } from "../../src/lab/scenario/client.ts";
import type { LabClusterDetails, LabUpdate } from "../../src/lab/scenario/eks.ts";
import type { LabAclEntry, LabGroupRule, LabVpcDetails } from "../../src/lab/scenario/vpc.ts";
import type {
  LabPod,
  LabProcess,
  LabSocket,
  LabTarget,
  LabWorker,
} from "../../src/lab/scenario/worker.ts";
import { CLUSTER_NAME } from "./lab-scenario.ts";

/** Every field there: one that is added to a scenario and not here does not compile. */
export type Filled<T> = { readonly [K in keyof T]-?: NonNullable<T[K]> };

const RULE: Filled<LabGroupRule> = {
  direction: "ingress",
  protocol: "tcp",
  fromPort: 443,
  toPort: 443,
  cidrs: ["10.0.0.0/16", "2001:db8::/32"],
  groupIds: ["sg-0f"],
  prefixListIds: ["pl-0a"],
};

const ACL_ENTRY: Filled<LabAclEntry> = {
  number: 90,
  direction: "egress",
  action: "deny",
  protocol: "6",
  cidr: "0.0.0.0/0",
  fromPort: 1024,
  toPort: 65_535,
};

export const VPC_DETAILS: Filled<LabVpcDetails> = {
  dnsSupport: false,
  dnsHostnames: false,
  nameServers: ["10.0.0.53", "AmazonProvidedDNS"],
  securityGroups: [{ id: "sg-0c", name: "narrow", rules: [RULE] }],
  networkAcls: [{ id: "acl-0d", subnetIds: ["subnet-0a"], isDefault: false, entries: [ACL_ENTRY] }],
  routeTables: [
    {
      id: "rtb-0d",
      subnetIds: ["subnet-0a"],
      isMain: true,
      routes: [
        { destination: "0.0.0.0/0", target: "nat-0a", state: "blackhole" },
        { destination: "pl-0a", target: "local", state: "active" },
      ],
    },
  ],
  subnets: [
    { id: "subnet-0a", availabilityZone: "ap-northeast-2a", cidr: "10.0.16.0/20", freeIps: 2 },
  ],
  natGateways: [
    { id: "nat-0a", subnetId: "subnet-0a", publicIps: ["203.0.113.7"], state: "available" },
  ],
  deleted: ["subnet-0b"],
};

const UPDATE: Filled<LabUpdate> = {
  id: "u-1",
  type: "VersionUpdate",
  status: "Failed",
  ageSeconds: 300,
  params: [{ type: "Version", value: "1.33" }],
  errors: [{ code: "SubnetNotFound", message: "gone", resourceIds: ["subnet-0b"] }],
};

export const CLUSTER_DETAILS: Filled<LabClusterDetails> = {
  healthIssues: [{ code: "Ec2SubnetNotFound", message: "gone", resourceIds: ["subnet-0b"] }],
  updates: [UPDATE],
  accessEntries: ["arn:aws:iam::111122223333:role/team/viewer"],
  authenticationMode: "API",
  localId: "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
  connector: { provider: "OTHER" },
  scalingTier: "tier-2xl",
};

const KUBECONFIG_ENTRY: Filled<LabKubeconfigEntry> = {
  context: "prod",
  cluster: CLUSTER_NAME,
  server: "https://127.0.0.1:8443",
  authority: "other",
  tlsServerName: "kubernetes",
  proxyUrl: "http://127.0.0.1:3128",
  user: { kind: "exec", command: "aws", args: ["eks", "get-token"] },
};

const POD: Filled<LabPod> = { namespace: "kube-system", name: "coredns-7f5b", ip: "10.0.101.7" };

const PROCESS: Filled<LabProcess> = {
  pid: 5_412,
  name: "coredns",
  command: ["/coredns", "-conf", "/etc/coredns/Corefile"],
  runs: { kind: "pod", namespace: "kube-system", name: "coredns-7f5b", container: "coredns" },
  ageSeconds: 3_600,
  environment: { NO_PROXY: "10.0.0.0/16" },
};

const SOCKET: Filled<LabSocket> = {
  pid: 5_412,
  state: "established",
  local: { ip: "10.0.101.7", port: 52_914 },
  remote: { ip: "172.20.0.1", port: 443 },
  accepted: false,
  unacknowledgedBytes: 1_240,
  unreadBytes: 7,
  retransmits: 9,
  withoutKeepalive: true,
  leadsTo: { ip: "10.0.20.41", port: 443 },
};

const TARGET: Filled<LabTarget> = { ip: "10.0.20.41", port: 443, probability: 0.5, weight: 2 };

export const WORKER: Filled<LabWorker> = {
  cluster: CLUSTER_NAME,
  hostname: "ip-10-0-105-163.ap-northeast-2.compute.internal",
  addresses: ["10.0.105.163"],
  upSeconds: 604_800,
  nameServers: ["10.0.0.2", "fd00:ec2::253"],
  pods: [POD, { namespace: "kube-system", name: "aws-node-chhq8" }],
  processes: [
    PROCESS,
    {
      pid: 2_865,
      name: "kubelet",
      runs: { kind: "unit", unit: "kubelet.service" },
      ageSeconds: 0.5,
    },
  ],
  sockets: [SOCKET, { state: "listen", local: { ip: "::", port: 10_250 }, pid: 2_865 }],
  rules: [
    {
      backend: "iptables-nft",
      services: [
        { name: "default/kubernetes:https", ip: "172.20.0.1", port: 443, targets: [TARGET] },
      ],
    },
  ],
  conntrack: { count: 1_204, max: 131_072 },
};

export const CLIENT_DETAILS: Filled<LabClientDetails> = {
  instance: {
    tags: { "eks:cluster-name": "alpha", Name: "worker one" },
    id: "i-0123456789abcdef0",
    privateIp: "10.0.20.7",
    publicIp: "203.0.113.9",
    vpcId: "vpc-0123456789abcdef0",
    subnetId: "subnet-0123456789abcdef0",
    availabilityZone: "ap-northeast-2a",
    securityGroupIds: ["sg-0123456789abcdef0", "sg-0123456789abcdef1"],
    fault: "silent",
  },
  egressIp: "203.0.113.9",
  clientEnvironment: { HTTPS_PROXY: "http://127.0.0.1:3128", no_proxy: ".example, 10.0.0.0/8" },
  kubeconfig: {
    currentContext: "prod",
    entries: [
      KUBECONFIG_ENTRY,
      { cluster: CLUSTER_NAME, user: { kind: "token", ageSeconds: 3600 } },
      { cluster: CLUSTER_NAME, user: { kind: "none" } },
    ],
  },
  awsClockSkewSeconds: -1200,
  worker: WORKER,
};
