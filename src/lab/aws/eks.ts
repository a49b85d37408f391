import type { LabCluster } from "../scenario.ts";
import { partitionOf } from "./partition.ts";
import type { AwsCall, AwsWorld, Operation, ServiceResult } from "./service.ts";
import { ok, serviceError } from "./service.ts";

const MAX_LIST_RESULTS = 100;

/** The EKS API: GET /clusters and GET /clusters/{name}; nothing else is simulated. */
export function routeEks(call: AwsCall, world: AwsWorld): Operation {
  const path = call.request.path.split("/").slice(1).map(decodeSegment);
  const [collection, name, ...more] = path;
  if (call.request.method !== "GET" || collection !== "clusters" || more.length > 0) {
    return notRouted(call);
  }
  if (name === undefined || name === "") {
    return operation(call, "eks:ListClusters", arnOf(call, world, "*"), () =>
      listClusters(call, world),
    );
  }
  return operation(call, "eks:DescribeCluster", arnOf(call, world, name), () =>
    describeCluster(name, call, world),
  );
}

function operation(
  call: AwsCall,
  action: string,
  resource: string,
  run: () => ServiceResult,
): Operation {
  const denial = (): string =>
    `User: ${call.caller.arn} is not authorized to perform: ${action} on resource: ${resource}`;
  return { action, denial, run };
}

/** Amazon API Gateway, which stands before EKS, says so of every route it does not have. */
function notRouted(call: AwsCall): Operation {
  return operation(call, "eks:Unknown", "*", () => ({
    kind: "problem",
    problem: { kind: "missing-authentication" },
  }));
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function clustersIn(call: AwsCall, world: AwsWorld): readonly LabCluster[] {
  return call.region === world.scenario.region ? world.scenario.clusters : [];
}

function listClusters(call: AwsCall, world: AwsWorld): ServiceResult {
  const names = clustersIn(call, world)
    .map((cluster) => cluster.name)
    .toSorted();
  const wanted = Number(call.request.params.get("maxResults") ?? MAX_LIST_RESULTS);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > MAX_LIST_RESULTS) {
    return serviceError("InvalidParameterException", "maxResults must be between 1 and 100.");
  }
  const after = decodeToken(call.request.params.get("nextToken"));
  if (after === undefined) {
    return serviceError("InvalidParameterException", "Invalid pagination token.");
  }
  const rest = names.filter((name) => name > after);
  const page = rest.slice(0, wanted);
  const last = page.at(-1);
  const nextToken = rest.length > page.length && last !== undefined ? encodeToken(last) : null;
  return ok(JSON.stringify({ clusters: page, nextToken }));
}

function encodeToken(name: string): string {
  return Buffer.from(`after:${name}`).toString("base64url");
}

function decodeToken(token: string | undefined): string | undefined {
  if (token === undefined || token === "") return "";
  const text = Buffer.from(token, "base64url").toString("utf8");
  return text.startsWith("after:") ? text.slice("after:".length) : undefined;
}

function describeCluster(name: string, call: AwsCall, world: AwsWorld): ServiceResult {
  const cluster = clustersIn(call, world).find((one) => one.name === name);
  if (cluster === undefined) {
    const message = `No cluster found for name: ${name}.`;
    return serviceError("ResourceNotFoundException", message, 404, { clusterName: name });
  }
  return ok(JSON.stringify({ cluster: documentOf(cluster, call, world) }));
}

/** The document of DescribeCluster, as the service model of 2017-11-01 has it. */
function documentOf(cluster: LabCluster, call: AwsCall, world: AwsWorld): object {
  const { accountId, region } = world.scenario;
  const partition = partitionOf(region);
  const authority = world.certificateAuthorityOf(cluster.name);
  const isUp = cluster.status !== "CREATING";
  const oidcId = cluster.endpointHost.split(".")[0]?.toUpperCase() ?? "";
  return {
    name: cluster.name,
    arn: arnOf(call, world, cluster.name),
    createdAt: world.createdAtMs / 1000,
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
    status: cluster.status,
    certificateAuthority:
      isUp && authority !== undefined ? { data: Buffer.from(authority).toString("base64") } : {},
    platformVersion: cluster.platformVersion,
    tags: {},
    health: { issues: [] },
    accessConfig: { authenticationMode: "API_AND_CONFIG_MAP" },
    upgradePolicy: { supportType: "EXTENDED" },
    controlPlaneScalingConfig: { tier: "standard" },
    deletionProtection: false,
  };
}

function arnOf(call: AwsCall, world: AwsWorld, name: string): string {
  const partition = partitionOf(call.region)?.id ?? "aws";
  return `arn:${partition}:eks:${call.region}:${world.scenario.accountId}:cluster/${name}`;
}
