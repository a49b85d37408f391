import { type Check, count, passed, problem, shortAddress, skippedCheck } from "../check.ts";

/** 401 and 403 are about the caller (A02), 429 is about all callers (P09); these are about the server. */
function isServerTrouble(status: number): boolean {
  return status !== 200 && status !== 401 && status !== 403 && status !== 429;
}

/** The API servers answer /api with 200 or with a word on the caller. */
export const answersAreGood: Check = {
  topic: "answers",
  title: "no API server answers with an error of its own",
  explains: ["P01"],
  run: ({ snapshot }) => {
    const answers = snapshot.observations.flatMap(({ address, http }) =>
      http ? [{ address, status: http.status }] : [],
    );
    if (answers.length === 0) return skippedCheck("no address answered");
    const bad = answers.filter(({ status }) => isServerTrouble(status));
    if (bad.length > 0) {
      return problem(
        "fail",
        `${bad.length} of ${answers.length} answers were errors of the server`,
        {
          details: [
            ...new Set(
              bad.map(({ address, status }) => `${shortAddress(address)}: HTTP ${status}`),
            ),
          ],
          side: "server",
          next: "kubectl get --raw '/readyz?verbose'   # which part of the API server is not ready",
          addresses: [...new Set(bad.map(({ address }) => address))],
        },
      );
    }
    return passed(`none of ${count(answers.length, "answer")} is an error of the server`);
  },
};
