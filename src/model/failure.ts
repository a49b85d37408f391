/**
 * Why something could not be had. A failure is a value: it is kept, shown and counted, never thrown.
 */

/** Where in the run it happened. */
export type FailurePhase =
  | "request"
  | "credentials"
  | "sign"
  | "describe-cluster"
  | "describe-enis"
  | "describe-vpc"
  | "investigate"
  /** Reading what a worker's kernel and files say. */
  | "node"
  | "metadata"
  | "kubeconfig"
  | "dns"
  | "tcp"
  | "tls"
  | "http"
  | "body";

/** Who has to act. `network` is everything between this host and the peer. */
export type FailureSide = "local" | "resolver" | "network" | "server" | "aws" | "user";

/**
 * Public, stable codes: add, never reuse. `cause` keeps the platform's own code (ECONNREFUSED,
 * AccessDeniedException, CERT_HAS_EXPIRED, ...), these name what it means here.
 */
export type FailureCode =
  // the run itself
  | "interrupted"
  | "deadline"
  // AWS
  | "no-credentials"
  | "credentials-expired"
  | "credentials-invalid"
  | "access-denied"
  | "cluster-not-found"
  | "no-endpoint"
  | "no-region"
  | "throttled"
  | "aws-unreachable"
  | "aws-error"
  | "aws-answer-invalid"
  | "token-too-large"
  // This machine and what it runs on
  | "file-unreadable"
  | "file-invalid"
  | "metadata-unreachable"
  | "metadata-timeout"
  | "metadata-answer-invalid"
  | "service-unreachable"
  | "service-answer-invalid"
  // DNS
  | "dns-nxdomain"
  | "dns-nodata"
  | "dns-servfail"
  | "dns-refused"
  | "dns-timeout"
  | "dns-unreachable"
  | "dns-answer-invalid"
  // TCP
  | "tcp-timeout"
  | "tcp-refused"
  | "tcp-reset"
  | "tcp-unreachable"
  | "tcp-local"
  // TLS
  | "tls-timeout"
  | "tls-reset"
  | "tls-not-tls"
  | "tls-alert"
  | "tls-untrusted"
  | "tls-expired"
  | "tls-not-yet-valid"
  | "tls-name-mismatch"
  | "tls-no-ca"
  | "tls-error"
  // HTTP
  | "http-timeout"
  | "http-reset"
  | "http-header-too-large"
  | "http-protocol"
  | "http-status"
  | "body-timeout"
  | "body-reset"
  | "body-too-large"
  | "body-invalid-json"
  | "body-unexpected-shape";

export interface Failure {
  readonly code: FailureCode;
  readonly phase: FailurePhase;
  readonly side: FailureSide;
  /** One line, no secrets, no control characters: what failed, against what, the limit. */
  readonly message: string;
  /** The platform's or service's own code, as given (`ECONNREFUSED`, `AccessDeniedException`). */
  readonly cause?: string;
}
