/** So many characters in a row of a secret do not come up by chance, and tell too much of it. */
const WINDOW = 16;

const ECHO = "[redacted]";

/**
 * The same data, with every text freed of what a peer repeated of the secrets it was sent: a secret
 * as a whole, or 16 characters of it in a row, in whatever case. Unlike `redact` it does not go by
 * looks, so it finds what looks harmless and leaves alone what only looks like a secret.
 */
export function withoutEcho<T>(data: T, secrets: readonly string[]): T {
  const parts = new Set(secrets.flatMap((secret) => partsOf(secret.toLowerCase())));
  const lengths = [...new Set([...parts].map((part) => part.length))];
  if (lengths.length === 0) return data;
  const clean = (value: unknown): unknown => {
    if (typeof value === "string") return cleanText(value, parts, lengths);
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, clean(each)]));
  };
  // Strings become strings and the rest keeps its shape.
  return clean(data) as T;
}

/** A secret shorter than the window counts as a whole; one of a few characters would hide words. */
function partsOf(secret: string): readonly string[] {
  if (secret.length < 8) return [];
  const count = Math.max(1, secret.length - WINDOW + 1);
  return Array.from({ length: count }, (_, start) => secret.slice(start, start + WINDOW));
}

function cleanText(text: string, parts: ReadonlySet<string>, lengths: readonly number[]): string {
  const lower = text.toLowerCase();
  // Rare letters change their length with their case; then nothing can be told by position.
  if (lower.length !== text.length)
    return [...parts].some((part) => lower.includes(part)) ? ECHO : text;
  let clean = "";
  let kept = 0;
  let echoEnd = 0;
  for (let at = 0; at < lower.length; at += 1) {
    const length = lengths.find((each) => parts.has(lower.slice(at, at + each)));
    if (length === undefined) continue;
    if (at > echoEnd || echoEnd === 0) clean += text.slice(kept, at) + ECHO;
    echoEnd = at + length;
    kept = echoEnd;
  }
  return clean + text.slice(kept);
}
