import type { ControlPlaneMap } from "../model/map.ts";
import { type Check, passed, problem, shortAddress, skippedCheck } from "./check.ts";

/** A minute is far from the 15 that a token allows, and far beyond what NTP leaves. */
const WARN_ABOVE_MS = 60_000;

/** This host's clock agrees with the servers' Date headers. */
export const clocksAgree: Check = {
  topic: "clock",
  title: "this host's clock is within a minute of every API server's",
  run: ({ snapshot, map }) => {
    const skews = snapshot.observations.flatMap(({ address, http }) =>
      http?.clockSkewMs === undefined ? [] : [{ address, skewMs: http.clockSkewMs }],
    );
    const worst = skews.toSorted((a, b) => Math.abs(b.skewMs) - Math.abs(a.skewMs))[0];
    if (worst === undefined) return skippedCheck("no server sent a Date");
    const seconds = Math.round(worst.skewMs / 1_000);
    const wrong = skews.filter(({ skewMs }) => Math.abs(skewMs) > WARN_ABOVE_MS);
    if (wrong.length === 0) {
      return passed(
        Math.abs(seconds) <= 1
          ? "within a second or so of the API servers'"
          : `within ${Math.abs(seconds)} s of the API servers'`,
      );
    }
    const addresses = [...new Set(wrong.map(({ address }) => address))];
    const others = skews.filter(({ skewMs }) => Math.abs(skewMs) <= WARN_ABOVE_MS);
    // Whose clock it is shows only where the servers differ among themselves by as much.
    if (others.some(({ skewMs }) => Math.abs(worst.skewMs - skewMs) > WARN_ABOVE_MS)) {
      return problem(
        "warn",
        `the clock of ${whoIsAt(addresses, map)} is ${Math.abs(seconds)} s ${seconds > 0 ? "ahead of" : "behind"} this host's, with which the others agree`,
        {
          details: ["it refuses tokens once the clocks differ by 15 minutes"],
          side: "server",
          next: `eks-probe endpoints --cluster ${snapshot.request.cluster} --wide   # has the audit-ids for AWS support, should it stay`,
          addresses,
        },
      );
    }
    return problem(
      "warn",
      `this clock is ${Math.abs(seconds)} s ${seconds > 0 ? "behind" : "ahead of"} the server's`,
      {
        side: "local",
        next: "timedatectl   # or chronyc tracking; a token is refused when the clocks differ by 15 minutes",
        addresses,
      },
    );
  },
};

/** The API servers that only these addresses lead to; the addresses where there are none such. */
function whoIsAt(addresses: readonly string[], { apiServers }: ControlPlaneMap): string {
  const ids = apiServers.filter(({ reachedBy }) => reachedBy.every((id) => addresses.includes(id)));
  return (ids.length > 0 ? ids.map(({ id }) => id) : addresses.map(shortAddress)).join(", ");
}
