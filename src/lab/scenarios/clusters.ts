import type { FrontFault, LabCluster, LabEni, LabFront } from "../scenario.ts";

/**
 * The field notes, to the letter: hosts, addresses, who leads to whom, TTL, certificates' offsets.
 * What they do not say (ids, subnets, zones, the VPC's range) is made up.
 */

export const REGION = "ap-northeast-2";
export const ACCOUNT_ID = "111122223333";
export const VPC_ID = "vpc-0a1b2c3d4e5f60718";

/** The account EKS runs control planes in, here: any other than the cluster's. */
const CONTROL_PLANE_ACCOUNT = "444455556666";

const TTL_SECONDS = 60;

export function instanceHost(ip: string): string {
  return `ip-${ip.replaceAll(".", "-")}.${REGION}.compute.internal`;
}

interface EniPlace {
  readonly id: string;
  readonly ip: string;
  readonly subnetId: string;
  readonly zone: "a" | "b" | "c";
}

function eksEni(cluster: string, place: EniPlace): LabEni {
  return {
    id: place.id,
    ip: place.ip,
    secondaryIps: [],
    subnetId: place.subnetId,
    availabilityZone: `${REGION}${place.zone}`,
    status: "in-use",
    description: `Amazon EKS ${cluster}`,
    requesterId: "AROAEXAMPLEEKSROLE:AmazonEKS",
    attachmentOwnerId: CONTROL_PLANE_ACCOUNT,
  };
}

function pinned(ip: string, server: string, fault?: FrontFault): LabFront {
  return { ip, port: 443, policy: "pinned", servers: [server], fault };
}

const SUBNETS = [
  "subnet-0c01f0aa10160010a",
  "subnet-0c01f0aa10800080c",
  "subnet-0c01f0aa10480048b",
] as const;

const COMMON = {
  status: "ACTIVE",
  version: "1.25",
  platformVersion: "eks.3",
  vpcId: VPC_ID,
  subnetIds: SUBNETS,
  securityGroupIds: [],
  publicAccessCidrs: ["0.0.0.0/0"],
  serviceIpv4Cidr: "172.20.0.0/16",
  outsideDns: undefined,
} as const satisfies Partial<LabCluster>;

/** Public endpoint only: the name gives VIPs, the ENIs answer all the same. */
export const GONZ_EKS_PUB: LabCluster = {
  ...COMMON,
  name: "gonz-eks-pub",
  endpointHost: "1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com",
  clusterSecurityGroupId: "sg-0f00d0000000000b1",
  endpointPublicAccess: true,
  endpointPrivateAccess: false,
  servers: [
    {
      id: "one",
      host: instanceHost("172.16.57.254"),
      eniIp: "10.0.20.41",
      notAfterOffsetSeconds: 264,
    },
    {
      id: "two",
      host: instanceHost("172.16.173.248"),
      eniIp: "10.0.95.229",
      notAfterOffsetSeconds: 0,
    },
  ],
  enis: [
    eksEni("gonz-eks-pub", {
      id: "eni-0b10000000001020a",
      ip: "10.0.20.41",
      subnetId: SUBNETS[0],
      zone: "a",
    }),
    eksEni("gonz-eks-pub", {
      id: "eni-0b10000000001095c",
      ip: "10.0.95.229",
      subnetId: SUBNETS[1],
      zone: "c",
    }),
  ],
  fronts: [
    pinned("43.200.53.253", "one"),
    pinned("52.79.39.107", "two"),
    pinned("10.0.20.41", "one"),
    pinned("10.0.95.229", "two"),
  ],
  dns: { a: ["43.200.53.253", "52.79.39.107"], aaaa: [], ttlSeconds: TTL_SECONDS },
};

/** Private endpoint only: the name gives the ENIs. */
export const GONZ_EKS_PRI: LabCluster = {
  ...COMMON,
  name: "gonz-eks-pri",
  endpointHost: "F14DED698CE1583E19D28678B846C0CD.yl4.ap-northeast-2.eks.amazonaws.com",
  clusterSecurityGroupId: "sg-0f00d0000000000c2",
  endpointPublicAccess: false,
  endpointPrivateAccess: true,
  publicAccessCidrs: [],
  servers: [
    {
      id: "one",
      host: instanceHost("172.16.121.126"),
      eniIp: "10.0.58.12",
      notAfterOffsetSeconds: 311,
    },
    {
      id: "two",
      host: instanceHost("172.16.56.186"),
      eniIp: "10.0.18.90",
      notAfterOffsetSeconds: 0,
    },
  ],
  enis: [
    eksEni("gonz-eks-pri", {
      id: "eni-0b20000000001058b",
      ip: "10.0.58.12",
      subnetId: SUBNETS[2],
      zone: "b",
    }),
    eksEni("gonz-eks-pri", {
      id: "eni-0b20000000001018a",
      ip: "10.0.18.90",
      subnetId: SUBNETS[0],
      zone: "a",
    }),
  ],
  fronts: [pinned("10.0.58.12", "one"), pinned("10.0.18.90", "two")],
  dns: { a: ["10.0.58.12", "10.0.18.90"], aaaa: [], ttlSeconds: TTL_SECONDS },
};

/** Both endpoints: the VPC's resolver gives the ENIs, every other one the VIPs. Not in the notes. */
export const GONZ_EKS_BOTH: LabCluster = {
  ...COMMON,
  name: "gonz-eks-both",
  endpointHost: "5B0D4E27C13A96F8872E4D1A6C90F3B2.gr7.ap-northeast-2.eks.amazonaws.com",
  clusterSecurityGroupId: "sg-0f00d0000000000d3",
  endpointPublicAccess: true,
  endpointPrivateAccess: true,
  servers: [
    {
      id: "one",
      host: instanceHost("172.16.44.19"),
      eniIp: "10.0.21.77",
      notAfterOffsetSeconds: 182,
    },
    {
      id: "two",
      host: instanceHost("172.16.140.203"),
      eniIp: "10.0.88.140",
      notAfterOffsetSeconds: 0,
    },
  ],
  enis: [
    eksEni("gonz-eks-both", {
      id: "eni-0b30000000001021a",
      ip: "10.0.21.77",
      subnetId: SUBNETS[0],
      zone: "a",
    }),
    eksEni("gonz-eks-both", {
      id: "eni-0b30000000001088c",
      ip: "10.0.88.140",
      subnetId: SUBNETS[1],
      zone: "c",
    }),
  ],
  fronts: [
    pinned("13.124.61.17", "one"),
    pinned("15.164.210.44", "two"),
    pinned("10.0.21.77", "one"),
    pinned("10.0.88.140", "two"),
  ],
  dns: { a: ["10.0.21.77", "10.0.88.140"], aaaa: [], ttlSeconds: TTL_SECONDS },
  outsideDns: { a: ["13.124.61.17", "15.164.210.44"], aaaa: [], ttlSeconds: TTL_SECONDS },
};
