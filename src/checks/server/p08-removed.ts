import type { ControlPlaneMap } from "../../model/map.ts";
import {
  addressesWith,
  type TokenAnswer,
  tokenAnswers,
  undecidedAddresses,
} from "../auth/answers.ts";
import { type Check, passed, problem, shortAddress, skippedCheck } from "../check.ts";

/** No API server that was taken out of service still answers, and refuses everybody. */
export const noRemovedServerAnswers: Check = {
  topic: "removed",
  title: "no API server refuses a token that the others accept",
  explains: ["A02"],
  run: ({ snapshot, map }) => {
    const answers = tokenAnswers(snapshot);
    const accepted = addressesWith(answers, "accepted");
    if (accepted.length === 0) return skippedCheck("no API server accepted the token");
    const undecided = undecidedAddresses(answers);
    const refusing = answers.filter(
      ({ judgement, address }) => judgement === "refused" && !undecided.includes(address),
    );
    const addresses = addressesWith(refusing, "refused");
    if (addresses.length === 0) return passed("every API server gives the token the same answer");
    return problem(
      "fail",
      `401 from ${addresses.map(shortAddress).join(", ")} for a token that other API servers accept`,
      {
        details: [
          ...serversOf(refusing, map),
          ...listedNoMore(addresses, map),
          "an API server that is removed keeps its connections and answers 401 to all until it is gone",
        ],
        side: "server",
        next: `eks-probe endpoints --cluster ${snapshot.request.cluster} -n 5   # in a minute; a client that keeps a connection there has to make a new one`,
        addresses,
      },
    );
  },
};

function serversOf(
  refusing: readonly TokenAnswer[],
  { apiServers }: ControlPlaneMap,
): readonly string[] {
  const prints = new Set(refusing.flatMap(({ server }) => server ?? []));
  const ids = apiServers.flatMap(({ id, host, certificates }) =>
    certificates.some(({ sha256 }) => prints.has(sha256))
      ? [`${id} (${host ?? "host unknown"})`]
      : [],
  );
  return ids.length === 0 ? [] : [`behind it: ${ids.join(", ")}`];
}

/** With --deep the kubernetes service tells who serves. */
function listedNoMore(
  addresses: readonly string[],
  { coverage }: ControlPlaneMap,
): readonly string[] {
  const gone = coverage.sources.missingInService.filter((ip) =>
    addresses.some((id) => id.startsWith(`${ip}:`) || id.startsWith(`[${ip}]:`)),
  );
  return gone.length === 0
    ? []
    : [`no longer an endpoint of the kubernetes service: ${gone.join(", ")}`];
}
