import type { LabPrincipal, Scenario } from "../scenario.ts";
import { ACCOUNT_ID, GONZ_EKS_PUB, REGION, VPC_ID } from "./clusters.ts";

/** Mapped to a Kubernetes user that may do what every authenticated user may. */
export const VIEWER: LabPrincipal = {
  accessKeyId: "AKIDLABVIEWER",
  secretAccessKey: "lab-secret-of-the-viewer",
  sessionToken: undefined,
  arn: `arn:aws:iam::${ACCOUNT_ID}:user/lab-viewer`,
  kubernetesUser: "lab",
};

/** Mapped to a user whose role lets it read what the map's certainty rests on. */
export const READER: LabPrincipal = {
  accessKeyId: "AKIDLABREADER",
  secretAccessKey: "lab-secret-of-the-reader",
  sessionToken: undefined,
  arn: `arn:aws:iam::${ACCOUNT_ID}:user/lab-reader`,
  kubernetesUser: "reader",
  permissions: ["leases", "endpointslices"],
};

/** Known to AWS, but no access entry maps it: every API server answers 401. */
export const STRANGER: LabPrincipal = {
  accessKeyId: "AKIDLABSTRANGER",
  secretAccessKey: "lab-secret-of-the-stranger",
  sessionToken: undefined,
  arn: `arn:aws:iam::${ACCOUNT_ID}:user/lab-stranger`,
  kubernetesUser: undefined,
};

/** One with the field notes' public cluster, the viewer and no faults, but for what `more` says. */
export function scenario(name: string, description: string, more: Partial<Scenario>): Scenario {
  return {
    name,
    description,
    region: REGION,
    accountId: ACCOUNT_ID,
    vpcs: { [VPC_ID]: ["10.0.0.0/16"] },
    principals: [VIEWER, STRANGER],
    clusters: [GONZ_EKS_PUB],
    latency: { awsMs: 0, dnsMs: 0, addressMs: 0 },
    awsFaults: [],
    dnsFault: undefined,
    resolvers: { inside: "10.0.0.2", outside: "198.51.100.53" },
    ...more,
  };
}
