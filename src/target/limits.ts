import type { IgnoredCheck } from "../model/expectations.ts";
import type { FindingCode } from "../model/finding-code.ts";
import type { EndpointMode } from "../model/map.ts";
import { sanitizeText } from "../model/text.ts";
import { bad, ok, type Parsed, quoteInput } from "./parsed.ts";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** Above 0, at most 10 minutes; a pattern alone, so that a JSON Schema can say it too. */
export const LIMIT_PATTERN: RegExp =
  /^(?!0+(?:\.0+)?m?s?$)(?:(?:[0-5]?[0-9]{1,5}(?:\.[0-9]{1,3})?|600000)ms|(?:[0-5]?[0-9]{1,2}(?:\.[0-9]{1,3})?|600)s|(?:[0-9](?:\.[0-9]{1,3})?|10)m)$/;

export const LIMIT_WORDS = "a limit above 0 and up to 10m; write 5ms, 1.5s or 2m";

/** A limit for a phase: `5ms`, `1.5s`; above 0, at most 10 minutes. In milliseconds. */
export function parseLimit(text: string): Parsed<number> {
  const unit = LIMIT_PATTERN.test(text) ? /[ms]+$/.exec(text)?.[0] : undefined;
  return unit === undefined
    ? bad(`${quoteInput(text)} is not ${LIMIT_WORDS}`)
    : ok(Number(text.slice(0, -unit.length)) * (UNIT_MS[unit] ?? Number.NaN));
}

/** A whole number of at least 1 and at most `max`. */
export function parseCount(what: string, max: number): (text: string) => Parsed<number> {
  return (text) => {
    const n = /^[0-9]{1,6}$/.test(text) ? Number(text) : 0;
    return n >= 1 && n <= max
      ? ok(n)
      : bad(`${quoteInput(text)} is not a number of ${what} between 1 and ${max}`);
  };
}

export const MODE_WORDS: readonly string[] = ["public", "private", "public-and-private"];

/** `public`, `private`, `public-and-private`. */
export function parseMode(text: string): Parsed<EndpointMode> {
  switch (text) {
    case "public":
    case "private":
      return ok(text);
    case "public-and-private":
      return ok("public and private");
    default:
      return bad(`${quoteInput(text)} is none of ${MODE_WORDS.join(", ")}`);
  }
}

/** Of a reason not to count: it stands beside the finding in every report. */
export const MAX_REASON = 500;

/** `T02=reason`, with a code that there is. */
export function parseIgnore(
  isCode: (code: string) => code is FindingCode,
): (text: string) => Parsed<IgnoredCheck> {
  return (text) => {
    const at = text.indexOf("=");
    const code = (at < 0 ? text : text.slice(0, at)).toUpperCase();
    const reason = at < 0 ? "" : text.slice(at + 1).trim();
    if (!isCode(code)) {
      return bad(
        `${quoteInput(text)} names no check; write CODE=reason, eks-probe explain lists the codes`,
      );
    }
    return reason === ""
      ? bad(`${quoteInput(text)} gives no reason; write ${code}=why-it-does-not-count`)
      : ok({ code, reason: sanitizeText(reason, MAX_REASON) });
  };
}
