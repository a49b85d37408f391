import { conclude } from "../../src/examine.ts";
import type { Cluster, Eni } from "../../src/model/cluster.ts";
import { type Expectations, NO_EXPECTATIONS } from "../../src/model/expectations.ts";
import { type Fact, known } from "../../src/model/fact.ts";
import type { Failure } from "../../src/model/failure.ts";
import type { Finding } from "../../src/model/finding.ts";
import type { FindingCode } from "../../src/model/finding-code.ts";
import { notInvestigated } from "../../src/model/investigation.ts";
import { NO_PROXY_SETTINGS } from "../../src/model/local-settings.ts";
import type { Certificate, HttpFacts, Observation } from "../../src/model/observation.ts";
import type { Resolution, ResolverRef } from "../../src/model/resolution.ts";
import type { Snapshot } from "../../src/model/snapshot.ts";
import { collectAddresses } from "../../src/probe/addresses.ts";
import { placeVantage } from "../../src/probe/vantage.ts";
import type { ReportInput } from "../../src/report/input.ts";
import { makeRequest } from "../../src/target/request.ts";

/** When the field notes asked the public cluster. */
const STARTED_AT = "2023-04-21T15:41:31.000Z";

/** A worker of the field notes' VPC. */
export const WORKER_IP = "10.0.105.163";
export const VPC_CIDR = "10.0.0.0/16";

export interface Server {
  readonly host: string;
  readonly eniIp: string;
  readonly notBefore: string;
  readonly notAfter: string;
  /** One byte, upper case: the certificate's fingerprint is made of it. */
  readonly byte: string;
}

function server(
  ip: string,
  eniIp: string,
  validity: readonly [string, string],
  byte: string,
): Server {
  const host = `ip-${ip.replaceAll(".", "-")}.ap-northeast-2.compute.internal`;
  return { host, eniIp, notBefore: validity[0], notAfter: validity[1], byte };
}

const PUB_FROM = "2023-04-17T04:15:37.000Z";
const PRI_FROM = "2023-04-24T05:14:45.000Z";

/** The API servers of the field notes' clusters; which notAfter is whose is made up. */
export const PUB_ONE: Server = server(
  "172.16.57.254",
  "10.0.20.41",
  [PUB_FROM, "2024-04-16T04:20:01.000Z"],
  "A1",
);
export const PUB_TWO: Server = server(
  "172.16.173.248",
  "10.0.95.229",
  [PUB_FROM, "2024-04-16T04:15:37.000Z"],
  "B2",
);
const PRI_ONE: Server = server(
  "172.16.121.126",
  "10.0.58.12",
  [PRI_FROM, "2024-04-23T05:14:45.000Z"],
  "C3",
);
const PRI_TWO: Server = server(
  "172.16.56.186",
  "10.0.18.90",
  [PRI_FROM, "2024-04-23T05:19:56.000Z"],
  "D4",
);

export const PUB_HOST = "1368909f748386f16ee96fce0f49a400.yl4.ap-northeast-2.eks.amazonaws.com";
const PRI_HOST = "f14ded698ce1583e19d28678b846c0cd.yl4.ap-northeast-2.eks.amazonaws.com";

export function makeLeaf(
  of: Server,
  endpointHost: string,
  change: Partial<Certificate> = {},
): Certificate {
  return {
    subject: "CN=kube-apiserver",
    issuer: "CN=kubernetes",
    dnsNames: [
      of.host,
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      "kubernetes.default.svc.cluster.local",
      endpointHost,
    ],
    ipAddresses: ["172.20.0.1", of.eniIp],
    serialNumber: `0${of.byte}`,
    notBefore: of.notBefore,
    notAfter: of.notAfter,
    sha256: Array.from({ length: 32 }, () => of.byte).join(":"),
    subjectKeyId: "yes",
    authorityKeyId: "yes",
    ...change,
  };
}

export const HTTP_200: HttpFacts = {
  status: 200,
  version: "2",
  auditId: "00000000-0000-4000-8000-000000000001",
  flowSchemaUid: "00000000-0000-4000-8000-0000000000f5",
  priorityLevelUid: "00000000-0000-4000-8000-0000000000b1",
  date: STARTED_AT,
  clockSkewMs: 0,
  bodyBytes: 220,
  deniedUser: undefined,
  retryAfterSeconds: undefined,
};

