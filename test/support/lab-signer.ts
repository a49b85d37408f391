import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { LabPrincipal } from "../../src/lab/scenario.ts";

/** The hash that the AWS SDK's signer wants, over node:crypto. */
class Sha256 {
  readonly #secret: string | ArrayBuffer | ArrayBufferView | undefined;
  #chunks: Buffer[] = [];

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret;
  }

  update(data: Uint8Array): void {
    this.#chunks.push(Buffer.from(data));
  }

  async digest(): Promise<Uint8Array> {
    const hash =
      this.#secret === undefined
        ? createHash("sha256")
        : createHmac("sha256", toBuffer(this.#secret));
    for (const chunk of this.#chunks) hash.update(chunk);
    return hash.digest();
  }

  reset(): void {
    this.#chunks = [];
  }
}

function toBuffer(secret: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof secret === "string") return Buffer.from(secret);
  if (secret instanceof ArrayBuffer) return Buffer.from(secret);
  return Buffer.from(secret.buffer, secret.byteOffset, secret.byteLength);
}

export interface ToSign {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The AWS SDK's own signer: written by others, so that the lab's check is held against it. */
export function signerFor(principal: LabPrincipal, service: string, region: string): SignatureV4 {
  const { accessKeyId, secretAccessKey, sessionToken } = principal;
  return new SignatureV4({
    credentials:
      sessionToken === undefined
        ? { accessKeyId, secretAccessKey }
        : { accessKeyId, secretAccessKey, sessionToken },
    region,
    service,
    sha256: Sha256,
  });
}

/** Percent-encoded as RFC 3986 has it, which is how every SDK puts a query on the wire. */
export function encodeQuery(query: Readonly<Record<string, unknown>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${encode(name)}=${encode(String(value))}`)
    .join("&");
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export interface TokenChange {
  readonly host?: string;
  readonly path?: string;
  readonly region?: string;
  readonly clusterName?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly expiresIn?: number;
  readonly signedAtMs: number;
}

/** A presigned GetCallerIdentity URL, signed by the AWS SDK's signer. */
export async function presignIdentity(
  principal: LabPrincipal,
  change: TokenChange,
): Promise<string> {
  const region = change.region ?? "ap-northeast-2";
  const host = change.host ?? `sts.${region}.amazonaws.com`;
  const signed = await signerFor(principal, "sts", region).presign(
    {
      method: "GET",
      protocol: "https:",
      hostname: host,
      path: change.path ?? "/",
      query: { Action: "GetCallerIdentity", Version: "2011-06-15", ...change.query },
      headers: {
        host,
        ...(change.headers ?? { "x-k8s-aws-id": change.clusterName ?? "gonz-eks-pub" }),
      },
    },
    { signingDate: new Date(change.signedAtMs), expiresIn: change.expiresIn ?? 60 },
  );
  return `https://${host}${signed.path}?${encodeQuery(signed.query ?? {})}`;
}

export function tokenOf(url: string): string {
  return `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`;
}
