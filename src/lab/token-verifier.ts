import type { TokenVerdict } from "./apiserver/authenticate.ts";
import { parseArn, roleArnOf, userIdOf } from "./aws/arn.ts";
import { type Partition, partitionOf } from "./aws/partition.ts";
import { wordProblem } from "./aws/problem.ts";
import { checkClaim } from "./aws/sigv4.ts";
import { readClaim } from "./aws/sigv4-claim.ts";
import { parseAmzDate } from "./aws/timestamp.ts";
import type { LabPrincipal } from "./scenario.ts";

export interface TokenVerifierOptions {
  /** Of the cluster. Its partition decides which STS hosts a token may name. */
  readonly region: string;
  /** The server's own cluster name: a token signed for another one does not fit. */
  readonly clusterName: string;
  /** Asked at every token: sessions come and go. */
  principals(): readonly LabPrincipal[];
  /** The wall clock of STS, milliseconds since the epoch. */
  nowMs(): number;
  /** How far the clock of the server that checks the token is ahead of it. Default 0. */
  readonly clockSkewMs?: number;
}

const PREFIX = "k8s-aws-v1.";
const MAX_TOKEN_BYTES = 4096;
const WINDOW_MS = 900_000;
const CLUSTER_HEADER = "x-k8s-aws-id";
const ALLOWED_PARAMETERS: ReadonlySet<string> = new Set([
  "action",
  "version",
  "x-amz-algorithm",
  "x-amz-credential",
  "x-amz-date",
  "x-amz-expires",
  "x-amz-security-token",
  "x-amz-signature",
  "x-amz-signedheaders",
]);

/** One step's outcome: what the next one needs, or why the token is refused. */
type Step<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "no"; readonly reason: string };

interface PresignedUrl {
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

/** Parameters by lower-cased name. */
type Parameters = ReadonlyMap<string, string>;

/**
 * Checks bearer tokens in the order of aws-iam-authenticator (pkg/token/token.go). Where that asks
 * STS, the signature is computed again as STS would: for the server's own cluster name, with no
 * header but host and x-k8s-aws-id. Reasons never quote the token.
 */
export function createTokenVerifier(
  options: TokenVerifierOptions,
): (token: string) => TokenVerdict {
  return (token) => {
    const principal = identify(token, options);
    return principal.kind === "no" ? denied(principal.reason) : mapPrincipal(principal.value);
  };
}

function identify(token: string, options: TokenVerifierOptions): Step<LabPrincipal> {
  const url = readToken(token);
  if (url.kind === "no") return url;
  const region = checkHost(url.value.host, options.region);
  if (region.kind === "no") return region;
  if (url.value.path !== "/") return no("unexpected path in pre-signed URL");
  const parameters = readParameters(url.value.query);
  if (parameters.kind === "no") return parameters;
  const serverNowMs = options.nowMs() + (options.clockSkewMs ?? 0);
  const problem = checkParameters(parameters.value, serverNowMs);
  return problem === undefined ? askSts(url.value, region.value, options) : no(problem);
}

function readToken(token: string): Step<PresignedUrl> {
  if (Buffer.byteLength(token) > MAX_TOKEN_BYTES) return no("token is too large");
  if (!token.startsWith(PREFIX)) return no(`token is missing expected "${PREFIX}" prefix`);
  const encoded = token.slice(PREFIX.length);
  if (!/^[\w-]*$/.test(encoded) || encoded.length % 4 === 1) {
    return no("token is not base64url without padding");
  }
  const text = Buffer.from(encoded, "base64url").toString("utf8");
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?$/is.exec(text);
  if (parts === null || /[\s\p{Cc}]/u.test(text)) return no("token does not hold a URL");
  const [, scheme = "", authority = "", path = "", query = ""] = parts;
  if (scheme.toLowerCase() !== "https") return no("unexpected scheme in pre-signed URL");
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  return { kind: "ok", value: { host, path, query } };
}

/** Any region of the cluster's partition will do; the region that STS then signs for comes back. */
function checkHost(host: string, clusterRegion: string): Step<string> {
  const partition = partitionOf(clusterRegion);
  if (partition === undefined) return no("the cluster's region is in no known partition");
  if (host === "sts.amazonaws.com") {
    return partition.id === "aws"
      ? { kind: "ok", value: "us-east-1" }
      : no(`global endpoint unsupported in partition ${partition.id}`);
  }
  const region = regionOfHost(host, partition);
  return region === undefined
    ? no(`partition {${partition.id}} does not support the hostname in the pre-signed URL`)
    : { kind: "ok", value: region };
}

function regionOfHost(host: string, partition: Partition): string | undefined {
  const named = /^(sts|sts-fips)\.([a-z0-9-]+)\.(.+)$/.exec(host);
  const [, , region = "", suffix = ""] = named ?? [];
  if (partitionOf(region) !== partition) return undefined;
  // aws-iam-authenticator's table knows no dual-stack names for the isolated partitions.
  const hasDualStack = !partition.id.startsWith("aws-iso");
  const isKnown =
    suffix === partition.dnsSuffix || (hasDualStack && suffix === partition.dualStackSuffix);
  return isKnown ? region : undefined;
}

function readParameters(query: string): Step<Parameters> {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const lower = name.toLowerCase();
    if (parameters.has(lower)) return no("query parameter with multiple values not supported");
    parameters.set(lower, value);
  }
  const stranger = [...parameters.keys()].find((name) => !ALLOWED_PARAMETERS.has(name));
  return stranger === undefined
    ? { kind: "ok", value: parameters }
    : no(`non-whitelisted query parameter ${JSON.stringify(stranger.slice(0, 64))}`);
}

