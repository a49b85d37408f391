import { parseTimeMs } from "../model/time.ts";

/** RFC 9110 section 5.6.7, the one form a server may generate. */
const IMF_FIXDATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** An HTTP Date header in milliseconds since the epoch; undefined when it is none. */
export function parseHttpDate(text: string): number | undefined {
  return IMF_FIXDATE.test(text) ? parseTimeMs(text) : undefined;
}

/** OpenSSL's `Apr  6 04:20:01 2024 GMT` in milliseconds since the epoch. */
export function parseOpenSslTime(text: string): number | undefined {
  return /^[A-Z][a-z]{2} {1,2}\d{1,2} \d{2}:\d{2}:\d{2} \d{4} GMT$/.test(text)
    ? parseTimeMs(text)
    : undefined;
}
