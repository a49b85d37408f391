import type { IncomingMessage } from "node:http";
import type { SignedRequest } from "./canonical.ts";
import { headerValues } from "./canonical.ts";
import type { AwsService } from "./problem.ts";

export interface AwsRequest extends SignedRequest {
  /** The query's and, for a form, the body's parameters. */
  readonly params: ReadonlyMap<string, string>;
}

export type RequestRead =
  | { readonly kind: "request"; readonly request: AwsRequest }
  | { readonly kind: "too-large" }
  | { readonly kind: "gone" };

/** Far more than any call the lab knows. */
const MAX_BODY_BYTES = 262_144;

/** Reads a whole request, as it was on the wire. Never rejects. */
export async function readRequest(message: IncomingMessage): Promise<RequestRead> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      size += chunk.length;
      // The rest is read and forgotten: leaving the loop would close the socket before the answer.
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    }
  } catch {
    return { kind: "gone" };
  }
  if (size > MAX_BODY_BYTES) return { kind: "too-large" };
  const url = message.url ?? "/";
  const mark = url.indexOf("?");
  const signed: SignedRequest = {
    method: message.method ?? "GET",
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? "" : url.slice(mark + 1),
    headers: pairsOf(message.rawHeaders),
    body: Buffer.concat(chunks),
  };
  return { kind: "request", request: { ...signed, params: paramsOf(signed) } };
}

function pairsOf(rawHeaders: readonly string[]): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    pairs.push([rawHeaders[index] ?? "", rawHeaders[index + 1] ?? ""]);
  }
  return pairs;
}

function paramsOf(request: SignedRequest): ReadonlyMap<string, string> {
  const isForm = headerValues(request, "content-type").some((value) =>
    value.toLowerCase().startsWith("application/x-www-form-urlencoded"),
  );
  const form = isForm ? request.body.toString("utf8") : "";
  return new Map([...new URLSearchParams(request.query), ...new URLSearchParams(form)]);
}

/** Values of `Name.1`, `Name.2`, … in the order of their numbers. */
export function listParam(params: ReadonlyMap<string, string>, name: string): readonly string[] {
  return [...params]
    .filter(([key]) => key.startsWith(`${name}.`) && /^\d+$/.test(key.slice(name.length + 1)))
    .map(([key, value]) => [Number(key.slice(name.length + 1)), value] as const)
    .toSorted(([left], [right]) => left - right)
    .map(([, value]) => value);
}

/** For a request without a usable credential scope: whose it looks like. */
export function guessService(request: AwsRequest): AwsService {
  if (!request.params.has("Action")) return "eks";
  return request.params.get("Version") === "2011-06-15" ? "sts" : "ec2";
}
