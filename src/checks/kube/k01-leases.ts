import type { LeaseView } from "../../model/coverage.ts";
import type { ApiServer } from "../../model/map.ts";
import { type Check, count, notKnown, passed, problem } from "../check.ts";

/** Every API server that is alive by its Lease was met by a probe, and every one met is alive by it. */
export const leasesAreReached: Check = {
  topic: "leases",
  title: "every API server that holds a live identity Lease was reached, and each renews its own",
  optional: true,
  run: ({ snapshot, map }) => {
    const { leases } = map.coverage;
    if (leases.kind !== "known") {
      return notKnown(leases, "kubectl auth can-i list leases.coordination.k8s.io -n kube-system");
    }
    const { live, hidden, nameless, unrenewed, lingering } = sortOut(leases.value, map.apiServers);
    const holders = `${count(live.length, "API server")} ${live.length === 1 ? "holds a lease" : "hold leases"}`;
    const left =
      lingering > 0
        ? [
            `${count(lingering, "lingering lease")} of ${lingering === 1 ? "a server" : "servers"} gone or restarted`,
          ]
        : [];
    const silent = unrenewed.map(
      ({ apiServer, ageSeconds }) =>
        `${apiServer} answers, but has not renewed its lease for ${duration(ageSeconds)}`,
    );
    const spare = nameless.length - (map.apiServers.length - attributed(live));
    const notReached = hidden.length + Math.max(0, spare);
    if (notReached > 0) {
      return problem("warn", `${holders}, you reach ${live.length - notReached}`, {
        details: [
          ...hidden.map(({ host, name }) => `not reached: ${host ?? name}`),
          ...(spare > 0
            ? [`${NO_HOST}; one of a server restarted a minute ago is still live`]
            : []),
          ...silent,
          ...left,
        ],
        side: "network",
        next: `eks-probe endpoints --cluster ${snapshot.request.cluster} --deep -n 50   # a server behind a shared address may need more connections`,
      });
    }
    const summary = `${holders}, ${nameless.length > 0 ? "as many as you reach" : "all reached"}`;
    if (silent.length > 0) {
      return problem("warn", silent.join(" · "), {
        details: [
          "such a server is about to be removed, or cannot write to etcd",
          summary,
          ...left,
        ],
        side: "server",
        next: "kubectl get leases -n kube-system -l apiserver.kubernetes.io/identity=kube-apiserver",
      });
    }
    return passed([summary, ...left].join(" · "), {
      details: nameless.length > 0 ? [NO_HOST] : [],
    });
  },
};

/** Until 1.25 they carry no label of the host, and their names are drawn by chance. */
const NO_HOST = "these leases do not say whose they are, so only their number counts";

interface SortedLeases {
  readonly live: readonly LeaseView[];
  /** Live, of a host that no probe met. */
  readonly hidden: readonly LeaseView[];
  /** Live, of nobody knows whom. */
  readonly nameless: readonly LeaseView[];
  /** The newest of a server that was met and has no live one. */
  readonly unrenewed: readonly LeaseView[];
  /** How many others are left over. */
  readonly lingering: number;
}

function sortOut(leases: readonly LeaseView[], servers: readonly ApiServer[]): SortedLeases {
  const live = leases.filter((lease) => lease.live);
  const stale = leases.filter((lease) => !lease.live);
  const unrenewed = servers
    .filter(({ id }) => live.every(({ apiServer }) => apiServer !== id))
    .flatMap(({ id }) => stale.find(({ apiServer }) => apiServer === id) ?? []);
  return {
    live,
    hidden: live.filter(({ apiServer, host }) => apiServer === undefined && host !== undefined),
    nameless: live.filter(({ apiServer, host }) => apiServer === undefined && host === undefined),
    unrenewed,
    lingering: stale.length - unrenewed.length,
  };
}

function attributed(live: readonly LeaseView[]): number {
  return new Set(live.flatMap(({ apiServer }) => apiServer ?? [])).size;
}

function duration(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
