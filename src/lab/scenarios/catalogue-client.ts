import type { LabKubeconfigEntry, LabKubeconfigUser } from "../scenario/client.ts";
import type { Scenario } from "../scenario.ts";
import { scenario, VIEWER } from "./base.ts";
import { withFaults } from "./change.ts";
import {
  ACCOUNT_ID,
  GONZ_EKS_BOTH,
  GONZ_EKS_PRI,
  GONZ_EKS_PUB,
  REGION,
  VPC_ID,
} from "./clusters.ts";

/** A worker of the VPC, in a group that no rule of the cluster's own group names. */
const INSTANCE = {
  id: "i-0a1b2c3d4e5f60718",
  privateIp: "10.0.105.163",
  vpcId: VPC_ID,
  subnetId: "subnet-0c01f0aa10960096a",
  availabilityZone: `${REGION}a`,
  securityGroupIds: ["sg-0f00d000000000c1e"],
} as const;

/** As `aws eks update-kubeconfig` writes it, but for the cluster's name where one is given. */
function getToken(clusterName: string): LabKubeconfigUser {
  const args = ["--region", REGION, "eks", "get-token", "--cluster-name", clusterName];
  return { kind: "exec", command: "aws", args: [...args, "--output", "json"] };
}

function withKubeconfig(entry: Partial<LabKubeconfigEntry>): Partial<Scenario> {
  const { name } = GONZ_EKS_PUB;
  return { kubeconfig: { entries: [{ cluster: name, user: getToken(name), ...entry }] } };
}

/** What the client is set up to do, where it runs, and who it is. */
export const CLIENT_SCENARIOS: readonly Scenario[] = [
  scenario("security-group-closed", "no group of the ENIs lets the caller's instance in", {
    instance: INSTANCE,
    clusters: [withFaults(GONZ_EKS_PRI, () => ({ kind: "drop" }))],
    vpcDetails: {
      [VPC_ID]: {
        securityGroups: [
          {
            id: GONZ_EKS_PRI.clusterSecurityGroupId,
            name: "eks-cluster-sg-gonz-eks-pri-1034928416",
            rules: [
              {
                direction: "ingress",
                protocol: "-1",
                groupIds: [GONZ_EKS_PRI.clusterSecurityGroupId],
              },
              { direction: "egress", protocol: "-1", cidrs: ["0.0.0.0/0"] },
            ],
          },
        ],
      },
    },
  }),
  scenario("vpc-dns-off", "in a VPC without DNS host names, whose resolver gives the VIPs", {
    instance: INSTANCE,
    clusters: [
      {
        ...GONZ_EKS_BOTH,
        dns: GONZ_EKS_BOTH.outsideDns ?? GONZ_EKS_BOTH.dns,
        outsideDns: undefined,
      },
    ],
    vpcDetails: { [VPC_ID]: { dnsHostnames: false } },
  }),
  scenario(
    "kubeconfig-old-ca",
    "the kubeconfig has the CA of a cluster that was made anew by this name",
    withKubeconfig({ authority: "other" }),
  ),
  scenario(
    "kubeconfig-tunnel",
    "the kubeconfig's server is a tunnel's end, which no certificate names",
    withKubeconfig({ server: "https://127.0.0.1:8443" }),
  ),
  scenario(
    "kubeconfig-other-name",
    "the kubeconfig asks the token for a cluster of another name",
    withKubeconfig({ user: getToken("gonz-eks-pri") }),
  ),
  scenario(
    "kubeconfig-static-token",
    "the kubeconfig holds a token that nobody renews, an hour old",
    withKubeconfig({ user: { kind: "token", ageSeconds: 3600 } }),
  ),
  scenario(
    "kubeconfig-no-command",
    "the kubeconfig gets its token by a program that is not installed",
    withKubeconfig({
      user: {
        kind: "exec",
        command: "aws-iam-authenticator-of-long-ago",
        args: ["token", "-i", "gonz-eks-pub"],
      },
    }),
  ),
  scenario(
    "kubeconfig-proper",
    "the kubeconfig is as aws eks update-kubeconfig writes it",
    withKubeconfig({ user: { kind: "exec", command: "node", args: ["token"] } }),
  ),
  scenario("hop-limit", "a container, from which the metadata service's token never arrives", {
    instance: { ...INSTANCE, fault: "silent" },
    principals: [],
  }),
  scenario("proxy-env", "HTTPS_PROXY is set, and NO_PROXY leaves the endpoint out", {
    clientEnvironment: {
      HTTPS_PROXY: "http://127.0.0.1:9",
      NO_PROXY: "169.254.169.254,localhost,127.0.0.1",
    },
  }),
  scenario("proxy-tunnel", "https_proxy points at the end of a tunnel to the endpoint itself", {
    clientEnvironment: { https_proxy: "https://127.0.0.1:8443", no_proxy: "127.0.0.1" },
  }),
  scenario("clock-behind", "the caller's clock is an hour behind everyone else's", {
    awsClockSkewSeconds: 3600,
  }),
  scenario("other-role-mapped", "the caller's role has no access entry, another role has", {
    principals: [
      {
        ...VIEWER,
        accessKeyId: "ASIDLABROLE",
        sessionToken: "lab-session-of-a-role",
        arn: `arn:aws:sts::${ACCOUNT_ID}:assumed-role/deploy/ci`,
        kubernetesUser: undefined,
      },
    ],
    clusters: [{ ...GONZ_EKS_PUB, accessEntries: [`arn:aws:iam::${ACCOUNT_ID}:role/platform`] }],
  }),
];
