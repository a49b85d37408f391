import { type Check, passed, problem, skippedCheck } from "../check.ts";

/** The independent signals of an API server's identity name the same one. */
export const signalsAgree: Check = {
  topic: "identity",
  title: "/api and the certificate name the same API server",
  run: ({ snapshot, map }) => {
    if (map.apiServers.length === 0) return skippedCheck("no API server was met");
    const against = map.apiServers.flatMap(({ id, agreement, reachedBy }) =>
      agreement.kind === "disagree" ? [{ id, detail: agreement.detail, reachedBy }] : [],
    );
    if (against.length > 0) {
      return problem("warn", "the signals name different API servers; the map goes by /api", {
        details: against.map(({ id, detail }) => `${id}: ${detail}`),
        side: "server",
        next: `eks-probe endpoints --cluster ${snapshot.request.cluster} --wide   # shows the SANs; a proxy that ends TLS in between shows like this`,
        addresses: [...new Set(against.flatMap(({ reachedBy }) => reachedBy))],
      });
    }
    const single = map.apiServers.filter(({ agreement }) => agreement.kind === "single");
    if (single.length === map.apiServers.length)
      return skippedCheck("only one signal was to be had");
    const agreeing = map.apiServers.flatMap(({ agreement }) =>
      agreement.kind === "agree" ? [agreement.signals] : [],
    );
    const byApi = agreeing.some((signals) => signals.includes("server-address"));
    const byLease = agreeing.every((signals) => signals.includes("identity-lease"));
    if (!byApi) return passed("certificates and identity leases agree");
    return passed(
      byLease
        ? "/api, certificates and identity leases agree"
        : "/api agrees with the certificates",
    );
  },
};
