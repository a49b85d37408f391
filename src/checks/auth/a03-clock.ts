import type { FindingCode } from "../../model/finding-code.ts";
import type { ControlPlaneMap } from "../../model/map.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { type Check, passed, problem, shortAddress, skippedCheck } from "../check.ts";
import { isThisClock, refusedByDate } from "../tls/validity.ts";
import { isRefusedByDate, replayOf } from "./replay.ts";

/** A minute is far from the 15 that a token allows, and far beyond what NTP leaves. */
const WARN_ABOVE_MS = 60_000;

/** A token is good for so long after its date; STS takes none from further ahead (domain facts). */
const TOKEN_LIFE_MS = 15 * 60_000;
const EARLY_MS = 5 * 60_000;

/** This host's clock agrees with the servers' Date headers. */
export const clocksAgree: Check = {
  topic: "clock",
  title: "this host's clock is within a minute of every API server's",
  explains: ["A02", "A08", "P08", "T06"],
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
      return {
        ...problem(
          "warn",
          `the clock of ${whoIsAt(addresses, map)} is ${Math.abs(seconds)} s ${seconds > 0 ? "ahead of" : "behind"} this host's, with which the others agree`,
          {
            details: ["it refuses tokens once the clocks differ by 15 minutes"],
            side: "server",
            next: `eks-probe endpoints --cluster ${snapshot.request.cluster} --wide   # has the audit-ids for AWS support, should it stay`,
            addresses,
          },
        ),
        // A server itself looks only for tokens that are too old by its clock.
        explains: worst.skewMs >= TOKEN_LIFE_MS ? ["A02", "P08"] : [],
      };
    }
    return {
      ...problem(
        "warn",
        `this clock is ${Math.abs(seconds)} s ${seconds > 0 ? "behind" : "ahead of"} the server's`,
        {
          side: "local",
          next: "timedatectl   # or chronyc tracking; a token is refused when the clocks differ by 15 minutes",
        },
      ),
      explains: consequences(snapshot, worst.skewMs),
    };
  },
};

/** The API servers that only these addresses lead to; the addresses where there are none such. */
function whoIsAt(addresses: readonly string[], { apiServers }: ControlPlaneMap): string {
  const ids = apiServers.filter(({ reachedBy }) => reachedBy.every((id) => addresses.includes(id)));
  return (ids.length > 0 ? ids.map(({ id }) => id) : addresses.map(shortAddress)).join(", ");
}

/** What comes of this host's clock being wrong: only what it is far enough off for. */
function consequences(snapshot: Snapshot, skewMs: number): readonly FindingCode[] {
  const isFar = skewMs >= TOKEN_LIFE_MS || skewMs <= -EARLY_MS;
  const byDate = isRefusedByDate(snapshot) && Math.abs(skewMs) >= EARLY_MS;
  const dates = refusedByDate(snapshot);
  return [
    ...(byDate ? (["A02", "A08"] as const) : []),
    ...(isFar && replayOf(snapshot) === undefined ? (["A02"] as const) : []),
    ...(dates.length > 0 && dates.every((one) => isThisClock(one, snapshot) === "yes")
      ? (["T06"] as const)
      : []),
  ];
}
