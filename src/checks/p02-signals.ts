import { type Check, passed, problem, skippedCheck } from "./check.ts";

/** The independent signals of an API server's identity name the same one. */
export const signalsAgree: Check = {
  topic: "identity",
  title: "/api and the certificate name the same API server",
  run: ({ map }) => {
    if (map.apiServers.length === 0) return skippedCheck("no API server was met");
    const against = map.apiServers.flatMap(({ id, agreement, reachedBy }) =>
      agreement.kind === "disagree" ? [{ id, detail: agreement.detail, reachedBy }] : [],
    );
    if (against.length > 0) {
      return problem("warn", "the signals name different API servers; the map goes by /api", {
        details: against.map(({ id, detail }) => `${id}: ${detail}`),
        side: "server",
        next: "look at the SANs with --wide; a proxy that ends TLS in between shows like this",
        addresses: against.flatMap(({ reachedBy }) => reachedBy),
      });
    }
    const single = map.apiServers.filter(({ agreement }) => agreement.kind === "single");
    if (single.length === map.apiServers.length)
      return skippedCheck("only one signal was to be had");
    return passed("/api agrees with the certificates");
  },
};
