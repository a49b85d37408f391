import type { Tri } from "./fact.ts";
import type { Failure } from "./failure.ts";

/** One TLS leaf certificate, as the server presented it. */
export interface Certificate {
  /** One line, most specific first: `CN=kube-apiserver`. */
  readonly subject: string;
  readonly issuer: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  /** Hexadecimal, upper case, as OpenSSL prints it. */
  readonly serialNumber: string;
  /** ISO 8601, UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Upper case hexadecimal pairs with colons, as `openssl x509 -fingerprint -sha256` prints it. */
  readonly sha256: string;
  /** Whether it has the extensions subject key identifier and authority key identifier. */
  readonly subjectKeyId: Tri;
  readonly authorityKeyId: Tri;
}

/** What verification against the cluster's CA and name said; kept even when told not to verify. */
export type Verification =
  | { readonly kind: "verified" }
  | { readonly kind: "refused"; readonly failure: Failure };

export interface TlsFacts {
  /** `TLSv1.3` */
  readonly protocol: string;
  readonly cipher: string;
  /** `h2`, `http/1.1`, or undefined when the server chose none. */
  readonly alpn: string | undefined;
  /** Whether the server asked for a client certificate. */
  readonly clientCertificateRequested: Tri;
  readonly leaf: Certificate | undefined;
  readonly verification: Verification;
}

export interface HttpFacts {
  readonly status: number;
  /** `2` or `1.1` */
  readonly version: string;
  readonly auditId: string | undefined;
  readonly flowSchemaUid: string | undefined;
  readonly priorityLevelUid: string | undefined;
  /** The server's Date header, ISO 8601. */
  readonly date: string | undefined;
  /**
   * Server clock minus ours, in milliseconds, against the middle of request and answer. The header
   * has whole seconds: read it as ±1 s. Undefined without a usable Date header.
   */
  readonly clockSkewMs: number | undefined;
  readonly bodyBytes: number;
  /** Of a 403: whom the API server refused, as its body says (`system:anonymous`). */
  readonly deniedUser: string | undefined;
  /** Of a server that sheds load: its Retry-After header, where that is a number. */
  readonly retryAfterSeconds: number | undefined;
}

/** Each phase by itself, in milliseconds; undefined when the phase was not completed. */
export interface Timings {
  readonly tcpMs: number | undefined;
  readonly tlsMs: number | undefined;
  /** From the request being written to the first byte of the answer. */
  readonly ttfbMs: number | undefined;
  /** From the first SYN to the end of the body or to the failure. */
  readonly totalMs: number;
}

/** What the body of /api named. */
export interface ServerIdentity {
  /** `ip-172-16-57-254.ap-northeast-2.compute.internal:443`, as reported; never dialled. */
  readonly serverAddress: string;
  readonly host: string;
}

/** Whether the bearer token went out on this connection, and if not, why. */
export type TokenUse = "sent" | "none" | "withheld-unverified";

/** One fresh connection to one address: everything seen, and every time reached before a failure. */
export interface Observation {
  /** Address.id */
  readonly address: string;
  /** 1-based, per address. */
  readonly sample: number;
  /** ISO 8601 wall clock at the first SYN. */
  readonly startedAt: string;
  /** What was really dialled: differs from the address when a connect-to rule applied. */
  readonly dialed: { readonly ip: string; readonly port: number };
  /** Our side of the TCP connection. */
  readonly local: { readonly ip: string; readonly port: number } | undefined;
  readonly timings: Timings;
  readonly tls: TlsFacts | undefined;
  readonly http: HttpFacts | undefined;
  readonly identity: ServerIdentity | undefined;
  readonly token: TokenUse;
  /** The first thing that went wrong; undefined when /api answered 200 with a usable body. */
  readonly failure: Failure | undefined;
}
