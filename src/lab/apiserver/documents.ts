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
  const everyone = { clientCIDR: "0.0.0.0/0", serverAddress: `${server.host}:443` };
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

/** /apis, with the two groups whose documents the lab has. */
export function apiGroupsDocument(): Json {
  const groups = ["coordination.k8s.io", "discovery.k8s.io"].map((name) => {
    const version = { groupVersion: `${name}/v1`, version: "v1" };
    return { name, versions: [version], preferredVersion: version };
  });
  return { kind: "APIGroupList", apiVersion: "v1", groups };
}

/** /version. Patch, hash and commit are made up from the cluster's version and platform. */
export function versionDocument(cluster: LabCluster): Json {
  const [major = "1", minor = "0"] = cluster.version.split(".");
  const commit = createHash("sha1").update(`${cluster.version} ${cluster.platformVersion}`);
  const gitCommit = commit.digest("hex");
  const patch = /\d+/.exec(cluster.platformVersion)?.[0] ?? "0";
  return {
    major,
    minor: `${minor}+`,
    gitVersion: `v${cluster.version}.${patch}-eks-${gitCommit.slice(0, 7)}`,
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
export function verboseHealth(endpoint: HealthEndpoint): string {
  const checks = READYZ_CHECKS.filter(
    (check) => endpoint === "readyz" || (check !== "informer-sync" && check !== "shutdown"),
  );
  const lines = checks.map((check) => `[+]${check} ok\n`).join("");
  return `${lines}${endpoint} check passed\n`;
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
