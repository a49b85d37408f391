import { createHash, createHmac } from "node:crypto";

/** An HTTP request as it was on the wire: nothing decoded, nothing merged. */
export interface SignedRequest {
  readonly method: string;
  /** Before the `?`, still percent-encoded. */
  readonly path: string;
  /** After the `?`, still percent-encoded; empty without one. */
  readonly query: string;
  /** In order, repeated names apart. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

export interface CredentialScope {
  /** `20230421` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

export type QueryPair = readonly [name: string, value: string];

/** Decoded pairs in the order given; undefined when a percent escape is broken. */
export function parseQuery(query: string): readonly QueryPair[] | undefined {
  try {
    return query
      .split("&")
      .filter((part) => part !== "")
      .map((part) => {
        const [name = "", ...value] = part.split("=");
        return [decodeURIComponent(name), decodeURIComponent(value.join("="))] as const;
      });
  } catch {
    return undefined;
  }
}

/** All values of a header in the order they came; empty when it is absent. */
export function headerValues(request: SignedRequest, name: string): readonly string[] {
  return request.headers
    .filter(([given]) => given.toLowerCase() === name)
    .map(([, value]) => value);
}

/** The SigV4 canonical request (AWS: "Create a signed AWS API request", step 1). */
export function canonicalRequest(
  request: SignedRequest,
  pairs: readonly QueryPair[],
  signedHeaders: readonly string[],
): string {
  const headers = signedHeaders.map((name) => {
    const values = headerValues(request, name).map((value) => value.trim().replace(/ +/g, " "));
    return `${name}:${values.join(",")}\n`;
  });
  return [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(pairs),
    headers.join(""),
    signedHeaders.join(";"),
    sha256Hex(request.body),
  ].join("\n");
}

/** Every service but S3 wants dots resolved and each segment encoded once more. */
function canonicalPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(encodeStrictly(segment));
  }
  const slash = kept.length > 0 && path.endsWith("/") ? "/" : "";
  return `/${kept.join("/")}${slash}`;
}

function canonicalQuery(pairs: readonly QueryPair[]): string {
  return pairs
    .filter(([name]) => name.toLowerCase() !== "x-amz-signature")
    .map(([name, value]) => [encodeStrictly(name), encodeStrictly(value)] as const)
    .toSorted((left, right) => byCodePoint(left[0], right[0]) || byCodePoint(left[1], right[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** RFC 3986: everything but letters, digits and `-._~`. */
function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Encoded text is ASCII, so comparing code units compares code points. */
function byCodePoint(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** The signature, in hexadecimal, that this secret gives this canonical request. */
export function signatureOf(
  secretAccessKey: string,
  scope: CredentialScope,
  amzDate: string,
  canonical: string,
): string {
  const toSign = [
    "AWS4-HMAC-SHA256",
    amzDate,
    `${scope.date}/${scope.region}/${scope.service}/aws4_request`,
    sha256Hex(canonical),
  ].join("\n");
  const key = [scope.date, scope.region, scope.service, "aws4_request"].reduce<Buffer>(
    (parent, part) => hmac(parent, part),
    Buffer.from(`AWS4${secretAccessKey}`, "utf8"),
  );
  return hmac(key, toSign).toString("hex");
}

export function sha256Hex(data: Buffer | string): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text, "utf8").digest();
}
