import * as v from "valibot";
import type { Cluster, Eni, HealthIssue } from "../../../model/cluster.ts";
import type { Fact } from "../../../model/fact.ts";
import type { ControlPlaneMap } from "../../../model/map.ts";
import type { Snapshot } from "../../../model/snapshot.ts";
import type { Vantage } from "../../../model/vantage.ts";
import {
  factOf,
  failure,
  list,
  maybe,
  name,
  number,
  pem,
  type Read,
  text,
  tri,
  word,
} from "./parts.ts";

/** Where from, and what AWS said. */

export const vantage: Read<Vantage> = v.pipe(
  v.object({
    hostname: name,
    localIps: list(name),
    sourceIps: list(name),
    vpcCidrs: maybe(list(name)),
    insideVpc: tri,
    insideVpcReason: text,
    problem: maybe(failure),
  }),
  v.transform(({ problem, ...rest }) => ({ ...rest, vpcCidrs: factOf(rest.vpcCidrs, problem) })),
);

export const mode: Read<ControlPlaneMap["mode"]> = word(
  ["public", "private", "public and private", "unknown"],
  "unknown",
);

const healthIssue: Read<HealthIssue> = v.object({
  code: name,
  message: text,
  resourceIds: list(name),
});

const SOURCES = ["eks", "flags", "kubeconfig"] as const;

/** Who named the cluster; somebody of a kind that is not known here was not EKS. */
const source: Read<Cluster["source"] | undefined> = v.pipe(
  v.nullish(v.string()),
  v.transform((said) =>
    said == null ? undefined : (SOURCES.find((one) => one === said) ?? "flags"),
  ),
);

export interface ReadCluster {
  readonly name: string;
  readonly cluster: Fact<Cluster>;
  readonly mode: ControlPlaneMap["mode"];
  readonly dnsView: ControlPlaneMap["dnsView"];
}

export const cluster: Read<ReadCluster> = v.pipe(
  v.object({
    source,
    name,
    arn: maybe(name),
    region: maybe(name),
    status: maybe(name),
    version: maybe(name),
    platformVersion: maybe(name),
    endpoint: maybe(v.object({ url: text, host: name, port: number })),
    certificateAuthority: maybe(pem),
    vpcId: maybe(name),
    subnetIds: maybe(list(name)),
    securityGroupIds: maybe(list(name)),
    clusterSecurityGroupId: maybe(name),
    publicAccess: tri,
    privateAccess: tri,
    publicAccessCidrs: maybe(list(name)),
    serviceIpv4Cidr: maybe(name),
    serviceIpv6Cidr: maybe(name),
    ipFamily: maybe(name),
    healthIssues: maybe(list(healthIssue)),
    authenticationMode: maybe(name),
    localId: maybe(name),
    connectorProvider: maybe(name),
    scalingTier: maybe(name),
    mode,
    dnsView: word(["enis", "vips", "mixed", "none", "unknown"], "unknown"),
    problem: maybe(failure),
  }),
  v.transform(({ mode: read, dnsView, problem, ...facts }) => ({
    name: facts.name,
    mode: read,
    dnsView,
    cluster: factOf(describedOf(facts), problem),
  })),
);

type Facts = Omit<Cluster, "source" | "certificateAuthority"> & {
  readonly source: Cluster["source"] | undefined;
  readonly certificateAuthority: string | undefined;
};

/** Runs of the first version do not name the source: there was but one. */
function describedOf(facts: Facts): Cluster | undefined {
  const isDescribed = facts.arn !== undefined || facts.endpoint !== undefined;
  const told = facts.source ?? (isDescribed ? "eks" : undefined);
  if (told === undefined) return undefined;
  return {
    ...facts,
    source: told,
    certificateAuthority: factOf(facts.certificateAuthority, undefined),
  };
}

const eni: Read<Eni> = v.object({
  id: name,
  description: text,
  privateIp: name,
  otherIps: list(name),
  subnetId: maybe(name),
  vpcId: maybe(name),
  availabilityZone: maybe(name),
  securityGroupIds: maybe(list(name)),
  status: maybe(name),
  requesterId: maybe(name),
  attachmentOwnerId: maybe(name),
  ownerId: maybe(name),
  marks: v.object({ requestedByEks: tri, attachedToForeignAccount: tri }),
});

export const enis: Read<Snapshot["enis"]> = v.pipe(
  v.object({ items: list(eni), reason: maybe(text), problem: maybe(failure) }),
  v.transform(({ items, reason, problem }) =>
    factOf(reason === undefined && problem === undefined ? items : undefined, problem, reason),
  ),
);

export const token: Read<Snapshot["token"]> = v.pipe(
  v.object({
    state: name,
    expiresAt: maybe(name),
    reason: maybe(text),
    problem: maybe(failure),
  }),
  v.transform(({ state, expiresAt, reason, problem }) =>
    factOf(
      state === "signed" && expiresAt !== undefined ? { expiresAt } : undefined,
      problem,
      reason,
    ),
  ),
);
