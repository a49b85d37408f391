import { canonicalRequest, parseQuery, signatureOf } from "../aws/canonical.ts";
import { partitionOf } from "../aws/partition.ts";
import { formatAmzDate } from "../aws/timestamp.ts";
import type { LabPrincipal } from "../scenario.ts";

/** What `aws eks get-token` would have made then: a presigned GetCallerIdentity, in base64url. */
export function mintToken(
  principal: LabPrincipal,
  region: string,
  clusterId: string,
  signedAtMs: number,
): string {
  const amzDate = formatAmzDate(signedAtMs);
  const scope = { date: amzDate.slice(0, 8), region, service: "sts" };
  const signedHeaders = ["host", "x-k8s-aws-id"];
  const host = `sts.${region}.${partitionOf(region)?.dnsSuffix ?? "amazonaws.com"}`;
  const parameters: readonly (readonly [string, string])[] = [
    ["Action", "GetCallerIdentity"],
    ["Version", "2011-06-15"],
    ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
    ["X-Amz-Credential", `${principal.accessKeyId}/${scope.date}/${region}/sts/aws4_request`],
    ["X-Amz-Date", amzDate],
    ["X-Amz-Expires", "60"],
    ["X-Amz-SignedHeaders", signedHeaders.join(";")],
    ...(principal.sessionToken === undefined
      ? []
      : [["X-Amz-Security-Token", principal.sessionToken] as const]),
  ];
  const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  const request = {
    method: "GET",
    path: "/",
    query,
    headers: [["host", host] as const, ["x-k8s-aws-id", clusterId] as const],
    body: Buffer.alloc(0),
  };
  const canonical = canonicalRequest(request, parseQuery(query) ?? [], signedHeaders);
  const signature = signatureOf(principal.secretAccessKey, scope, amzDate, canonical);
  const url = `https://${host}/?${query}&X-Amz-Signature=${signature}`;
  return `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`;
}
