import { type Fact, valueOf } from "../../model/fact.ts";
import type { BearerToken, Clock } from "../../model/ports.ts";
import { parseTimeMs } from "../../model/time.ts";
import { RENEW_TOKEN_BEFORE_MS, SIGN_RETRY_MS } from "./constants.ts";

/** The bearer token of a watch: renewed in time, and the old one used while a new one is not to be had. */
export interface TokenKeeper {
  /** Signs anew where that is due; undefined where it was not. */
  renew(signal: AbortSignal): Promise<Fact<BearerToken>> | undefined;
  /** What goes out with a request now. */
  current(): Promise<BearerToken | undefined>;
}

export function keepToken(
  clock: Clock,
  sign: (signal: AbortSignal) => Promise<Fact<BearerToken>>,
): TokenKeeper {
  let held: BearerToken | undefined;
  let pending: Promise<Fact<BearerToken>> | undefined;
  let retryAtMs = -Infinity;
  let endsAtMs = -Infinity;
  const wallLeftMs = ({ expiresAt }: BearerToken): number =>
    (parseTimeMs(expiresAt) ?? 0) - clock.wallMs();
  // The wall clock may be set back, and the other one stands still while this machine sleeps.
  const leftMs = (token: BearerToken): number =>
    Math.min(wallLeftMs(token), endsAtMs - clock.monotonicMs());
  const isFresh = (token: BearerToken): boolean => leftMs(token) > RENEW_TOKEN_BEFORE_MS;
  const isGood = (token: BearerToken): boolean => leftMs(token) > 0;
  return {
    renew: (signal) => {
      if (pending !== undefined) return pending;
      if (held !== undefined && isFresh(held)) return undefined;
      if (clock.monotonicMs() < retryAtMs) return undefined;
      pending = sign(signal).then((fact) => {
        pending = undefined;
        const signed = valueOf(fact);
        if (signed !== undefined) {
          held = signed;
          endsAtMs = clock.monotonicMs() + wallLeftMs(signed);
        }
        // One that was about to end when it was signed would be signed anew in every round.
        if (signed === undefined || !isFresh(signed)) {
          retryAtMs = clock.monotonicMs() + SIGN_RETRY_MS;
        }
        return fact;
      });
      return pending;
    },
    current: async () => {
      if (pending !== undefined && (held === undefined || !isGood(held))) await pending;
      return held;
    },
  };
}
