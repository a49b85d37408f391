import { type Check, nextStepFor, passed, problem, sameCause, skippedCheck } from "./check.ts";

/** There was a token to send. */
export const tokenIsSigned: Check = {
  topic: "token",
  title: "credentials were found and a token was signed",
  run: (evidence) => {
    const { token } = evidence.snapshot;
    switch (token.kind) {
      case "known":
        return passed(`signed here, good until ${token.value.expiresAt}`);
      case "skipped":
        return skippedCheck(`no token: ${token.reason}; API servers are told apart by certificate`);
      case "unknown":
        return (
          sameCause(token.failure, evidence) ??
          problem("unknown", `no token: ${token.failure.message}`, {
            side: token.failure.side,
            next: nextStepFor(token.failure, evidence),
          })
        );
    }
  },
};
