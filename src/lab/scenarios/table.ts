import type { FrontFault, LabCluster, Scenario } from "../scenario.ts";
import { STRANGER, scenario, VIEWER } from "./base.ts";
import { CATALOGUE_SCENARIOS } from "./catalogue.ts";
import { WORKER_SCENARIOS } from "./catalogue-worker.ts";
import { CERTAINTY_SCENARIOS } from "./certainty.ts";
import { GONZ_EKS_BOTH, GONZ_EKS_PRI, GONZ_EKS_PUB } from "./clusters.ts";
import { TIMELINE_SCENARIOS } from "./timelines.ts";
import { PRIVATE_WORKER, PUBLIC_WORKER } from "./workers.ts";

export { VIEWER } from "./base.ts";

/** The public cluster with one of its addresses broken. */
function broken(name: string, description: string, ip: string, fault: FrontFault): Scenario {
  const cluster: LabCluster = {
    ...GONZ_EKS_PUB,
    fronts: GONZ_EKS_PUB.fronts.map((front) => (front.ip === ip ? { ...front, fault } : front)),
  };
  return scenario(name, description, { clusters: [cluster] });
}

/** The first one is the default. */
export const SCENARIOS: readonly Scenario[] = [
  scenario(
    "field-notes",
    "the clusters of the field notes, public and private, and one with both endpoints",
    {
      clusters: [GONZ_EKS_PUB, GONZ_EKS_PRI, GONZ_EKS_BOTH],
      worker: PUBLIC_WORKER,
    },
  ),
  scenario("gonz-eks-pub", "public endpoint: 2 VIPs and 2 ENIs, crossed over 2 API servers", {
    worker: PUBLIC_WORKER,
  }),
  scenario("gonz-eks-pri", "private endpoint: the name resolves to the 2 ENIs", {
    clusters: [GONZ_EKS_PRI],
    worker: PRIVATE_WORKER,
  }),
  scenario("gonz-eks-both", "both endpoints: ENIs from the VPC's resolver, VIPs from any other", {
    clusters: [GONZ_EKS_BOTH],
  }),
  scenario("creating", "a cluster that is still CREATING: no endpoint, no CA", {
    clusters: [{ ...GONZ_EKS_PUB, status: "CREATING", enis: [] }],
  }),
  scenario(
    "unmapped",
    "the caller is known to AWS but mapped to no Kubernetes user: 401 everywhere",
    {
      principals: [STRANGER, VIEWER],
    },
  ),
  scenario("enis-denied", "ec2:DescribeNetworkInterfaces is denied", {
    awsFaults: [
      { action: "ec2:DescribeNetworkInterfaces", kind: "access-denied", times: undefined },
    ],
  }),
  scenario("cluster-denied", "eks:DescribeCluster is denied", {
    awsFaults: [{ action: "eks:DescribeCluster", kind: "access-denied", times: undefined }],
  }),
  scenario("throttled", "every AWS API throttles the first two calls", {
    awsFaults: [{ action: "*", kind: "throttling", times: 2 }],
  }),
  scenario("expired", "the caller's credentials have expired", {
    awsFaults: [{ action: "*", kind: "expired-token", times: undefined }],
  }),
  scenario("nxdomain", "no resolver knows the endpoint's name", { dnsFault: "nxdomain" }),
  broken("vip-silent", "one VIP accepts TCP and then says nothing", "52.79.39.107", {
    kind: "never",
    phase: "tls",
  }),
  broken("vip-late", "one VIP answers half a second late", "52.79.39.107", {
    kind: "late",
    phase: "http",
    ms: 500,
  }),
  broken("vip-refused", "one VIP refuses connections", "52.79.39.107", { kind: "refuse" }),
  broken("vip-reset", "one VIP resets the connection after the ClientHello", "52.79.39.107", {
    kind: "reset",
    phase: "tls",
  }),
  broken("vip-foreign", "one VIP shows a certificate of another CA", "52.79.39.107", {
    kind: "wrong-certificate",
    flaw: "foreign-ca",
  }),
  broken("vip-expired", "one VIP shows an expired certificate", "52.79.39.107", {
    kind: "wrong-certificate",
    flaw: "expired",
  }),
  broken("vip-garbage", "one VIP answers with bytes that are not TLS", "52.79.39.107", {
    kind: "garbage",
  }),
  broken("vip-endless", "one VIP answers /api with a body that never ends", "52.79.39.107", {
    kind: "body",
    body: "huge",
  }),
  broken("vip-unready", "one VIP leads to an API server that answers 503", "52.79.39.107", {
    kind: "status",
    status: 503,
  }),
  broken("eni-refused", "one ENI refuses connections", "10.0.95.229", { kind: "refuse" }),
  ...CERTAINTY_SCENARIOS,
  ...CATALOGUE_SCENARIOS,
  ...WORKER_SCENARIOS,
  ...TIMELINE_SCENARIOS,
];

export function findScenario(name: string): Scenario | undefined {
  return SCENARIOS.find((candidate) => candidate.name === name);
}
