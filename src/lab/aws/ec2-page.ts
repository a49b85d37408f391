import { createHash } from "node:crypto";
import type { ServiceResult } from "./service.ts";
import { serviceError } from "./service.ts";

const MIN_RESULTS = 5;
const MAX_RESULTS = 1000;

export type Paged<T> =
  | { readonly kind: "ok"; readonly page: readonly T[]; readonly nextToken: string | undefined }
  | { readonly kind: "refused"; readonly result: ServiceResult };

/** MaxResults 5 to 1000 (or the action's own limit), and NextToken, good only with the parameters it was given for. */
export function takePage<T>(
  resources: readonly T[],
  params: ReadonlyMap<string, string>,
  maxResults: number = MAX_RESULTS,
): Paged<T> {
  const asked = params.get("MaxResults");
  const size = asked === undefined ? maxResults : Number(asked);
  if (!Number.isInteger(size) || size < MIN_RESULTS || size > maxResults) {
    const message = `Value ( ${asked} ) for parameter maxResults is invalid. Expecting a value between ${MIN_RESULTS} and ${maxResults}.`;
    return { kind: "refused", result: serviceError("InvalidParameterValue", message) };
  }
  const query = fingerprintOf(params);
  const start = startOf(params.get("NextToken"), query);
  if (start === undefined) {
    const message = "The specified pagination token is not valid or is expired.";
    return { kind: "refused", result: serviceError("InvalidPaginationToken", message) };
  }
  const end = start + size;
  const nextToken = end < resources.length ? tokenOf(end, query) : undefined;
  return { kind: "ok", page: resources.slice(start, end), nextToken };
}

function fingerprintOf(params: ReadonlyMap<string, string>): string {
  const rest = [...params]
    .filter(([name]) => name !== "NextToken" && !name.toLowerCase().startsWith("x-amz-"))
    .map((pair) => JSON.stringify(pair))
    .toSorted();
  return createHash("sha256").update(rest.join("\n")).digest("base64url");
}

function tokenOf(start: number, query: string): string {
  return Buffer.from(`${start} ${query}`).toString("base64url");
}

function startOf(token: string | undefined, query: string): number | undefined {
  if (token === undefined || token === "") return 0;
  const [start, givenFor] = Buffer.from(token, "base64url").toString("utf8").split(" ");
  return givenFor === query && /^\d+$/.test(start ?? "") ? Number(start) : undefined;
}
