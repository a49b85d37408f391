/** AWS credentials, as the SDK passes them around. Never printed, never kept in a result. */
export interface AwsIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Undefined: they do not expire by themselves. */
  readonly expiration?: Date;
}

/** What of it no answer may bring back to light. */
export function secretsOf(identity: AwsIdentity): readonly string[] {
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  const session =
    sessionToken === undefined ? [] : [sessionToken, encodeURIComponent(sessionToken)];
  return [accessKeyId, secretAccessKey, ...session];
}

/** What a request in signature version 4 carries: `Credential=…, SignedHeaders=…, Signature=…`. */
export function signaturesOf(request: unknown): readonly string[] {
  if (typeof request !== "object" || request === null || !("headers" in request)) return [];
  const { headers } = request;
  if (typeof headers !== "object" || headers === null || !("authorization" in headers)) return [];
  return /Signature=([0-9a-f]+)/.exec(String(headers.authorization))?.slice(1) ?? [];
}
