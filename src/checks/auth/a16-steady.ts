import { type Check, passed, problem, shortAddress, skippedCheck } from "../check.ts";
import { tokenAnswers, undecidedAddresses } from "./answers.ts";

/** One server's word on one token stays the same. */
export const judgementIsSteady: Check = {
  topic: "steady",
  title: "no API server both accepts and refuses the same token",
  explains: ["A02"],
  run: ({ snapshot }) => {
    const answers = tokenAnswers(snapshot);
    const judged = answers.filter(
      ({ judgement }) => judgement === "accepted" || judgement === "refused",
    );
    if (judged.length === 0) return skippedCheck("no API server judged a token");
    const undecided = undecidedAddresses(answers);
    if (undecided.length === 0)
      return passed("every API server judges the token the same each time");
    const tallies = undecided.map((address) => {
      const own = judged.filter((one) => one.address === address);
      const refused = own.filter(({ judgement }) => judgement === "refused").length;
      return `${shortAddress(address)}: 401 for ${refused} of ${own.length} requests with one token`;
    });
    return problem(
      "fail",
      `the same API server accepts and refuses the token at ${undecided.map(shortAddress).join(", ")}`,
      {
        details: [
          ...tallies,
          "its authenticator asks STS about every new token, and is refused an answer when too many ask",
        ],
        side: "server",
        next: "CloudWatch, log group /aws/eks/NAME/cluster, stream authenticator: look for Throttling; clients should keep a token for its 14 minutes",
        addresses: undecided,
      },
    );
  },
};
