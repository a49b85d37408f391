import { hasEndpoint } from "../scenario/eks.ts";
import type { LabCluster } from "../scenario.ts";
import { hexOf } from "../vpc.ts";
import { eksArn } from "./eks-find.ts";
import { partitionOf } from "./partition.ts";
import type { AwsCall, AwsWorld } from "./service.ts";

/** The document of DescribeCluster, as the service model of 2017-11-01 has it. */
export function clusterDocument(cluster: LabCluster, call: AwsCall, world: AwsWorld): object {
  const common = {
    name: cluster.name,
    arn: eksArn(call, world, `cluster/${cluster.name}`),
    createdAt: world.createdAtMs / 1000,
    status: cluster.status,
    tags: {},
    health: { issues: cluster.healthIssues ?? [] },
  };
  return cluster.connector === undefined
    ? { ...common, ...ownPart(cluster, world) }
    : { ...common, connectorConfig: connectorPart(cluster.connector.provider, cluster, world) };
}

/** What EKS says of a control plane that it runs. */
function ownPart(cluster: LabCluster, world: AwsWorld): object {
  const { accountId, region } = world.scenario;
  const partition = partitionOf(region);
  const authority = world.certificateAuthorityOf(cluster.name);
  const isUp = hasEndpoint(cluster);
  const oidcId = cluster.endpointHost.split(".")[0]?.toUpperCase() ?? "";
  return {
    version: cluster.version,
    ...(isUp && { endpoint: `https://${cluster.endpointHost}` }),
    roleArn: `arn:${partition?.id ?? "aws"}:iam::${accountId}:role/eks-cluster-role`,
    resourcesVpcConfig: {
      subnetIds: cluster.subnetIds,
      securityGroupIds: cluster.securityGroupIds,
      clusterSecurityGroupId: cluster.clusterSecurityGroupId,
      vpcId: cluster.vpcId,
      endpointPublicAccess: cluster.endpointPublicAccess,
      endpointPrivateAccess: cluster.endpointPrivateAccess,
      publicAccessCidrs: cluster.publicAccessCidrs,
      controlPlaneEgressMode: "AWS_MANAGED",
    },
    kubernetesNetworkConfig: {
      serviceIpv4Cidr: cluster.serviceIpv4Cidr,
      ipFamily: "ipv4",
      elasticLoadBalancing: { enabled: false },
    },
    logging: {
      clusterLogging: [
        {
          types: ["api", "audit", "authenticator", "controllerManager", "scheduler"],
          enabled: false,
        },
      ],
    },
    ...(isUp && {
      identity: {
        oidc: {
          issuer: `https://oidc.eks.${region}.${partition?.dnsSuffix ?? "amazonaws.com"}/id/${oidcId}`,
        },
      },
    }),
    certificateAuthority:
      isUp && authority !== undefined ? { data: Buffer.from(authority).toString("base64") } : {},
    platformVersion: cluster.platformVersion,
    ...(cluster.localId !== undefined && localPart(cluster.localId, world)),
    accessConfig: { authenticationMode: cluster.authenticationMode ?? "API_AND_CONFIG_MAP" },
    upgradePolicy: { supportType: "EXTENDED" },
    controlPlaneScalingConfig: { tier: cluster.scalingTier ?? "standard" },
    deletionProtection: false,
  };
}

function localPart(id: string, { scenario }: AwsWorld): object {
  const { accountId, region } = scenario;
  const partition = partitionOf(region)?.id ?? "aws";
  const outpost = `arn:${partition}:outposts:${region}:${accountId}:outpost/op-${hexOf(id, 17)}`;
  return {
    id,
    outpostConfig: { outpostArns: [outpost], controlPlaneInstanceType: "m5.large" },
  };
}

/** The activation code is told once, by RegisterCluster. */
function connectorPart(provider: string, { name }: LabCluster, world: AwsWorld): object {
  const { accountId, region } = world.scenario;
  const uuid = hexOf(name, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  return {
    activationId: uuid,
    activationExpiry: world.createdAtMs / 1000 + 3 * 86_400,
    provider,
    roleArn: `arn:${partitionOf(region)?.id ?? "aws"}:iam::${accountId}:role/AmazonEKSConnectorAgentRole`,
  };
}
