import {
  type Answer,
  chooseEncoding,
  type Flow,
  negotiatedAnswer,
  statusAnswer,
} from "./answers.ts";
import type { AuthenticatedUser } from "./authenticate.ts";

/** What a POST brought, as far as the handler looks at it. */
export interface ReviewRequest {
  readonly accept: string | undefined;
  readonly contentType: string | undefined;
  /** Undefined when it was too long. */
  readonly body: string | undefined;
}

const KIND = "SelfSubjectReview";
const API_VERSION = "authentication.k8s.io/v1";

/** kube-apiserver's limit for any body, from memory. */
export const MAX_BODY_BYTES: number = 3 * 1024 * 1024;

/**
 * SelfSubjectReview: the user as the authenticator described it, in the group that the API server
 * adds. `nowMs` is the server's own clock. Shape as in published outputs of `kubectl auth whoami`
 * on EKS; the refusals of a wrong body are from memory.
 */
export function reviewSelf(
  request: ReviewRequest,
  user: AuthenticatedUser,
  nowMs: number,
  flow: Flow,
): Answer {
  const refusal = refuseBody(request, flow);
  if (refusal !== undefined) return refusal;
  const { name, uid, groups, extra } = user;
  const document = {
    kind: KIND,
    apiVersion: API_VERSION,
    metadata: { creationTimestamp: `${new Date(nowMs).toISOString().slice(0, 19)}Z` },
    status: {
      userInfo: {
        username: name,
        ...(uid === undefined ? {} : { uid }),
        groups: [...groups, "system:authenticated"],
        ...(extra === undefined ? {} : { extra }),
      },
    },
  };
  const answer = negotiatedAnswer(document, chooseEncoding(request.accept), flow);
  return answer.status === 200 ? { ...answer, status: 201 } : answer;
}

function refuseBody({ contentType, body }: ReviewRequest, flow: Flow): Answer | undefined {
  const refuse = (code: number, reason: string, message: string): Answer =>
    statusAnswer({ code, reason, message, details: undefined, flow });
  const type = contentType?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type !== "" && type !== "application/json") {
    return refuse(
      415,
      "UnsupportedMediaType",
      "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
    );
  }
  if (body === undefined) {
    const message = `Request entity too large: limit is ${MAX_BODY_BYTES}`;
    return refuse(413, "RequestEntityTooLarge", message);
  }
  if (isReview(body)) return undefined;
  return refuse(400, "BadRequest", `the object provided is unrecognized (must be of type ${KIND})`);
}

/** An object of this kind and version, or one that does not say what it is. */
function isReview(body: string): boolean {
  let object: unknown;
  try {
    object = JSON.parse(body);
  } catch {
    return false;
  }
  if (typeof object !== "object" || object === null || Array.isArray(object)) return false;
  const kind = "kind" in object ? object.kind : KIND;
  const apiVersion = "apiVersion" in object ? object.apiVersion : API_VERSION;
  return kind === KIND && apiVersion === API_VERSION;
}
