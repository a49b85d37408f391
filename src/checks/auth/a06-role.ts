import type { Failure } from "../../model/failure.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { type Check, passed, problem, skippedCheck } from "../check.ts";

/** Whatever the credentials had to be got from gave them: a role, a session. */
export const roleIsAssumed: Check = {
  topic: "role",
  title: "the role that the credentials come from could be assumed",
  explains: ["A01"],
  run: ({ snapshot }) => {
    if (snapshot.token.kind === "known")
      return passed("the credentials were had, by whatever role they come from");
    const failure = failureOfRole(snapshot);
    if (failure === undefined) return skippedCheck("no role stood between the credentials and AWS");
    return problem("unknown", `the role could not be assumed: ${failure.message}`, {
      side: failure.side,
      next: nextFor(failure),
    });
  },
};

/** What STS calls a session that is over, as against a sign-in session that this machine keeps. */
const SESSION_OVER = /^ExpiredToken/;

/**
 * Only a call to STS on the way to the credentials can be denied, refused or go unanswered; without
 * any to begin with there is no such call (A01), and a sign-in session that is over is seen here.
 */
function failureOfRole({ token, cluster }: Snapshot): Failure | undefined {
  const failure = [token, cluster].flatMap((fact) =>
    fact.kind === "unknown" ? [fact.failure] : [],
  )[0];
  if (failure?.phase !== "credentials" || failure.code === "no-credentials") return undefined;
  const isSignIn =
    failure.code === "credentials-expired" && !SESSION_OVER.test(failure.cause ?? "");
  return isSignIn ? undefined : failure;
}

function nextFor({ code }: Failure): string {
  if (code === "access-denied")
    return "aws sts get-caller-identity   # the role's trust policy has to name this caller, and its external id where it wants one";
  if (code === "credentials-expired" || code === "credentials-invalid")
    return "aws sts get-caller-identity   # the credentials that assume the role are no good; renew them first";
  return "check the way to STS: a VPC without internet needs the interface endpoint com.amazonaws.REGION.sts";
}
