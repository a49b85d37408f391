import { type Check, passed, problem, skippedCheck } from "./check.ts";

/** A minute is far from the 15 that a token allows, and far beyond what NTP leaves. */
const WARN_ABOVE_MS = 60_000;

/** This host's clock agrees with the servers' Date headers. */
export const clocksAgree: Check = {
  topic: "clock",
  title: "this host's clock is within a minute of every API server's",
  run: ({ snapshot }) => {
    const skews = snapshot.observations.flatMap(({ address, http }) =>
      http?.clockSkewMs === undefined ? [] : [{ address, skewMs: http.clockSkewMs }],
    );
    const worst = skews.toSorted((a, b) => Math.abs(b.skewMs) - Math.abs(a.skewMs))[0];
    if (worst === undefined) return skippedCheck("no server sent a Date");
    const seconds = Math.round(worst.skewMs / 1_000);
    if (Math.abs(worst.skewMs) > WARN_ABOVE_MS) {
      return problem(
        "warn",
        `this clock is ${Math.abs(seconds)} s ${seconds > 0 ? "behind" : "ahead of"} the server's`,
        {
          side: "local",
          next: "timedatectl   # or chronyc tracking; a token is refused when the clocks differ by 15 minutes",
          addresses: [worst.address],
        },
      );
    }
    return passed(
      Math.abs(seconds) <= 1
        ? "within a second or so of the API servers'"
        : `within ${Math.abs(seconds)} s of the API servers'`,
    );
  },
};
