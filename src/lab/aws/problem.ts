export type AwsService = "eks" | "ec2" | "sts";

/**
 * Why a request is refused, before a service has put it into its own words. `service` is an error
 * that only one service knows and names itself.
 */
export type Problem =
  | { readonly kind: "missing-authentication" }
  | { readonly kind: "incomplete-signature"; readonly message: string }
  | { readonly kind: "unknown-key" }
  | { readonly kind: "expired-credentials" }
  | { readonly kind: "clock"; readonly message: string }
  | { readonly kind: "signature-mismatch"; readonly message: string }
  | { readonly kind: "access-denied"; readonly message: string }
  | { readonly kind: "throttling" }
  | { readonly kind: "server-error" }
  | {
      readonly kind: "service";
      readonly code: string;
      readonly status: number;
      readonly message: string;
      /** Further members of the JSON error body (EKS). */
      readonly details?: Readonly<Record<string, string>>;
    };

/** A problem in the words of one service. */
export interface ServiceError {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly details: Readonly<Record<string, string>>;
}

interface Wording {
  readonly code: string;
  readonly status: number;
  /** Used where the problem brings no message of its own. */
  readonly message: string;
}

type CommonKind = Exclude<Problem["kind"], "service">;

const INVALID_TOKEN = "The security token included in the request is invalid.";
const EXPIRED_TOKEN = "The security token included in the request is expired";

const WORDINGS = {
  eks: {
    "missing-authentication": {
      code: "MissingAuthenticationTokenException",
      status: 403,
      message: "Missing Authentication Token",
    },
    "incomplete-signature": { code: "IncompleteSignatureException", status: 403, message: "" },
    "unknown-key": { code: "UnrecognizedClientException", status: 403, message: INVALID_TOKEN },
    "expired-credentials": { code: "ExpiredTokenException", status: 403, message: EXPIRED_TOKEN },
    clock: { code: "InvalidSignatureException", status: 403, message: "" },
    "signature-mismatch": { code: "InvalidSignatureException", status: 403, message: "" },
    "access-denied": { code: "AccessDeniedException", status: 403, message: "" },
    throttling: { code: "ThrottlingException", status: 429, message: "Rate exceeded" },
    "server-error": { code: "ServerException", status: 500, message: "Internal server error." },
  },
  ec2: {
    "missing-authentication": {
      code: "MissingAuthenticationToken",
      status: 403,
      message: "Request is missing Authentication Token",
    },
    "incomplete-signature": { code: "IncompleteSignature", status: 400, message: "" },
    "unknown-key": {
      code: "AuthFailure",
      status: 401,
      message: "AWS was not able to validate the provided access credentials",
    },
    "expired-credentials": {
      code: "RequestExpired",
      status: 400,
      message: "Request has expired.",
    },
    clock: { code: "RequestExpired", status: 400, message: "" },
    "signature-mismatch": { code: "SignatureDoesNotMatch", status: 403, message: "" },
    "access-denied": { code: "UnauthorizedOperation", status: 403, message: "" },
    throttling: {
      code: "RequestLimitExceeded",
      status: 503,
      message: "Request limit exceeded.",
    },
    "server-error": {
      code: "InternalError",
      status: 500,
      message: "An internal error has occurred",
    },
  },
  sts: {
    "missing-authentication": {
      code: "MissingAuthenticationToken",
      status: 403,
      message: "Request is missing Authentication Token",
    },
    "incomplete-signature": { code: "IncompleteSignature", status: 400, message: "" },
    "unknown-key": { code: "InvalidClientTokenId", status: 403, message: INVALID_TOKEN },
    "expired-credentials": { code: "ExpiredToken", status: 403, message: EXPIRED_TOKEN },
    clock: { code: "SignatureDoesNotMatch", status: 403, message: "" },
    "signature-mismatch": { code: "SignatureDoesNotMatch", status: 403, message: "" },
    "access-denied": { code: "AccessDenied", status: 403, message: "" },
    throttling: { code: "Throttling", status: 400, message: "Rate exceeded" },
    "server-error": {
      code: "InternalFailure",
      status: 500,
      message: "An internal error has occurred",
    },
  },
} as const satisfies Record<AwsService, Record<CommonKind, Wording>>;

export function wordProblem(service: AwsService, problem: Problem): ServiceError {
  if (problem.kind === "service") {
    const { code, status, message, details } = problem;
    return { code, status, message, details: details ?? {} };
  }
  const wording = WORDINGS[service][problem.kind];
  const message = "message" in problem ? problem.message : wording.message;
  return { code: wording.code, status: wording.status, message, details: {} };
}
