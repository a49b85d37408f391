import type { Failure, FailureCode, FailurePhase, FailureSide } from "../model/failure.ts";
import { redact } from "../model/redact.ts";
import { sanitizeText } from "../model/text.ts";
import { type ErrorFacts, errorChain } from "./error-chain.ts";

/** What was being done when it failed. */
export interface AwsAction {
  /** The IAM action, `ec2:DescribeNetworkInterfaces`, or a few words. */
  readonly action: string;
  readonly phase: FailurePhase;
  /** The host that was asked, where that is known. */
  readonly host?: string | undefined;
}

/** Longest piece of a service's own message that is passed on, in characters. */
const MAX_MESSAGE = 300;

type Known = Extract<
  FailureCode,
  | "no-credentials"
  | "credentials-expired"
  | "credentials-invalid"
  | "access-denied"
  | "cluster-not-found"
  | "throttled"
  | "aws-unreachable"
  | "aws-answer-invalid"
>;

/** Codes of the services and names of the SDK's errors; never their text. */
const BY_NAME: Readonly<Record<string, Known>> = {
  CredentialsProviderError: "no-credentials",
  TokenProviderError: "no-credentials",
  ProviderError: "no-credentials",
  InstanceMetadataV1FallbackError: "no-credentials",
  ExpiredToken: "credentials-expired",
  ExpiredTokenException: "credentials-expired",
  TokenRefreshRequired: "credentials-expired",
  UnrecognizedClientException: "credentials-invalid",
  InvalidClientTokenId: "credentials-invalid",
  InvalidIdentityToken: "credentials-invalid",
  AuthFailure: "credentials-invalid",
  InvalidSignatureException: "credentials-invalid",
  SignatureDoesNotMatch: "credentials-invalid",
  IncompleteSignature: "credentials-invalid",
  MissingAuthenticationToken: "credentials-invalid",
  MissingAuthenticationTokenException: "credentials-invalid",
  RequestExpired: "credentials-expired",
  RequestInTheFuture: "credentials-invalid",
  RequestTimeTooSkewed: "credentials-invalid",
  UnauthorizedOperation: "access-denied",
  ResourceNotFoundException: "cluster-not-found",
  RequestLimitExceeded: "throttled",
  EC2ThrottledException: "throttled",
  SlowDown: "throttled",
  TimeoutError: "aws-unreachable",
  SyntaxError: "aws-answer-invalid",
  NotAwsAnswerError: "aws-answer-invalid",
};

const SIDES: Readonly<Record<Known, FailureSide>> = {
  "no-credentials": "user",
  "credentials-expired": "user",
  "credentials-invalid": "user",
  "access-denied": "user",
  "cluster-not-found": "user",
  throttled: "aws",
  "aws-unreachable": "network",
  "aws-answer-invalid": "aws",
};

/**
 * Says what an error of the SDK means, by its codes. The text of a refused signature repeats the
 * request with its key id and session token, and an encoded authorization message is of no use
 * here, so the service's own words are passed on only for what has no code of its own, cut to 300
 * characters and redacted.
 */
export function classifyAwsError(error: unknown, what: AwsAction): Failure {
  for (const facts of errorChain(error)) {
    const code = knownCode(facts);
    if (code !== undefined) return knownFailure(code, facts, what);
  }
  return otherFailure(errorChain(error)[0], what);
}

function knownCode(facts: ErrorFacts): Known | undefined {
  if (isTransportCode(facts.code)) return "aws-unreachable";
  // A deserialiser that trips over an answer throws whatever it tripped over, without a fault.
  if (facts.answered && !facts.fromService) return "aws-answer-invalid";
  if (Object.hasOwn(BY_NAME, facts.name)) return BY_NAME[facts.name];
  if (facts.name.startsWith("AccessDenied")) return "access-denied";
  if (/^(?:Throttl|RequestThrottled|TooManyRequests)/.test(facts.name)) return "throttled";
  if (facts.status === 429) return "throttled";
  return undefined;
}

/** Codes of the resolver, TCP and TLS, as Node and OpenSSL spell them. */
function isTransportCode(code: string | undefined): boolean {
  if (code === undefined) return false;
  return (
    /^(?:E(?:AI_[A-Z]+|NOTFOUND|CONN[A-Z]+|TIMEDOUT|HOSTUNREACH|NETUNREACH|NETDOWN|PIPE|PROTO|ADDRNOTAVAIL|ACCES|PERM))$/.test(
      code,
    ) ||
    /^(?:CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|HPE_|INVALID_CA|HOSTNAME_MISMATCH)/.test(
      code,
    )
  );
}

function knownFailure(code: Known, facts: ErrorFacts, what: AwsAction): Failure {
  const cause = causeOf(facts);
  return {
    code,
    phase: what.phase,
    side: SIDES[code],
    message: sanitizeText(messageOf(code, cause, facts, what), MAX_MESSAGE),
    cause,
  };
}

function messageOf(code: Known, cause: string, facts: ErrorFacts, what: AwsAction): string {
  const { action } = what;
  const host = what.host ?? facts.host;
  switch (code) {
    case "no-credentials":
      return "no AWS credentials in the environment, the profile, or this machine's role";
    case "credentials-expired":
      return `${action}: the AWS credentials have expired (${cause})`;
    case "credentials-invalid":
      return `${action}: AWS refused the credentials or the signature (${cause}); wrong keys, wrong partition, or this host's clock is off`;
    case "access-denied":
      return `${action} was denied (${cause})`;
    case "cluster-not-found":
      return `${action}: no such cluster in this region and account (${cause})`;
    case "throttled":
      return `${action} was throttled by AWS (${cause})`;
    case "aws-unreachable":
      return `${action}: ${host ?? "the AWS endpoint"} could not be reached (${cause})`;
    case "aws-answer-invalid":
      return `${action}: ${host ?? "the AWS endpoint"} gave an answer that is not AWS's (${answerOf(facts)})`;
  }
}

function answerOf(facts: ErrorFacts): string {
  return facts.status === undefined ? facts.name : `HTTP ${facts.status}, ${facts.name}`;
}

function otherFailure(facts: ErrorFacts | undefined, what: AwsAction): Failure {
  const { action, phase } = what;
  if (facts === undefined) {
    return { code: "aws-error", phase, side: "aws", message: `${action} failed without an error` };
  }
  const cause = causeOf(facts);
  // Redacted before it is cut, lest the cut leave half a secret that no longer looks like one.
  const said = sanitizeText(redact(facts.message), MAX_MESSAGE);
  return {
    code: "aws-error",
    phase,
    side: sideOf(facts),
    message: `${action} failed: ${cause}${said === "" ? "" : `: ${said}`}`,
    cause,
  };
}

/** Node's code before the class's name. From the network too, so no longer than a code is. */
function causeOf(facts: ErrorFacts): string {
  return sanitizeText(redact(facts.code ?? facts.name), 80);
}

function sideOf(facts: ErrorFacts): FailureSide {
  if (facts.fromService) return "aws";
  // The SDK's endpoint rules refuse a setting, such as FIPS together with a custom endpoint.
  return facts.name === "EndpointError" ? "user" : "local";
}
