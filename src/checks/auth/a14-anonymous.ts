import { valueOf } from "../../model/fact.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { type Check, passed, problem, shortAddress, skippedCheck } from "../check.ts";
import { ANONYMOUS } from "./answers.ts";

/** From here on EKS lets callers without a token see nothing but health (Kubernetes versions on EKS). */
const CLOSED_SINCE_MINOR = 32;

/** What callers without a token are answered is what this version of EKS means to answer. */
export const anonymousIsByDesign: Check = {
  topic: "anonym",
  title: "callers without a token are answered as this version of EKS means to",
  optional: true,
  run: ({ snapshot }) => {
    const answers = snapshot.observations.flatMap(({ address, http, token }) =>
      http === undefined || token === "sent" ? [] : [{ address, ...http }],
    );
    if (answers.length === 0) return skippedCheck("every request carried a token");
    const open = answers.filter(({ status }) => status === 200);
    if (open.length > 0) {
      return problem("warn", "callers without a token may read /api, which EKS lets nobody", {
        details: [...new Set(open.map(({ address }) => `${shortAddress(address)}: 200`))],
        side: "user",
        next: "kubectl get clusterrolebindings -o wide   # look for system:anonymous and system:unauthenticated",
        addresses: [...new Set(open.map(({ address }) => address))],
      });
    }
    const closed = answers.some(({ status }) => status === 401);
    const shut = answers.some(({ status, deniedUser }) =>
      status === 403 ? deniedUser === undefined || deniedUser === ANONYMOUS : false,
    );
    if (!closed && !shut)
      return skippedCheck("no answer tells what callers without a token may do");
    return passed(closed ? closedWords(snapshot) : OPEN_WORDS, {
      details: ["/livez and /readyz answer without a token in every version"],
    });
  },
};

const OPEN_WORDS =
  "/api is 403 without a token, as EKS means it; since Kubernetes 1.32 it is 401, and so is /version";

function closedWords(snapshot: Snapshot): string {
  const version = valueOf(snapshot.cluster)?.version;
  const minor = Number(/^1\.(\d+)$/.exec(version ?? "")?.[1]);
  return minor >= CLOSED_SINCE_MINOR
    ? `401 without a token is by design since Kubernetes 1.${CLOSED_SINCE_MINOR}: only health is open`
    : "401 without a token: anonymous requests are off here";
}
