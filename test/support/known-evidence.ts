import { type Fact, known, skipped, unknown } from "../../src/model/fact.ts";
import type { Failure } from "../../src/model/failure.ts";
import type { Investigation } from "../../src/model/investigation.ts";
import type {
  KubeconfigEntry,
  KubeconfigUser,
  LocalSettings,
} from "../../src/model/local-settings.ts";

const CA_PEM = "-----BEGIN CERTIFICATE-----\nEXAMPLE\n-----END CERTIFICATE-----\n";

function makeEntry(user: KubeconfigUser, change: Partial<KubeconfigEntry> = {}): KubeconfigEntry {
  return {
    file: "/home/me/.kube/config",
    context: "gonz-eks-pub",
    current: true,
    matchedBy: "server",
    server: "https://1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com",
    tlsServerName: undefined,
    certificateAuthority: known(CA_PEM),
    skipsVerification: false,
    proxyUrl: undefined,
    user,
    ...change,
  };
}

const KUBECTL_USERS: readonly KubeconfigUser[] = [
  {
    kind: "exec",
    command: "aws",
    found: "yes",
    clusterName: "gonz-eks-pub",
    region: "ap-northeast-2",
    roleArn: undefined,
  },
  { kind: "token", signedAt: "2023-04-21T15:41:31.000Z" },
  { kind: "token", signedAt: undefined },
  { kind: "certificate" },
  { kind: "other" },
];

/** Settings of a host that has everything: a proxy, and a context of each kind. */
export const LOCAL_KNOWN: LocalSettings = {
  proxy: {
    httpsProxy: "http://proxy.corp.example:3128",
    variable: "HTTPS_PROXY",
    noProxy: ["10.0.0.0/8", ".corp.example"],
    unreadable: [],
  },
  kubeconfig: known([
    ...KUBECTL_USERS.map((user) => makeEntry(user)),
    makeEntry(
      { kind: "other" },
      {
        current: false,
        matchedBy: "name",
        tlsServerName: "kubernetes",
        certificateAuthority: skipped("none is given"),
        skipsVerification: true,
        proxyUrl: "socks5://127.0.0.1:1080",
      },
    ),
  ]),
};

/** Every question answered in full. */
export const ALL_KNOWN: Investigation = {
  tokenReplay: known({
    kind: "accepted",
    arn: "arn:aws:sts::111122223333:assumed-role/ci/session",
    account: "111122223333",
  }),
  accessEntries: known(["arn:aws:iam::111122223333:role/admin"]),
  securityGroups: known([
    {
      id: "sg-0c",
      name: "eks-cluster-sg",
      rules: [
        {
          direction: "ingress",
          protocol: "tcp",
          fromPort: 443,
          toPort: 443,
          cidrs: ["10.0.0.0/16"],
          groupIds: ["sg-0d"],
          prefixListIds: ["pl-0a"],
        },
        {
          direction: "egress",
          protocol: "-1",
          fromPort: undefined,
          toPort: undefined,
          cidrs: ["0.0.0.0/0"],
          groupIds: [],
          prefixListIds: [],
        },
      ],
    },
  ]),
  networkAcls: known([
    {
      id: "acl-0a",
      subnetIds: ["subnet-0a"],
      entries: [
        {
          number: 100,
          direction: "ingress",
          action: "allow",
          protocol: "-1",
          cidr: "0.0.0.0/0",
          fromPort: undefined,
          toPort: undefined,
        },
      ],
    },
  ]),
  routeTables: known([
    {
      id: "rtb-0a",
      subnetIds: ["subnet-0a"],
      isMain: true,
      routes: [
        { destination: "10.0.0.0/16", target: "local", state: "active" },
        { destination: "0.0.0.0/0", target: undefined, state: "blackhole" },
      ],
    },
  ]),
  subnets: known([
    {
      id: "subnet-0a",
      vpcId: "vpc-0a",
      availabilityZone: "ap-northeast-2a",
      cidrs: ["10.0.0.0/18"],
      freeIps: 100,
    },
  ]),
  natGateways: known([
    { id: "nat-0a", subnetId: "subnet-0b", state: "available", publicIps: ["198.51.100.7"] },
  ]),
  vpcDns: known({ support: "yes", hostnames: "no", nameServers: ["AmazonProvidedDNS"] }),
  updates: known([
    {
      id: "u-1",
      type: "VersionUpdate",
      status: "Failed",
      createdAt: "2023-04-21T15:00:00.000Z",
      errors: [{ code: "InsufficientFreeAddresses", message: "no address is free" }],
    },
  ]),
  instance: known({
    instanceId: "i-0a",
    region: "ap-northeast-2",
    privateIp: "10.0.105.163",
    publicIp: undefined,
    vpcId: "vpc-0a",
    subnetId: "subnet-0a",
    securityGroupIds: ["sg-0d"],
  }),
  egress: known({ ip: "198.51.100.7", source: "metadata" }),
};

/** The same failure for every question. */
export function allUnknown(failure: Failure): Investigation {
  const fact: Fact<never> = unknown(failure);
  return {
    tokenReplay: fact,
    accessEntries: fact,
    securityGroups: fact,
    networkAcls: fact,
    routeTables: fact,
    subnets: fact,
    natGateways: fact,
    vpcDns: fact,
    updates: fact,
    instance: fact,
    egress: fact,
  };
}

/** AWS answers, but leaves out all that it may leave out. */
export const SPARSE: Investigation = {
  ...ALL_KNOWN,
  tokenReplay: known({
    kind: "refused",
    status: 403,
    code: "SignatureDoesNotMatch",
    message: "the signature does not match",
  }),
  securityGroups: known([{ id: "sg-0c", name: undefined, rules: [] }]),
  subnets: known([
    {
      id: "subnet-0a",
      vpcId: undefined,
      availabilityZone: undefined,
      cidrs: [],
      freeIps: undefined,
    },
  ]),
  natGateways: known([{ id: "nat-0a", subnetId: undefined, state: undefined, publicIps: [] }]),
  vpcDns: known({ support: "unknown", hostnames: "unknown", nameServers: undefined }),
  updates: known([
    { id: "u-1", type: undefined, status: undefined, createdAt: undefined, errors: [] },
  ]),
  instance: known({
    instanceId: undefined,
    region: undefined,
    privateIp: undefined,
    publicIp: undefined,
    vpcId: undefined,
    subnetId: undefined,
    securityGroupIds: [],
  }),
};
