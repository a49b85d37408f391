import { createHash } from "node:crypto";
import type { LabCluster, LabServer } from "../scenario.ts";
import { firstServiceIp, isInsideCidr, normalizeCidr } from "./service-network.ts";
import type { Json } from "./yaml.ts";

/**
 * /api. A client inside the service network, or one that X-Forwarded-For says is, is told of the
 * service address too (recorded from kube-apiserver 1.20).
 */
export function apiVersionsDocument(
  cluster: LabCluster,
  server: LabServer,
  clientIp: string | undefined,
): Json {
  const everyone = { clientCIDR: "0.0.0.0/0", serverAddress: reportedAddress(server) };
  const cidr = cluster.serviceIpv4Cidr;
  const inside = {
    clientCIDR: normalizeCidr(cidr),
    serverAddress: `${firstServiceIp(cidr)}:443`,
  };
  const isInside = clientIp !== undefined && isInsideCidr(clientIp, cidr);
  return {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: isInside ? [everyone, inside] : [everyone],
  };
}

/** What /api says the server is: its host, unless the scenario has it say otherwise. */
export function reportedAddress({ reportsAs, host }: LabServer): string {
  return `${reportsAs ?? host}:443`;
}

/** The groups of an EKS cluster as it comes, in the order kube-apiserver lists them. */
const API_GROUPS: Readonly<Record<string, readonly string[]>> = {
  "apiregistration.k8s.io": ["v1"],
  apps: ["v1"],
  "events.k8s.io": ["v1"],
  "authentication.k8s.io": ["v1"],
  "authorization.k8s.io": ["v1"],
  autoscaling: ["v2", "v1"],
  batch: ["v1"],
  "certificates.k8s.io": ["v1"],
  "networking.k8s.io": ["v1"],
  policy: ["v1"],
  "rbac.authorization.k8s.io": ["v1"],
  "storage.k8s.io": ["v1"],
  "admissionregistration.k8s.io": ["v1"],
  "apiextensions.k8s.io": ["v1"],
  "scheduling.k8s.io": ["v1"],
  "coordination.k8s.io": ["v1"],
  "node.k8s.io": ["v1"],
  "discovery.k8s.io": [],
  "flowcontrol.apiserver.k8s.io": ["v1", "v1beta3"],
  "crd.k8s.amazonaws.com": ["v1alpha1"],
  "networking.k8s.aws": ["v1alpha1"],
  "vpcresources.k8s.aws": ["v1beta1", "v1alpha1"],
};

/**
 * /apis: as large as a cluster's, several TCP segments. Only the groups of authentication, Leases
 * and EndpointSlices have documents here, and only the last tells versions apart.
 */
export function apiGroupsDocument(sliceVersions: readonly string[]): Json {
  const served = { ...API_GROUPS, "discovery.k8s.io": sliceVersions };
  const groups = Object.entries(served).flatMap(([name, names]) => {
    const versions = names.map((version) => ({ groupVersion: `${name}/${version}`, version }));
    const [preferredVersion] = versions;
    return preferredVersion === undefined ? [] : [{ name, versions, preferredVersion }];
  });
  return { kind: "APIGroupList", apiVersion: "v1", groups };
}

/** The versions EndpointSlices are served at, best first: v1 from 1.21 on, v1beta1 below 1.25. */
export function sliceVersionsOf(cluster: LabCluster, version: string): readonly string[] {
  const { hasEndpointSlices } = cluster;
  if (hasEndpointSlices !== undefined)
    return hasEndpointSlices === "none" ? [] : [hasEndpointSlices];
  const minor = minorVersion(version);
  return [...(minor >= 21 ? ["v1"] : []), ...(minor < 25 ? ["v1beta1"] : [])];
}

/** /version. Hash and commit are made up from version and platform, a missing patch too. */
export function versionDocument(version: string, platformVersion: string): Json {
  const [major = "1", minor = "0", patch = /\d+/.exec(platformVersion)?.[0] ?? "0"] =
    version.split(".");
  const commit = createHash("sha1").update(`${version} ${platformVersion}`);
  const gitCommit = commit.digest("hex");
  return {
    major,
    minor: `${minor}+`,
    gitVersion: `v${major}.${minor}.${patch}-eks-${gitCommit.slice(0, 7)}`,
    gitCommit,
    gitTreeState: "clean",
    buildDate: "2026-01-13T13:20:00Z",
    goVersion: "go1.24.9",
    compiler: "gc",
    platform: "linux/amd64",
  };
}

