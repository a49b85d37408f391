import type { Observation } from "../model/observation.ts";
import { type Check, passed, problem, shortAddress, skippedCheck } from "./check.ts";

/** The API servers accept the token, and let its user read /api. */
export const tokenIsAccepted: Check = {
  topic: "auth",
  title: "every API server accepts the token and lets its user read /api",
  run: ({ snapshot }) => {
    const answers = snapshot.observations.filter(
      ({ http, token }) => http !== undefined && token === "sent",
    );
    if (answers.length === 0) return skippedCheck("no token was sent");
    const by = (status: number): readonly string[] => [
      ...new Set(
        answers.filter(({ http }) => http?.status === status).map(({ address }) => address),
      ),
    ];
    const [unauthorized, forbidden] = [by(401), by(403)];
    const accepting = [...by(200), ...forbidden];
    if (unauthorized.length > 0) {
      const everywhere = accepting.length === 0;
      return problem(
        "fail",
        everywhere
          ? refusedBy(unauthorized, answers)
          : `401 from ${unauthorized.map(shortAddress).join(", ")} for a token that is accepted elsewhere`,
        {
          details: ["the map rests on certificates where /api gave no name"],
          side: everywhere ? "user" : "server",
          next: everywhere
            ? `aws eks list-access-entries --cluster-name ${snapshot.request.cluster}   # is this identity (aws sts get-caller-identity) mapped?`
            : "a removed API server answers 401 until it is gone; run it again in a minute",
          addresses: unauthorized,
        },
      );
    }
    if (forbidden.length > 0) {
      return problem(
        "warn",
        `the token is accepted, but its user may not read /api (403) at ${forbidden.map(shortAddress).join(", ")}`,
        {
          details: ["the map rests on certificates where /api gave no name"],
          side: "user",
          next: "kubectl auth can-i get /api   # the ClusterRole system:discovery grants it to authenticated users",
          addresses: forbidden,
        },
      );
    }
    // 429 and 5xx may come before anybody looked at the token.
    if (accepting.length === 0)
      return skippedCheck("no answer tells whether the token is accepted");
    return passed("the token is accepted by every API server that judged it");
  },
};

/** A server that answered with an error of its own has not refused the token. */
function refusedBy(unauthorized: readonly string[], answers: readonly Observation[]): string {
  if (answers.every(({ http }) => http?.status === 401))
    return "every API server refuses the token (401)";
  return `no API server accepts the token: 401 from ${unauthorized.map(shortAddress).join(", ")}`;
}
