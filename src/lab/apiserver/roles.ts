import type { LabPermission } from "../scenario.ts";
import { isAdmin, type Requester } from "./authenticate.ts";
import { minorVersion } from "./documents.ts";
import type { RequestInfo } from "./request-info.ts";

const HEALTH_PATHS: ReadonlySet<string> = new Set(["/healthz", "/livez", "/readyz"]);

export function isHealthPath(path: string): boolean {
  return HEALTH_PATHS.has(path);
}

/** Where each permission of a principal holds. */
const RULES: Readonly<
  Record<LabPermission, { readonly group: string; readonly namespace: string }>
> = {
  leases: { group: "coordination.k8s.io", namespace: "kube-system" },
  endpointslices: { group: "discovery.k8s.io", namespace: "default" },
  endpoints: { group: "", namespace: "default" },
};

/** EKS from 1.32 on lets anonymous requests near the health checks only (EKS user guide). */
export function mayBeAnonymous(path: string, version: string): boolean {
  return minorVersion(version) < 32 || isHealthPath(path);
}

/**
 * The roles every cluster has (public-info-viewer for all, discovery and basic-user for who is
 * authenticated), those that the scenario gives a principal, and without what it takes away.
 */
export function isAllowed(requester: Requester, info: RequestInfo, version: string): boolean {
  if (isAdmin(requester)) return true;
  if (info.kind === "resource") {
    return mayReview(requester, info, version) || mayRead(requester, info);
  }
  if (info.verb !== "get") return false;
  if (isHealthPath(info.path) || /^\/version\/?$/.test(info.path)) return true;
  if (requester.kind !== "user" || requester.withoutDiscovery === true) return false;
  return /^\/(apis?|openapi)(\/|$)/.test(info.path);
}

type ResourceInfo = Extract<RequestInfo, { kind: "resource" }>;

/** basic-user has been about the caller's own identity since 1.27, whatever the API version. */
function mayReview(requester: Requester, info: ResourceInfo, version: string): boolean {
  return (
    requester.kind === "user" &&
    info.verb === "create" &&
    info.group === "authentication.k8s.io" &&
    info.resource === "selfsubjectreviews" &&
    minorVersion(version) >= 27
  );
}

function mayRead(requester: Requester, info: ResourceInfo): boolean {
  if (requester.kind !== "user" || (info.verb !== "get" && info.verb !== "list")) return false;
  return (requester.permissions ?? []).some((permission) => {
    const { group, namespace } = RULES[permission];
    return info.resource === permission && info.group === group && info.namespace === namespace;
  });
}
