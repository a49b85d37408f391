import type { Failure } from "../../model/failure.ts";
import type { TokenReplay } from "../../model/investigation.ts";
import { type Check, notKnown, type Outcome, passed, problem, skippedCheck } from "../check.ts";
import { isRefusedEverywhere } from "./answers.ts";
import { type RefusalKind, refusalKind } from "./replay.ts";

/** STS, which the API servers ask about every token, accepts the request inside ours. */
export const stsAcceptsToken: Check = {
  topic: "sts",
  title: "STS accepts the request inside the token, as the API servers would send it",
  optional: true,
  needs: ["A01"],
  explains: ["A02"],
  run: ({ snapshot }) => {
    const { tokenReplay } = snapshot.investigation;
    switch (tokenReplay.kind) {
      case "skipped":
        return skippedCheck(tokenReplay.reason);
      case "unknown":
        return unanswered(tokenReplay.failure);
      case "known":
        return tokenReplay.value.kind === "accepted"
          ? passed(`STS knows the token's caller: ${tokenReplay.value.arn}`)
          : refused(tokenReplay.value, isRefusedEverywhere(snapshot));
    }
  },
};

function unanswered(failure: Failure): Outcome {
  return {
    ...notKnown(
      { kind: "unknown", failure },
      "aws sts get-caller-identity   # asks STS about the same credentials",
    ),
    summary: `what STS says of the token is not known: ${failure.message}`,
  };
}

function refused(
  replay: Extract<TokenReplay, { kind: "refused" }>,
  isRefusedByAll: boolean,
): Outcome {
  const kind = refusalKind(replay);
  const more = {
    details: [
      `STS: ${replay.status} ${replay.code}${replay.message === "" ? "" : `: ${replay.message}`}`,
    ],
    side: kind === "by-date" ? ("local" as const) : ("user" as const),
    next: NEXT[kind],
  };
  // Whoever is told to come back later has been told nothing of the token.
  if (kind === "throttled") return problem("unknown", WORDS[kind], { ...more, side: "aws" });
  return problem(isRefusedByAll ? "fail" : "warn", WORDS[kind], more);
}

const WORDS = {
  "by-date": "STS refuses the token for its date: this host's clock is wrong",
  "session-expired": "STS refuses the token: the session of these credentials has expired",
  "unknown-key": "STS does not know the token's key: deleted, or of another partition of AWS",
  signature:
    "STS refuses the token's signature: the secret key does not fit, or the request was changed",
  "region-disabled": "STS is not active in this region for this account",
  throttled: "STS throttles this account's callers: what it says of the token is not known",
  other: "STS refuses the request inside the token",
} as const satisfies Record<RefusalKind, string>;

const NEXT = {
  "by-date": "timedatectl   # or chronyc tracking; in WSL2 and VMs: sudo hwclock --hctosys",
  "session-expired":
    "aws sso login   # or renew the session that AWS_PROFILE or the environment names",
  "unknown-key":
    "aws configure list   # whose key it is; keys of China and GovCloud work only with their own regions (AWS_REGION)",
  signature:
    "aws sts get-caller-identity   # fails alike where key and secret do not belong together",
  "region-disabled":
    "IAM console, Account settings, Security Token Service: activate the cluster's region",
  throttled:
    "wait a minute and run it again; keep tokens for their 14 minutes instead of signing anew",
  other: "aws sts get-caller-identity   # asks STS about the same credentials",
} as const satisfies Record<RefusalKind, string>;
