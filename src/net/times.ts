// Date is used for its calendar only: nothing here reads the clock.
/* oxlint-disable eslint/no-restricted-globals */

/** RFC 9110 section 5.6.7, the one form a server may generate. */
const IMF_FIXDATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Milliseconds since the epoch as ISO 8601, UTC. */
export function isoTime(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

/** An HTTP Date header in milliseconds since the epoch; undefined when it is none. */
export function parseHttpDate(text: string): number | undefined {
  return IMF_FIXDATE.test(text) ? finite(Date.parse(text)) : undefined;
}

/** OpenSSL's `Apr  6 04:20:01 2024 GMT` in milliseconds since the epoch. */
export function parseOpenSslTime(text: string): number | undefined {
  return /^[A-Z][a-z]{2} {1,2}\d{1,2} \d{2}:\d{2}:\d{2} \d{4} GMT$/.test(text)
    ? finite(Date.parse(text))
    : undefined;
}

function finite(ms: number): number | undefined {
  return Number.isFinite(ms) ? ms : undefined;
}
