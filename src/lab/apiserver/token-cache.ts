import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Authenticate, TokenVerdict } from "./authenticate.ts";

export interface TokenCacheOptions {
  /** What asking the authenticator costs, on top of the answer. */
  readonly verificationMs: number;
  /** Wall clock, milliseconds since the epoch. */
  nowMs(): number;
}

/** kube-apiserver's default for `--authentication-token-webhook-cache-ttl`. */
const LIFETIME_MS = 120_000;
/** The oldest make room: a lab that runs for days must not grow. */
const MAX_ENTRIES = 1000;

interface Entry {
  readonly verdict: Promise<TokenVerdict>;
  readonly untilMs: number;
}

/**
 * One API server's cache before its token authenticator. A good verdict is kept, even beyond the
 * end of the token; a denial is not, since the webhook words it as an error. Requests that bring
 * the same new token at the same time wait for one verification.
 */
export function createTokenCache(
  authenticate: Authenticate,
  options: TokenCacheOptions,
): Authenticate {
  const entries = new Map<string, Entry>();

  async function verify(token: string): Promise<TokenVerdict> {
    // Does not keep a lab alive that is over.
    if (options.verificationMs > 0) await pause(options.verificationMs, undefined, { ref: false });
    return authenticate(token);
  }

  function forget(key: string, verdict: Promise<TokenVerdict>): void {
    if (entries.get(key)?.verdict === verdict) entries.delete(key);
  }

  return (token) => {
    // The lab has no need to keep tokens.
    const key = createHash("sha256").update(token).digest("base64");
    const nowMs = options.nowMs();
    const known = entries.get(key);
    if (known !== undefined && nowMs < known.untilMs) return known.verdict;
    const verdict = verify(token);
    entries.delete(key);
    entries.set(key, { verdict, untilMs: nowMs + LIFETIME_MS });
    const [oldest] = entries.keys();
    if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
    verdict.then(
      ({ kind }) => kind === "denied" && forget(key, verdict),
      () => forget(key, verdict),
    );
    return verdict;
  };
}
