import { type Check, passed, problem, shortAddress, skippedCheck } from "../check.ts";
import { addressesWith, tokenAnswers } from "./answers.ts";

/** The token that was sent arrives: nobody takes the header off on the way. */
export const tokenArrives: Check = {
  topic: "arrival",
  title: "the token that was sent arrives at the API server",
  explains: ["P01"],
  run: ({ snapshot }) => {
    const answers = tokenAnswers(snapshot);
    const lost = addressesWith(answers, "lost");
    if (lost.length > 0) {
      return problem(
        "fail",
        `the token was sent to ${lost.map(shortAddress).join(", ")}, but the API server saw nobody: 403 for system:anonymous`,
        {
          details: ["something between here and the API server removes the Authorization header"],
          side: "network",
          next: "env | grep -i proxy   # and any gateway or tunnel on the way: it has to pass Authorization on",
          addresses: lost,
        },
      );
    }
    if (answers.every(({ judgement }) => judgement === "open"))
      return skippedCheck("no answer tells whether a token arrived");
    return passed("every API server that judged the request saw the token");
  },
};
