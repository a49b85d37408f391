import { bad, ok, type Parsed, quoteInput } from "./parsed.ts";

export function parsePort(text: string): Parsed<number> {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535
    ? ok(port)
    : bad(`port ${quoteInput(text)} is not between 1 and 65535`);
}

/** Fresh connections per address: 1 to 10,000. */
export function parseSamples(text: string): Parsed<number> {
  const count = /^[0-9]{1,6}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= 10_000) return ok(count);
  return bad(`${quoteInput(text)} is not a number of samples between 1 and 10000`);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** `500ms`, `3s`, `2m`, or a bare number of seconds; 10 ms to 10 minutes. */
export function parseDuration(text: string): Parsed<number> {
  const match = /^([0-9]{1,6}(?:\.[0-9]{1,3})?)(ms|s|m)?$/.exec(text);
  const unitMs = UNIT_MS[match?.[2] ?? "s"] ?? 0;
  const durationMs = match ? Math.round(Number(match[1]) * unitMs) : 0;
  if (durationMs >= 10 && durationMs <= 600_000) return ok(durationMs);
  return bad(`${quoteInput(text)} is not a duration between 10ms and 10m; write 500ms, 3s or 2m`);
}

const LONG_UNIT_MS: Readonly<Record<string, number>> = {
  ...UNIT_MS,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * The same with limits of its own, and with hours and days: `90s`, `30m`, `2h`, `1d`. The limits are
 * written as the user would write them.
 */
export function parseDurationWithin(
  least: string,
  most: string,
  examples: string,
): (text: string) => Parsed<number> {
  const [leastMs, mostMs] = [millisecondsOf(least), millisecondsOf(most)];
  return (text) => {
    const ms = millisecondsOf(text);
    if (ms >= leastMs && ms <= mostMs) return ok(ms);
    return bad(
      `${quoteInput(text)} is not a duration between ${least} and ${most}; write ${examples}`,
    );
  };
}

/** NaN for what is none. */
function millisecondsOf(text: string): number {
  const match = /^([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h|d)?$/.exec(text);
  return match === null
    ? Number.NaN
    : Math.round(Number(match[1]) * (LONG_UNIT_MS[match[2] ?? "s"] ?? Number.NaN));
}

/** `5%` or `0.05`: a share between 0.1 % and 50 %, as a fraction. */
export function parseShare(text: string): Parsed<number> {
  const match = /^([0-9]{1,3}(?:\.[0-9]{1,4})?|\.[0-9]{1,4})\s*(%?)$/.exec(text);
  const share = match ? Number(match[1]) / (match[2] === "%" ? 100 : 1) : 0;
  if (share >= 0.001 && share <= 0.5) return ok(share);
  return bad(`${quoteInput(text)} is not a share between 0.1% and 50%; write 5% or 0.05`);
}

/** How many times as fast: 1 to 1000. */
export function parseSpeed(text: string): Parsed<number> {
  const times = /^[0-9]{1,4}(?:\.[0-9]{1,3})?$/.test(text) ? Number(text) : 0;
  if (times >= 1 && times <= 1000) return ok(times);
  return bad(
    `${quoteInput(text)} is not a speed between 1 and 1000; write 10 for ten times as fast`,
  );
}
