import type { LabCluster, Scenario } from "../scenario.ts";
import { scenario, VIEWER } from "./base.ts";
import { ACCOUNT_ID, GONZ_EKS_BOTH, GONZ_EKS_PUB, REGION, VPC_ID } from "./clusters.ts";

/** The egress address of the VPC's one NAT gateway. */
const NAT_IP = "203.0.113.40";

const [FIRST_SUBNET, SECOND_SUBNET = ""] = GONZ_EKS_PUB.subnetIds;

function publicCluster(more: Partial<LabCluster>): readonly LabCluster[] {
  return [{ ...GONZ_EKS_PUB, ...more }];
}

const VERSION_UPDATE = {
  id: "0b3f0d53-4a7c-4e0e-9d8b-2a51c6c4f5a1",
  type: "VersionUpdate",
  params: [{ type: "Version", value: "1.26" }],
} as const;

/** What EKS and EC2 say of a cluster whose addresses answer. */
export const AWS_SCENARIOS: readonly Scenario[] = [
  scenario("nat-not-allowed", "publicAccessCidrs lacks the NAT gateway that the nodes leave by", {
    clusters: publicCluster({ publicAccessCidrs: ["198.51.100.0/24"] }),
    vpcDetails: {
      [VPC_ID]: {
        natGateways: [
          {
            id: "nat-0a1b2c3d4e5f60718",
            subnetId: FIRST_SUBNET ?? "",
            publicIps: [NAT_IP],
            state: "available",
          },
        ],
      },
    },
  }),
  scenario("kubelet-path", "a subnet of the control plane's ENIs is gone: exec and logs time out", {
    clusters: publicCluster({
      healthIssues: [
        {
          code: "Ec2SubnetNotFound",
          message: `We couldn't find one or more subnets: ${SECOND_SUBNET}`,
          resourceIds: [SECOND_SUBNET],
        },
      ],
    }),
    vpcDetails: { [VPC_ID]: { deleted: [SECOND_SUBNET] } },
  }),
  scenario("docker-range", "the VPC overlaps 172.17.0.0/16, which the control plane uses itself", {
    vpcs: { [VPC_ID]: ["10.0.0.0/16", "172.17.128.0/20"] },
  }),
  scenario("updating", "a version update is under way", {
    clusters: publicCluster({
      status: "UPDATING",
      updates: [{ ...VERSION_UPDATE, status: "InProgress", ageSeconds: 240 }],
    }),
  }),
  scenario("update-failed", "the latest update failed", {
    clusters: publicCluster({
      updates: [
        {
          ...VERSION_UPDATE,
          status: "Failed",
          ageSeconds: 3600,
          errors: [
            {
              code: "InsufficientFreeAddresses",
              message: "One or more subnets do not have enough free addresses",
              resourceIds: [SECOND_SUBNET],
            },
          ],
        },
      ],
    }),
  }),
  scenario("failed", "EKS could not make the cluster, and says so", {
    clusters: publicCluster({ status: "FAILED" }),
  }),
  scenario("deleting", "the cluster is being deleted", {
    clusters: publicCluster({ status: "DELETING" }),
  }),
  scenario("few-free-addresses", "a subnet has no room for the ENIs of an update", {
    clusters: publicCluster({
      healthIssues: [
        {
          code: "InsufficientFreeAddresses",
          message: "One or more of the subnets does not have enough free addresses",
          resourceIds: [SECOND_SUBNET],
        },
      ],
    }),
    vpcDetails: {
      [VPC_ID]: {
        subnets: [
          {
            id: SECOND_SUBNET,
            availabilityZone: `${REGION}c`,
            cidr: "10.0.80.0/20",
            freeIps: 2,
          },
        ],
      },
    },
  }),
  scenario("single-eni", "one ENI is left of two", {
    clusters: [{ ...GONZ_EKS_BOTH, ...onlyFirstEni(GONZ_EKS_BOTH) }],
  }),
  scenario("connected", "a cluster of someone else's, shown by EKS Connector", {
    clusters: [
      {
        ...GONZ_EKS_PUB,
        connector: { provider: "GKE" },
        enis: [],
        fronts: [],
      },
    ],
  }),
  scenario("outposts", "a local cluster on Outposts, asked for by its name", {
    clusters: publicCluster({ localId: "7d3c8a9e-5b1f-4c2d-8e6a-0f9b1c2d3e4f" }),
  }),
  scenario("unknown-key", "no partition of AWS knows the access key", {
    awsFaults: [{ action: "*", kind: "invalid-client-token", times: undefined }],
  }),
  scenario("huge-session", "the session's policies make the token larger than 4096 bytes", {
    principals: [
      {
        ...VIEWER,
        accessKeyId: "ASIDLABSESSION",
        arn: `arn:aws:sts::${ACCOUNT_ID}:assumed-role/lab-viewer/session`,
        sessionToken: "lab-session-token/".repeat(200),
      },
    ],
  }),
  scenario("role-denied", "the caller may not assume the role that it asks for", {
    awsFaults: [{ action: "sts:AssumeRole", kind: "access-denied", times: undefined }],
  }),
  scenario("sts-unreachable", "no way leads to STS, which a role needs and a token does not", {
    awsFaults: [{ action: "sts:AssumeRole", kind: "never", times: undefined }],
  }),
];

function onlyFirstEni(
  cluster: LabCluster,
): Pick<LabCluster, "enis" | "servers" | "fronts" | "dns"> {
  const [eni] = cluster.enis;
  const [server] = cluster.servers;
  if (eni === undefined || server === undefined) throw new Error("the cluster has an ENI");
  return {
    enis: [eni],
    servers: [server],
    fronts: cluster.fronts
      .filter(({ ip }) => ip === eni.ip || !cluster.enis.some((other) => other.ip === ip))
      .map((front) => ({ ...front, servers: [server.id] })),
    dns: { ...cluster.dns, a: [eni.ip] },
  };
}