function checkParameters(parameters: Parameters, nowMs: number): string | undefined {
  if (parameters.get("action") !== "GetCallerIdentity") {
    return "unexpected action parameter in pre-signed URL";
  }
  const signed = (parameters.get("x-amz-signedheaders") ?? "").split(";");
  if (!signed.some((name) => name.toLowerCase() === CLUSTER_HEADER)) {
    return `client did not sign the ${CLUSTER_HEADER} header in the pre-signed URL`;
  }
  const expires = parameters.get("x-amz-expires") ?? "";
  if (!/^\+?\d+$/.test(expires) || Number(expires) > 900) {
    return "invalid X-Amz-Expires parameter in pre-signed URL";
  }
  const date = parameters.get("x-amz-date") ?? "";
  if (date === "") return "X-Amz-Date parameter must be present in pre-signed URL";
  const signedAtMs = parseAmzDate(date);
  if (signedAtMs === undefined) return "error parsing X-Amz-Date parameter";
  return nowMs > signedAtMs + WINDOW_MS
    ? `X-Amz-Date parameter is expired (15 minute expiration) ${date}`
    : undefined;
}

/** GET of the URL with the server's own cluster name in the header. */
function askSts(
  url: PresignedUrl,
  region: string,
  options: TokenVerifierOptions,
): Step<LabPrincipal> {
  const request = {
    method: "GET",
    path: url.path,
    query: url.query,
    headers: [
      ["host", url.host],
      [CLUSTER_HEADER, options.clusterName],
    ] as const,
    body: Buffer.alloc(0),
  };
  const read = readClaim(request);
  if (read.kind === "problem") return stsRefused(wordProblem("sts", read.problem).code, region);
  const { claim } = read;
  if (claim.scope.service !== "sts" || claim.scope.region !== region) {
    return stsRefused("SignatureDoesNotMatch", region);
  }
  const principal = options
    .principals()
    .find((candidate) => candidate.accessKeyId === claim.accessKeyId);
  const key = principal === undefined ? undefined : { ...principal, expiresAtMs: undefined };
  const rules = { headerWindowMs: 0, presignedWindowMs: WINDOW_MS };
  const problem = checkClaim(request, claim, key, rules, options.nowMs());
  if (problem !== undefined) return stsRefused(wordProblem("sts", problem).code, region);
  if (principal === undefined) return stsRefused("InvalidClientTokenId", region);
  return { kind: "ok", value: principal };
}

function stsRefused(code: string, region: string): Step<never> {
  return no(`error from AWS (expected 200, got 403) on ${region} endpoint: ${code}`);
}

/** An access entry maps the principal, or nobody does: then the authenticator denies. */
function mapPrincipal(principal: LabPrincipal): TokenVerdict {
  const { arn, kubernetesUser, permissions, withoutDiscovery } = principal;
  if (kubernetesUser === undefined) return denied(`access denied: ARN is not mapped: ${arn}`);
  const groups = kubernetesUser === ADMIN ? ["system:masters"] : [];
  const [principalId = "", sessionName = ""] = userIdOf(arn).split(":");
  return {
    kind: "user",
    name: kubernetesUser,
    groups,
    uid: `aws-iam-authenticator:${parseArn(arn)?.account ?? ""}:${principalId}`,
    extra: {
      accessKeyId: [MADE_UP_ACCESS_KEY_ID],
      arn: [arn],
      canonicalArn: [roleArnOf(arn) ?? arn],
      principalId: [principalId],
      sessionName: [sessionName],
      "sigs.k8s.io/aws-iam-authenticator/principalId": [principalId],
    },
    permissions,
    withoutDiscovery,
  };
}

/** A real authenticator tells the id of the key that signed; nobody needs that one from the lab. */
const MADE_UP_ACCESS_KEY_ID = "AKIDLABEXAMPLE";

/** The Kubernetes user that a scenario gives every right. */
const ADMIN = "admin";

function denied(reason: string): TokenVerdict {
  return { kind: "denied", reason };
}

function no(reason: string): Step<never> {
  return { kind: "no", reason };
}