/** A whole probe of `ip:443` that met `of` and got 200 from /api. */
export function seen(
  ip: string,
  of: Server,
  change: Partial<Observation> = {},
  endpointHost: string = PUB_HOST,
): Observation {
  const id = ip.includes(":") ? `[${ip}]:443` : `${ip}:443`;
  return {
    address: id,
    sample: 1,
    startedAt: STARTED_AT,
    dialed: { ip, port: 443 },
    local: { ip: WORKER_IP, port: 40_000 },
    timings: { tcpMs: 2, tlsMs: 9.4, ttfbMs: 31, totalMs: 43 },
    tls: {
      protocol: "TLSv1.3",
      cipher: "TLS_AES_128_GCM_SHA256",
      alpn: "h2",
      clientCertificateRequested: "yes",
      leaf: makeLeaf(of, endpointHost),
      verification: { kind: "verified" },
    },
    http: HTTP_200,
    identity: { serverAddress: `${of.host}:443`, host: of.host },
    token: "sent",
    failure: undefined,
    ...change,
  };
}

/** The same probe, answered with another status: /api names nobody then. */
export function answered(
  ip: string,
  of: Server,
  status: number,
  change: Partial<Observation> = {},
): Observation {
  const failure: Failure = {
    code: "http-status",
    phase: "http",
    side: "server",
    message: `/api answered ${status}`,
  };
  return seen(ip, of, { http: { ...HTTP_200, status }, identity: undefined, failure, ...change });
}

export const TCP_TIMEOUT: Failure = {
  code: "tcp-timeout",
  phase: "tcp",
  side: "network",
  message: "no answer to the connection attempt within 5s",
  cause: "ETIMEDOUT",
};

/** A probe that did not get beyond TCP. */
export function failedAt(
  ip: string,
  failure: Failure = TCP_TIMEOUT,
  change: Partial<Observation> = {},
): Observation {
  return seen(ip, PUB_ONE, {
    local: undefined,
    timings: { tcpMs: undefined, tlsMs: undefined, ttfbMs: undefined, totalMs: 5_000 },
    tls: undefined,
    http: undefined,
    identity: undefined,
    token: "none",
    failure,
    ...change,
  });
}

export const VPC_RESOLVER: ResolverRef = { kind: "server", ip: "10.0.0.2", port: 53, system: true };

/** One answer of a DNS server with these addresses, or none of that type. */
export function named(ips: readonly string[], change: Partial<Resolution> = {}): Resolution {
  const type = change.type ?? (ips.some((ip) => ip.includes(":")) ? "AAAA" : "A");
  return {
    resolver: VPC_RESOLVER,
    name: PUB_HOST,
    type,
    answer:
      ips.length === 0
        ? { kind: "nodata" }
        : { kind: "records", records: ips.map((ip) => ({ type, ip, ttlSeconds: 60 })), cnames: [] },
    durationMs: 1.5,
    transport: "udp",
    ...change,
  };
}

export function makeCluster(change: Partial<Cluster> = {}): Cluster {
  return {
    source: "eks",
    name: "gonz-eks-pub",
    arn: "arn:aws:eks:ap-northeast-2:111122223333:cluster/gonz-eks-pub",
    region: "ap-northeast-2",
    status: "ACTIVE",
    version: "1.25",
    platformVersion: "eks.3",
    endpoint: {
      url: "https://1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com",
      host: PUB_HOST,
      port: 443,
    },
    certificateAuthority: known(
      "-----BEGIN CERTIFICATE-----\nEXAMPLE\n-----END CERTIFICATE-----\n",
    ),
    vpcId: "vpc-0a",
    subnetIds: ["subnet-0a", "subnet-0c"],
    securityGroupIds: [],
    clusterSecurityGroupId: "sg-0c",
    publicAccess: "yes",
    privateAccess: "no",
    publicAccessCidrs: ["0.0.0.0/0"],
    serviceIpv4Cidr: "172.20.0.0/16",
    serviceIpv6Cidr: undefined,
    ipFamily: "ipv4",
    healthIssues: [],
    authenticationMode: "API_AND_CONFIG_MAP",
    localId: undefined,
    connectorProvider: undefined,
    scalingTier: "standard",
    ...change,
  };
}

export function makeEni(ip: string, change: Partial<Eni> = {}): Eni {
  return {
    id: `eni-${ip.replaceAll(".", "-")}`,
    description: "Amazon EKS gonz-eks-pub",
    privateIp: ip,
    otherIps: [],
    subnetId: "subnet-0a",
    vpcId: "vpc-0a",
    availabilityZone: "ap-northeast-2a",
    securityGroupIds: ["sg-0c"],
    status: "in-use",
    requesterId: "AROAEXAMPLE:AmazonEKS",
    attachmentOwnerId: "444455556666",
    ownerId: "111122223333",
    marks: { requestedByEks: "yes", attachedToForeignAccount: "yes" },
    ...change,
  };
}

export const PRI_CLUSTER: Cluster = makeCluster({
  name: "gonz-eks-pri",
  endpoint: {
    url: "https://F14DED698CE1583E19D28678B846C0CD.yl4.ap-northeast-2.eks.amazonaws.com",
    host: PRI_HOST,
    port: 443,
  },
  publicAccess: "no",
  privateAccess: "yes",
});

