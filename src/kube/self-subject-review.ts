import * as v from "valibot";
import type { WireRequest } from "../model/conversation.ts";
import type { Fact } from "../model/fact.ts";
import type { Caller } from "../model/inspection.ts";
import { sanitizeText } from "../model/text.ts";
import { readDocument, shortText } from "./reply.ts";

const MAX_TEXT = 300;
const MAX_GROUPS = 1_000;

/**
 * Any authenticated caller may create one (role `system:basic-user`); it is answered and not
 * stored. v1 came with 1.28; the alpha of 1.26 and the beta of 1.27 are off unless switched on, so
 * they are not asked for.
 */
export const SELF_SUBJECT_REVIEW: WireRequest = {
  method: "POST",
  path: "/apis/authentication.k8s.io/v1/selfsubjectreviews",
  accept: "application/json",
  body: '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}',
};

const Values = v.optional(v.array(v.string()));

const Review = v.pipe(
  v.object({
    kind: v.literal("SelfSubjectReview"),
    status: v.object({
      userInfo: v.object({
        username: shortText(MAX_TEXT),
        groups: v.nullish(v.pipe(v.array(shortText(MAX_TEXT)), v.maxLength(MAX_GROUPS)), []),
        extra: v.nullish(v.object({ arn: Values, canonicalArn: Values }), {}),
      }),
    }),
  }),
  v.transform(({ status: { userInfo } }): Caller => {
    const { username, groups, extra } = userInfo;
    return {
      username,
      groups: groups ?? [],
      arn: firstText(extra?.arn) ?? firstText(extra?.canonicalArn),
    };
  }),
);

/**
 * Reads who the API server takes the caller for. `extra` is the authenticator's: aws-iam-authenticator
 * names the caller's ARN there, and an access key id, which is not read. Never throws.
 */
export function parseSelfSubjectReview(body: string): Fact<Caller> {
  return readDocument(body, Review, "the SelfSubjectReview");
}

function firstText(values: readonly string[] | undefined): string | undefined {
  const [first] = values ?? [];
  return first === undefined || first === "" ? undefined : sanitizeText(first, MAX_TEXT);
}