/** `1.32` → 32; 0 for text that is no version. */
export function minorVersion(version: string): number {
  return Number(/^\d+\.(\d+)/.exec(version)?.[1] ?? 0);
}

export type HealthEndpoint = "healthz" | "livez" | "readyz";

/** The checks of /readyz?verbose, in the order recorded from kube-apiserver 1.20. */
const READYZ_CHECKS = [
  "ping",
  "log",
  "etcd",
  "informer-sync",
  "poststarthook/start-kube-apiserver-admission-initializer",
  "poststarthook/generic-apiserver-start-informers",
  "poststarthook/priority-and-fairness-config-consumer",
  "poststarthook/priority-and-fairness-filter",
  "poststarthook/start-apiextensions-informers",
  "poststarthook/start-apiextensions-controllers",
  "poststarthook/crd-informer-synced",
  "poststarthook/bootstrap-controller",
  "poststarthook/rbac/bootstrap-roles",
  "poststarthook/scheduling/bootstrap-system-priority-classes",
  "poststarthook/priority-and-fairness-config-producer",
  "poststarthook/start-cluster-authentication-info-controller",
  "poststarthook/start-kube-apiserver-identity-lease-controller",
  "poststarthook/start-kube-apiserver-identity-lease-garbage-collector",
  "poststarthook/aggregator-reload-proxy-client-cert",
  "poststarthook/start-kube-aggregator-informers",
  "poststarthook/apiservice-registration-controller",
  "poststarthook/apiservice-status-available-controller",
  "poststarthook/kube-apiserver-autoregistration",
  "autoregister-completion",
  "poststarthook/apiservice-openapi-controller",
  "shutdown",
] as const;

/** Only readiness waits for informers and knows of a shutdown. */
const READINESS_ONLY: readonly string[] = ["informer-sync", "shutdown"];

export interface Health {
  readonly isGood: boolean;
  /** What `?verbose` shows. A failure shows it in any case. */
  readonly report: string;
}

/** The wording of a failed check is recorded from a kube-apiserver 1.20 whose etcd hung. */
export function checkHealth(endpoint: HealthEndpoint, failing: readonly string[]): Health {
  const checks = [
    ...READYZ_CHECKS,
    ...failing.filter((check) => !READYZ_CHECKS.some((known) => known === check)),
  ].filter((check) => endpoint === "readyz" || !READINESS_ONLY.includes(check));
  const isGood = !checks.some((check) => failing.includes(check));
  const lines = checks.map((check) =>
    failing.includes(check) ? `[-]${check} failed: reason withheld\n` : `[+]${check} ok\n`,
  );
  const end = `${endpoint} check ${isGood ? "passed" : "failed"}\n`;
  return { isGood, report: `${lines.join("")}${end}` };
}

const HEALTH_HOOKS = [
  "poststarthook/crd-informer-synced",
  "poststarthook/generic-apiserver-start-informers",
  "poststarthook/priority-and-fairness-config-consumer",
  "poststarthook/priority-and-fairness-filter",
  "poststarthook/start-apiextensions-controllers",
  "poststarthook/start-apiextensions-informers",
] as const;

/** What an administrator gets with the 404 of an unknown path (recorded, 1556 bytes). */
export function pathsDocument(): Json {
  const health = ["etcd", "log", "ping", ...HEALTH_HOOKS];
  const ready = ["etcd", "informer-sync", "log", "ping", ...HEALTH_HOOKS, "shutdown"];
  return {
    paths: [
      "/apis",
      "/apis/",
      "/apis/apiextensions.k8s.io",
      "/apis/apiextensions.k8s.io/v1",
      "/apis/apiextensions.k8s.io/v1beta1",
      ...under("/healthz", health),
      ...under("/livez", health),
      "/metrics",
      "/openapi/v2",
      ...under("/readyz", ready),
      "/version",
    ],
  };
}

function under(endpoint: string, checks: readonly string[]): readonly string[] {
  return [endpoint, ...checks.map((check) => `${endpoint}/${check}`)];
}
