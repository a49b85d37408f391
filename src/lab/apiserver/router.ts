import type { LabCluster, LabServer } from "../scenario.ts";
import type { LabProcess } from "../timeline/processes.ts";
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
  checkHealth,
  type HealthEndpoint,
  minorVersion,
  pathsDocument,
  sliceVersionsOf,
  versionDocument,
} from "./documents.ts";
import { leasesDocument } from "./leases.ts";
import { endpointSlicesDocument, endpointsDocument } from "./objects.ts";
import { parseRequestInfo, type RequestInfo } from "./request-info.ts";
import { isAllowed, mayBeAnonymous } from "./roles.ts";
import { reviewSelf } from "./self-review.ts";
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
  readonly contentType: string | undefined;
  /** Of a POST; empty for other methods, undefined when it was too long. */
  readonly body: string | undefined;
}

export interface ApiContext {
  readonly cluster: LabCluster;
  readonly server: LabServer;
  /** When the lab started, and now: the right time. The server's own is `clockSkewSeconds` off. */
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** Every run of an API server so far. Default: one for each of the cluster's servers. */
  readonly processes?: readonly LabProcess[] | undefined;
}

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
  const version = versionOf(context);
  if (requester.kind === "anonymous" && !mayBeAnonymous(request.path, version)) {
    return unauthorized();
  }
  const flow: Flow = isAdmin(requester) ? "exempt" : "workload";
  if (!isAllowed(requester, info, version)) return refuse(requester, info, flow);
  if (info.kind === "path") return answerPath(request, context, flow);
  if (requester.kind === "user" && isSelfReview(info, version)) {
    if (request.method !== "POST") return methodNotAllowed(flow);
    return reviewSelf(request, requester, serverTimeMs(context), flow);
  }
  return answerResource(request, info, context, flow);
}

/** The server's own wall clock. */
export function serverTimeMs({ server, nowMs }: Pick<ApiContext, "server" | "nowMs">): number {
  return nowMs + (server.clockSkewSeconds ?? 0) * 1000;
}

function versionOf({ server, cluster }: ApiContext): string {
  return server.version ?? cluster.version;
}

/** At v1 from 1.28 on. */
function isSelfReview(info: Extract<RequestInfo, { kind: "resource" }>, version: string): boolean {
  const { group, namespace, resource, name } = info;
  const target = `${group}/${info.version} ${namespace ?? ""} ${resource} ${name ?? ""}`;
  return target === "authentication.k8s.io/v1  selfsubjectreviews " && minorVersion(version) >= 28;
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
  const discovery = discoveryDocument(path.replace(/\/$/, ""), request, context);
  if (discovery !== undefined) {
    if (request.method !== "GET") return methodNotAllowed(flow);
    return negotiatedAnswer(discovery, chooseEncoding(request.accept), flow);
  }
  if (/^\/version\/?$/.test(path)) {
    if (request.method !== "GET") return methodNotAllowed(flow);
    const document = versionDocument(versionOf(context), context.cluster.platformVersion);
    return jsonAnswer(200, document, flow);
  }
  const endpoint = healthEndpoint(path);
  if (endpoint === undefined) return jsonAnswer(404, pathsDocument(), flow);
  const { isGood, report } = checkHealth(endpoint, failingChecksOf(context.server));
  if (!isGood) return { ...textAnswer(500, report, flow), auditId: false };
  const isVerbose = new URLSearchParams(request.query).has("verbose");
  return textAnswer(200, isVerbose ? report : "ok", flow);
}

/** A server that was told to stop says so to whoever asks whether it is ready. */
function failingChecksOf({ failingChecks = [], down }: LabServer): readonly string[] {
  return down === true ? [...failingChecks, "shutdown"] : failingChecks;
}

function discoveryDocument(
  path: string,
  request: ApiRequest,
  context: ApiContext,
): Json | undefined {
  if (path === "/apis") {
    return apiGroupsDocument(sliceVersionsOf(context.cluster, versionOf(context)));
  }
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
  const slices = sliceVersionsOf(context.cluster, versionOf(context));
  switch (`${group} ${namespace ?? ""} ${resource} ${name ?? ""}`) {
    case " default endpoints kubernetes":
      return version === "v1" ? endpointsDocument(context) : undefined;
    case "discovery.k8s.io default endpointslices ":
      return slices.includes(version) ? endpointSlicesDocument(context, version) : undefined;
    case "coordination.k8s.io kube-system leases ":
      return version === "v1" ? leasesDocument(context) : undefined;
  }
  return undefined;
}
