import type { Snapshot } from "../../model/snapshot.ts";
import { type Check, type Outcome, passed, problem, shortAddress, skippedCheck } from "../check.ts";
import { addressesWith, hasLostSts, type TokenAnswer, tokenAnswers } from "./answers.ts";

/** The API servers accept the token, and let its user read /api. */
export const tokenIsAccepted: Check = {
  topic: "auth",
  title: "every API server accepts the token and lets its user read /api",
  needs: ["A01"],
  explains: ["P01"],
  run: ({ snapshot }) => {
    const answers = tokenAnswers(snapshot);
    if (answers.length === 0) return skippedCheck("no token was sent");
    const unauthorized = addressesWith(answers, "refused");
    const accepting = addressesWith(answers, "accepted");
    if (unauthorized.length > 0) {
      return accepting.length === 0
        ? refusedByAll(unauthorized, answers, snapshot)
        : problem(
            "fail",
            `401 from ${unauthorized.map(shortAddress).join(", ")} for a token that is accepted elsewhere`,
            {
              details: [MAP_WITHOUT_NAMES],
              side: "server",
              next: "a removed API server answers 401 until it is gone; run it again in a minute",
              addresses: unauthorized,
            },
          );
    }
    const denied = answers.filter((one) => one.status === 403 && one.judgement === "accepted");
    if (denied.length > 0) {
      const forbidden = addressesWith(denied, "accepted");
      return problem(
        "warn",
        `the token is accepted, but ${userOf(denied)} may not read /api (403) at ${forbidden.map(shortAddress).join(", ")}`,
        {
          details: [MAP_WITHOUT_NAMES],
          side: "user",
          next: "kubectl auth can-i get /api   # the ClusterRole system:discovery grants it to authenticated users",
          addresses: forbidden,
        },
      );
    }
    if (accepting.length === 0) {
      return skippedCheck(
        addressesWith(answers, "lost").length > 0
          ? "the token did not arrive (A15)"
          : "no answer tells whether the token is accepted",
      );
    }
    return passed("the token is accepted by every API server that judged it");
  },
};

const MAP_WITHOUT_NAMES = "the map rests on certificates where /api gave no name";

function userOf(denied: readonly TokenAnswer[]): string {
  const users = [...new Set(denied.flatMap(({ deniedUser }) => deniedUser ?? []))];
  return users.length === 0 ? "its user" : `its user ${users.join(", ")}`;
}

function refusedByAll(
  unauthorized: readonly string[],
  answers: readonly TokenAnswer[],
  snapshot: Snapshot,
): Outcome {
  const lost = hasLostSts(snapshot);
  return problem("fail", refusedBy(unauthorized, answers), {
    details: [
      ...(lost
        ? ["EKS reports StsRegionalEndpointDisabled: its API servers cannot ask STS about a token"]
        : []),
      MAP_WITHOUT_NAMES,
    ],
    side: "user",
    next: lost
      ? "IAM console, Account settings, Security Token Service: activate the cluster's region"
      : `aws eks list-access-entries --cluster-name ${snapshot.request.cluster}   # is this identity (aws sts get-caller-identity) mapped?`,
    addresses: unauthorized,
  });
}

/** A server that answered with an error of its own has not refused the token. */
function refusedBy(unauthorized: readonly string[], answers: readonly TokenAnswer[]): string {
  if (answers.every(({ judgement }) => judgement === "refused"))
    return "every API server refuses the token (401)";
  return `no API server accepts the token: 401 from ${unauthorized.map(shortAddress).join(", ")}`;
}
