import { type Check, count, notKnown, passed, problem } from "./check.ts";

/** Every API server that is alive by its Lease was met by a probe. */
export const leasesAreReached: Check = {
  topic: "leases",
  title: "every API server that holds a live identity Lease was reached",
  optional: true,
  run: ({ snapshot, map }) => {
    const { leases } = map.coverage;
    if (leases.kind !== "known") return notKnown(leases);
    const live = leases.value.filter((lease) => lease.live);
    const stale = leases.value.length - live.length;
    const left = stale > 0 ? ` · ${count(stale, "lingering lease")} of servers that are gone` : "";
    const hidden = live.filter(({ apiServer }) => apiServer === undefined);
    const silent = map.apiServers.filter(
      ({ id }) => !live.some(({ apiServer }) => apiServer === id),
    );
    if (hidden.length > 0) {
      return problem(
        "warn",
        `${count(live.length, "API server")} hold leases, you reach ${live.length - hidden.length}`,
        {
          details: [
            ...hidden.map(({ host, name }) => `not reached: ${host ?? name}`),
            ...(left === "" ? [] : [left.replace(" · ", "")]),
          ],
          side: "network",
          next: `eks-probe endpoints --cluster ${snapshot.request.cluster} --deep -n 50   # a server behind a shared address may need more connections`,
        },
      );
    }
    const withoutLease =
      silent.length > 0 ? ` · no live lease of ${silent.map(({ id }) => id).join(", ")}` : "";
    return passed(
      `${count(live.length, "API server")} hold leases, all reached${withoutLease}${left}`,
    );
  },
};
