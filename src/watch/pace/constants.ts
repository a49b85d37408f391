/** How often whom is asked. The README has these numbers too, and a test holds them together. */

/** From round to round, where nobody says otherwise: an outage of half a minute is seen for certain. */
export const INTERVAL_MS = 10_000;

/** Between two lists of ENIs, where nobody says otherwise. */
export const AWS_INTERVAL_MS = 30_000;

/** A name that is denied, or has no record, is asked for again after so long: Route 53's shortest. */
export const NEGATIVE_TTL_MS = 60_000;

/** getaddrinfo and the hosts file tell no TTL; EKS's own is this (EKS best practices guide). */
export const UNTOLD_TTL_MS = 60_000;

/** A resolver that failed is asked again no sooner. */
export const DNS_RETRY_MS = 5_000;

/**
 * AWS calls that may be made in the time between two lists of ENIs, at most, pulled forward or not:
 * with 30 s that is 12 a minute, of the hundreds that EC2 and EKS allow an account.
 */
export const AWS_CALLS_PER_INTERVAL = 6;

/** A burst of as many calls is allowed: the first round's. */
export const AWS_BURST = 12;

/** What each question costs; updates are listed and the latest five described. */
export const AWS_COST = { ec2: 1, eks: 1, updates: 6 } as const;

/** How many times as long as between two lists of ENIs it takes until EKS is asked again. */
export const AWS_EVERY = { ec2: 1, eks: 2, updates: 10 } as const;

/** When something has changed AWS is asked at once, but no sooner than this part of its interval. */
export const PULL_AFTER: number = 1 / 6;

/** A question that failed is asked again after this part of the interval … */
export const FIRST_BACK_OFF: number = 1 / 3;

/** … and after twice as long each time, up to this many intervals. */
export const MAX_BACK_OFF = 10;

/** A token that ends within this is signed anew: API servers take one for 15 minutes. */
export const RENEW_TOKEN_BEFORE_MS = 180_000;

/** Signing that failed is tried again after so long: behind it may be SSO or STS. */
export const SIGN_RETRY_MS = 30_000;

/** Lists that could not be read are asked for again every so many rounds. */
export const DENIED_LISTS_EVERY = 10;

/** A round that has to tell a move from a balanced address does not wait longer. */
export const CONFIRM_WITHIN_MS = 2_000;

/** Kept connections, at most. EKS hands out up to ten addresses. */
export const MAX_KEPT = 32;

/** More than one connection a round is made to so many addresses at most; EKS names up to ten. */
export const MANY_CONNECTIONS_TO = 16;
