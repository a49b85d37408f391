/**
 * What a terminal would act on instead of showing: whole escape sequences (CSI, OSC and the other
 * two-character ones), then every control, format (bidi, zero-width) and separator character, and
 * halves of surrogate pairs.
 */
const UNSAFE =
  // oxlint-disable-next-line eslint/no-control-regex -- control characters are what is looked for
  /(?:\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[ -/]*[0-Z\\^-~]|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}])+/gu;

const REPLACEMENT = "\uFFFD";

/**
 * Text from the network made safe for one line of a terminal: each run of control characters or
 * escape sequences becomes one U+FFFD. At most `maxLength` UTF-16 units, the last being `…` when
 * something was cut.
 */
export function sanitizeText(text: string, maxLength: number): string {
  const clean = text.replace(UNSAFE, REPLACEMENT);
  if (clean.length <= maxLength) return clean;
  const splitsPair = /[\uD800-\uDBFF]/.test(clean.charAt(maxLength - 2));
  return `${clean.slice(0, splitsPair ? maxLength - 2 : maxLength - 1)}…`;
}
