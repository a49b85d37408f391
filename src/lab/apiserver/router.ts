import type { LabCluster, LabServer } from "../scenario.ts";
import {
  type Answer,
  chooseEncoding,
  type Encoding,
  type Flow,
  forbidden,
  jsonAnswer,
  methodNotAllowed,
  negotiatedAnswer,
  textAnswer,
  unauthorized,
} from "./answers.ts";
import { isAdmin, type Requester } from "./authenticate.ts";
import {
  apiGroupsDocument,
  apiVersionsDocument,
  type HealthEndpoint,
  minorVersion,
  pathsDocument,
  verboseHealth,
  versionDocument,
} from "./documents.ts";
import { endpointSlicesDocument, endpointsDocument, leasesDocument } from "./objects.ts";
import { parseRequestInfo, type RequestInfo } from "./request-info.ts";
import type { Json } from "./yaml.ts";

/** One request as the API server's handlers see it. */
export interface ApiRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Without the question mark; empty when there is none. */
  readonly query: string;
  readonly accept: string | undefined;
  readonly forwardedFor: string | undefined;
  /** The peer of the connection. */
  readonly remoteIp: string | undefined;
}

export interface ApiContext {
  readonly cluster: LabCluster;
  readonly server: LabServer;
  readonly startedAtMs: number;
  readonly nowMs: number;
}

const HEALTH_PATHS: ReadonlySet<string> = new Set(["/healthz", "/livez", "/readyz"]);

/**
 * Authentication, authorization and the documents, in the order a kube-apiserver has them: the
 * table of paths and requesters in BEHAVIOUR.md, as a pure function.
 */
export function answerRequest(
  request: ApiRequest,
  requester: Requester,
  context: ApiContext,
): Answer {
  if (requester.kind === "denied") return unauthorized();
  const info = parseRequestInfo(request.method, request.path);
  if (requester.kind === "anonymous" && !mayBeAnonymous(request.path, context.cluster.version)) {
    return unauthorized();
  }
  const flow: Flow = isAdmin(requester) ? "exempt" : "workload";
  if (!isAllowed(requester, info)) return refuse(requester, info, flow);
  return info.kind === "path"
    ? answerPath(request, context, flow)
    : answerResource(request, info, context, flow);
}

/** EKS from 1.32 on lets anonymous requests near the health checks only (EKS user guide). */
function mayBeAnonymous(path: string, version: string): boolean {
  return minorVersion(version) < 32 || HEALTH_PATHS.has(path);
}

/** The roles every cluster has: public-info-viewer for all, discovery for who is authenticated. */
function isAllowed(requester: Requester, info: RequestInfo): boolean {
  if (isAdmin(requester)) return true;
  if (info.kind !== "path" || info.verb !== "get") return false;
  if (HEALTH_PATHS.has(info.path) || /^\/version\/?$/.test(info.path)) return true;
  return requester.kind === "user" && /^\/(apis?|openapi)(\/|$)/.test(info.path);
}

function refuse(requester: Requester, info: RequestInfo, flow: Flow): Answer {
  const user = JSON.stringify(requester.kind === "user" ? requester.name : "system:anonymous");
  if (info.kind === "path") {
    const path = JSON.stringify(info.path);
    return forbidden(`forbidden: User ${user} cannot ${info.verb} path ${path}`, {}, flow);
  }
  const { verb, group, namespace, resource, name } = info;
  const kind = group === "" ? resource : `${resource}.${group}`;
  const object = name === undefined ? kind : `${kind} ${JSON.stringify(name)}`;
  const scope =
    namespace === undefined
      ? "at the cluster scope"
      : `in the namespace ${JSON.stringify(namespace)}`;
  const what = `cannot ${verb} resource ${JSON.stringify(resource)}`;
  return forbidden(
    `${object} is forbidden: User ${user} ${what} in API group ${JSON.stringify(group)} ${scope}`,
    {
      ...(name === undefined ? {} : { name }),
      ...(group === "" ? {} : { group }),
      kind: resource,
    },
    flow,
  );
}

function answerPath(request: ApiRequest, context: ApiContext, flow: Flow): Answer {
  const { path } = request;
  const document = discoveryDocument(path.replace(/\/$/, ""), request, context);
  if (document !== undefined) {
    if (request.method !== "GET") return methodNotAllowed(flow);
    return negotiatedAnswer(document, chooseEncoding(request.accept), flow);
  }
  if (/^\/version\/?$/.test(path)) {
    if (request.method !== "GET") return methodNotAllowed(flow);
    return jsonAnswer(200, versionDocument(context.cluster), flow);
  }
  const health = healthEndpoint(path);
  if (health === undefined) return jsonAnswer(404, pathsDocument(), flow);
  const isVerbose = new URLSearchParams(request.query).has("verbose");
  return textAnswer(200, isVerbose ? verboseHealth(health) : "ok", flow);
}

function discoveryDocument(
  path: string,
  request: ApiRequest,
  context: ApiContext,
): Json | undefined {
  if (path === "/apis") return apiGroupsDocument();
  if (path !== "/api") return undefined;
  return apiVersionsDocument(context.cluster, context.server, clientIpOf(request));
}

/** The first of the forwarded addresses, else the peer. */
function clientIpOf(request: ApiRequest): string | undefined {
  const forwarded = request.forwardedFor?.split(",")[0]?.trim();
  return forwarded === undefined || forwarded === "" ? request.remoteIp : forwarded;
}

function healthEndpoint(path: string): HealthEndpoint | undefined {
  if (path === "/healthz") return "healthz";
  if (path === "/livez") return "livez";
  return path === "/readyz" ? "readyz" : undefined;
}

function answerResource(
  request: ApiRequest,
  info: Extract<RequestInfo, { kind: "resource" }>,
  context: ApiContext,
  flow: Flow,
): Answer {
  const document = resourceDocument(info, context);
  if (document === undefined) return jsonAnswer(404, pathsDocument(), flow);
  if (request.method !== "GET") return methodNotAllowed(flow);
  const encoding: Encoding = chooseEncoding(request.accept);
  return negotiatedAnswer(document, encoding, flow);
}

function resourceDocument(
  info: Extract<RequestInfo, { kind: "resource" }>,
  context: ApiContext,
): Json | undefined {
  const { group, version, namespace, resource, name } = info;
  const minor = minorVersion(context.cluster.version);
  const slices: Readonly<Record<string, boolean>> = { v1: minor >= 21, v1beta1: minor < 25 };
  switch (`${group} ${namespace ?? ""} ${resource} ${name ?? ""}`) {
    case " default endpoints kubernetes":
      return version === "v1" ? endpointsDocument(context) : undefined;
    case "discovery.k8s.io default endpointslices ":
      return slices[version] === true ? endpointSlicesDocument(context, version) : undefined;
    case "coordination.k8s.io kube-system leases ":
      return version === "v1" ? leasesDocument(context) : undefined;
  }
  return undefined;
}
