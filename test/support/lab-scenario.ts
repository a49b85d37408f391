import type { LabCluster, LabEni, LabPrincipal, Scenario } from "../../src/lab/scenario.ts";

/** Credentials that are fake at first sight, one principal for each thing a test needs. */
export const ADMIN: LabPrincipal = {
  accessKeyId: "AKIDEXAMPLE1",
  secretAccessKey: "EXAMPLEKEY/one",
  sessionToken: undefined,
  arn: "arn:aws:iam::111122223333:user/admin",
  kubernetesUser: "admin",
};

export const UNMAPPED: LabPrincipal = {
  accessKeyId: "AKIDEXAMPLE2",
  secretAccessKey: "EXAMPLEKEY/two",
  sessionToken: undefined,
  arn: "arn:aws:iam::111122223333:user/nobody",
  kubernetesUser: undefined,
};

export const SESSION: LabPrincipal = {
  accessKeyId: "ASIDEXAMPLE3",
  secretAccessKey: "EXAMPLEKEY/three",
  sessionToken: "example session token+/=",
  arn: "arn:aws:sts::111122223333:assumed-role/viewer/ci",
  kubernetesUser: "viewer",
};

export const REGION = "ap-northeast-2";
export const CLUSTER_NAME = "gonz-eks-pub";
export const ENDPOINT_HOST =
  "1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com";

export function makeEni(index: number, change: Partial<LabEni> = {}): LabEni {
  return {
    id: `eni-0${String(index).padStart(16, "0")}`,
    ip: `10.0.20.${index}`,
    secondaryIps: [],
    subnetId: "subnet-0a",
    availabilityZone: "ap-northeast-2a",
    status: "in-use",
    description: `Amazon EKS ${CLUSTER_NAME}`,
    requesterId: "AROALABEXAMPLE:AmazonEKS",
    attachmentOwnerId: "444455556666",
    ...change,
  };
}

export function makeCluster(change: Partial<LabCluster> = {}): LabCluster {
  return {
    name: CLUSTER_NAME,
    status: "ACTIVE",
    endpointHost: ENDPOINT_HOST,
    version: "1.33",
    platformVersion: "eks.9",
    vpcId: "vpc-0a",
    subnetIds: ["subnet-0a", "subnet-0b"],
    securityGroupIds: ["sg-0a"],
    clusterSecurityGroupId: "sg-0c",
    endpointPublicAccess: true,
    endpointPrivateAccess: false,
    publicAccessCidrs: ["0.0.0.0/0"],
    serviceIpv4Cidr: "172.20.0.0/16",
    servers: [],
    enis: [makeEni(41), makeEni(42, { availabilityZone: "ap-northeast-2c" })],
    fronts: [],
    dns: { a: ["43.200.53.253", "52.79.39.107"], aaaa: [], ttlSeconds: 60 },
    outsideDns: undefined,
    ...change,
  };
}

export function makeScenario(change: Partial<Scenario> = {}): Scenario {
  return {
    name: "test",
    description: "for tests",
    region: REGION,
    accountId: "111122223333",
    vpcs: { "vpc-0a": ["10.0.0.0/16", "100.64.0.0/16"], "vpc-0b": ["10.1.0.0/16"] },
    principals: [ADMIN, UNMAPPED, SESSION],
    clusters: [makeCluster()],
    latency: { awsMs: 0, dnsMs: 0, addressMs: 0 },
    awsFaults: [],
    dnsFault: undefined,
    resolvers: { inside: "10.0.0.2", outside: "192.0.2.53" },
    ...change,
  };
}