export const PUB_ENIS: readonly Eni[] = [
  makeEni("10.0.20.41"),
  makeEni("10.0.95.229", { availabilityZone: "ap-northeast-2c", subnetId: "subnet-0c" }),
];

/** Which address leads to whom, for each fresh connection: `n` samples of each pair. */
export function sampled(
  pairs: readonly (readonly [ip: string, of: Server])[],
  n: number,
  endpointHost: string = PUB_HOST,
): readonly Observation[] {
  return pairs.flatMap(([ip, of]) =>
    Array.from({ length: n }, (_, index) => seen(ip, of, { sample: index + 1 }, endpointHost)),
  );
}

export type SnapshotParts = Partial<Omit<Snapshot, "addresses" | "vantage">> & {
  readonly localIps?: readonly string[];
  readonly vpcCidrs?: Fact<readonly string[]>;
};

/** A snapshot as the pipeline would make it: addresses and vantage follow from the other parts. */
export function makeSnapshot({ localIps, vpcCidrs, ...parts }: SnapshotParts): Snapshot {
  const request = parts.request ?? makeRequest("gonz-eks-pub");
  const cluster = parts.cluster ?? known(makeCluster());
  const enis = parts.enis ?? known(PUB_ENIS);
  const resolutions = parts.resolutions ?? [];
  const observations = parts.observations ?? [];
  const port = (cluster.kind === "known" ? cluster.value.endpoint?.port : undefined) ?? 443;
  return {
    startedAt: STARTED_AT,
    durationMs: 412,
    interrupted: false,
    token: known({ expiresAt: "2023-04-21T15:55:31Z" }),
    inspections: [],
    reuses: [],
    local: { proxy: NO_PROXY_SETTINGS, kubeconfig: known([]) },
    investigation: notInvestigated(),
    ...parts,
    request,
    cluster,
    enis,
    resolutions,
    observations,
    vantage: placeVantage(
      "worker",
      localIps ?? [WORKER_IP],
      observations,
      vpcCidrs ?? known([VPC_CIDR]),
    ),
    addresses: collectAddresses(resolutions, enis, port, request),
  };
}

const PUB_PAIRS = [
  ["43.200.53.253", PUB_ONE],
  ["52.79.39.107", PUB_TWO],
  ["10.0.20.41", PUB_ONE],
  ["10.0.95.229", PUB_TWO],
] as const;

/** gonz-eks-pub of the field notes, asked from a worker in its VPC. */
export function pubSnapshot(change: SnapshotParts = {}, samples = 20): Snapshot {
  return makeSnapshot({
    request: makeRequest("gonz-eks-pub", { samples }),
    resolutions: [named(["43.200.53.253", "52.79.39.107"]), named([], { type: "AAAA" })],
    observations: sampled(PUB_PAIRS, samples),
    ...change,
  });
}

/** gonz-eks-pri of the field notes. */
export function priSnapshot(change: SnapshotParts = {}, samples = 20): Snapshot {
  return makeSnapshot({
    request: makeRequest("gonz-eks-pri", { samples }),
    startedAt: "2023-04-28T12:00:00.000Z",
    cluster: known(PRI_CLUSTER),
    enis: known([
      makeEni("10.0.58.12", { description: "Amazon EKS gonz-eks-pri" }),
      makeEni("10.0.18.90", {
        description: "Amazon EKS gonz-eks-pri",
        availabilityZone: "ap-northeast-2c",
      }),
    ]),
    resolutions: [named(["10.0.58.12", "10.0.18.90"], { name: PRI_HOST })],
    observations: sampled(
      [
        ["10.0.58.12", PRI_ONE],
        ["10.0.18.90", PRI_TWO],
      ],
      samples,
      PRI_HOST,
    ),
    ...change,
  });
}

/** The public cluster with private access turned on as well: the VPC's resolver gives the ENIs. */
export function bothSnapshot(change: SnapshotParts = {}): Snapshot {
  return pubSnapshot(
    {
      cluster: known(makeCluster({ privateAccess: "yes" })),
      resolutions: [
        named(["10.0.20.41", "10.0.95.229"]),
        named(["43.200.53.253", "52.79.39.107"], {
          resolver: { kind: "server", ip: "1.1.1.1", port: 53, system: false },
        }),
      ],
      ...change,
    },
    1,
  );
}

export function reportOf(snapshot: Snapshot, expectations?: Partial<Expectations>): ReportInput {
  return conclude(snapshot, { ...NO_EXPECTATIONS, ...expectations });
}

/** What one check says of a snapshot. */
export function findingOf(
  snapshot: Snapshot,
  code: FindingCode,
  expectations?: Partial<Expectations>,
): Finding {
  const finding = reportOf(snapshot, expectations).findings.find((one) => one.code === code);
  if (finding === undefined) throw new Error(`no finding ${code}`);
  return finding;
}
