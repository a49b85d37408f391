import { type Check, passed, problem, skippedCheck } from "../check.ts";

/** The token is no longer than API servers take. */
export const tokenFits: Check = {
  topic: "size",
  title: "the token is no longer than the 4096 bytes that an API server takes",
  explains: ["A01"],
  run: ({ snapshot: { token } }) => {
    switch (token.kind) {
      case "known":
        return passed("within 4096 bytes");
      case "skipped":
        return skippedCheck(`no token: ${token.reason}`);
      case "unknown":
        return token.failure.code === "token-too-large"
          ? problem("fail", token.failure.message, {
              details: ["long session policies, session tags and chained roles make it grow"],
              side: "user",
              next: "aws sts get-caller-identity   # whose session it is: assume its role without session policy and tags, or without a role in between",
            })
          : skippedCheck("no token was signed (A01)");
    }
  },
};
