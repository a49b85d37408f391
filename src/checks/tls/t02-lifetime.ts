import { formatTime, parseTimeMs } from "../../model/time.ts";
import { type Check, count, passed, problem, skippedCheck } from "../check.ts";

const DAY_MS = 86_400_000;

/** No API server's certificate ends soon. */
export const certificatesLast: Check = {
  topic: "expiry",
  title: "every certificate is good for as many days as are expected of it",
  run: ({ snapshot, map, expectations }) => {
    const nowMs = parseTimeMs(snapshot.startedAt) ?? 0;
    const leaves = map.apiServers.flatMap(({ id, certificates, reachedBy }) =>
      certificates.flatMap(({ notAfter }) => {
        const endMs = parseTimeMs(notAfter);
        return endMs === undefined
          ? []
          : [{ id, notAfter, reachedBy, endMs, days: Math.floor((endMs - nowMs) / DAY_MS) }];
      }),
    );
    const soonest = leaves.toSorted((a, b) => a.endMs - b.endMs)[0];
    if (soonest === undefined) return skippedCheck("no certificate was seen");
    if (soonest.days < expectations.certificateDays) {
      return problem(
        "warn",
        `${soonest.id}'s certificate ${endsIn(soonest.days)} (${formatTime(soonest.notAfter)})`,
        {
          details: [`at least ${count(expectations.certificateDays, "day")} are expected`],
          side: "aws",
          next: `eks-probe endpoints --cluster ${snapshot.request.cluster} --wide   # has the audit-ids for AWS support, should EKS not renew it within days`,
          addresses: soonest.reachedBy,
        },
      );
    }
    return passed(`the first certificate ends in ${soonest.days} days`);
  },
};

function endsIn(days: number): string {
  if (days < 0) return `ended ${count(-days, "day")} ago`;
  return `ends in ${count(days, "day")}`;
}
