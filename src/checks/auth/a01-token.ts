import type { Failure } from "../../model/failure.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { type Check, isOfTheCaller, nextStepFor, passed, problem, skippedCheck } from "../check.ts";

/** There were credentials that AWS takes, and a token to send. */
export const tokenIsSigned: Check = {
  topic: "token",
  title: "credentials were found and a token was signed",
  explains: ["C01", "C02"],
  run: (evidence) => {
    const { token } = evidence.snapshot;
    const failure = failureOf(evidence.snapshot);
    if (failure !== undefined) {
      const isCallers = isOfTheCaller(failure);
      // Where nothing is known of the cluster, more than the token is missing.
      const isOnlyToken = !isCallers || evidence.snapshot.cluster.kind === "known";
      return {
        ...problem("unknown", isOnlyToken ? `no token: ${failure.message}` : failure.message, {
          side: failure.side,
          next: nextStepFor(failure, evidence),
        }),
        // A token that is too long, say, has nothing to do with what else AWS was asked.
        explains: isCallers ? ["C01", "C02"] : [],
      };
    }
    switch (token.kind) {
      case "known":
        return passed(`signed here, good until ${token.value.expiresAt}`);
      case "skipped":
        return skippedCheck(`no token: ${token.reason}; API servers are told apart by certificate`);
      case "unknown":
        return skippedCheck(`no token: ${token.failure.message}`);
    }
  },
};

/** Signing asks nobody: that keys are no good shows only when they are used for a call. */
function failureOf({ token, cluster }: Snapshot): Failure | undefined {
  if (token.kind === "unknown") return token.failure;
  return cluster.kind === "unknown" && isOfTheCaller(cluster.failure) ? cluster.failure : undefined;
}
