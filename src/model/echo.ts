/** So many characters in a row of a secret do not come up by chance, and tell too much of it. */
const WINDOW = 16;

/** Half a window: wherever a window begins in a text, one of the text's own blocks lies within it. */
const BLOCK = WINDOW / 2;

const ECHO = "[redacted]";

/** Takes out of data what a peer repeated of the secrets it was sent. Made once, used for each reply. */
export interface EchoFilter {
  /** The same data, with every text freed of it. */
  clean<T>(data: T): T;
}

/**
 * Knows a secret as a whole, or 16 characters of it in a row, in whatever case. Unlike `redact` it
 * does not go by looks, so it finds what looks harmless and leaves alone what only looks like a
 * secret.
 */
export function echoFilter(secrets: readonly string[]): EchoFilter {
  const lower = secrets
    .map((secret) => secret.toLowerCase())
    .filter(({ length }) => length >= BLOCK);
  const blocks = new Set(lower.flatMap((secret) => piecesOf(secret, BLOCK)));
  // Hardly ever needed: the blocks tell that there is nothing to look for.
  let pieces: Pieces | undefined;
  const allPieces = (): Pieces => {
    pieces ??= windowsOf(lower);
    return pieces;
  };
  // Shorter than a window they count as a whole, which need not cover a block of the text.
  const short = lower.filter(({ length }) => length < WINDOW);
  const mayEcho = (text: string): boolean => {
    if (short.some((secret) => text.includes(secret))) return true;
    for (let at = 0; at + BLOCK <= text.length; at += BLOCK) {
      if (blocks.has(text.slice(at, at + BLOCK))) return true;
    }
    return false;
  };
  const cleanText = (text: string): string => {
    if (text.length < BLOCK) return text;
    const folded = text.toLowerCase();
    // Rare letters change their length with their case; then nothing can be told by position.
    if (folded.length !== text.length) {
      return [...allPieces().parts].some((part) => folded.includes(part)) ? ECHO : text;
    }
    return mayEcho(folded) ? cutParts(text, folded, allPieces()) : text;
  };
  // What holds no echo is handed back as it is: shared parts stay shared.
  const clean = (value: unknown): unknown => {
    if (typeof value === "string") return cleanText(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) {
      const items: readonly unknown[] = value;
      const cleaned = items.map(clean);
      return cleaned.every((item, index) => item === items[index]) ? value : cleaned;
    }
    const entries = Object.entries(value);
    const cleaned = entries.map(([key, each]) => [key, clean(each)] as const);
    return cleaned.every(([, each], index) => each === entries[index]?.[1])
      ? value
      : Object.fromEntries(cleaned);
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- strings stay strings, the rest keeps its shape
  return { clean: <T>(data: T): T => (lower.length === 0 ? data : (clean(data) as T)) };
}

/** For data that is looked through once. */
export function withoutEcho<T>(data: T, secrets: readonly string[]): T {
  return echoFilter(secrets).clean(data);
}

/** Every run of `size` characters; what is shorter is its own only piece. */
function piecesOf(secret: string, size: number): readonly string[] {
  const count = Math.max(1, secret.length - size + 1);
  return Array.from({ length: count }, (_, start) => secret.slice(start, start + size));
}

interface Pieces {
  readonly parts: ReadonlySet<string>;
  readonly lengths: readonly number[];
}

function windowsOf(secrets: readonly string[]): Pieces {
  const parts = new Set(secrets.flatMap((secret) => piecesOf(secret, WINDOW)));
  return { parts, lengths: [...new Set([...parts].map(({ length }) => length))] };
}

function cutParts(text: string, folded: string, { parts, lengths }: Pieces): string {
  let clean = "";
  let kept = 0;
  let echoEnd = 0;
  for (let at = 0; at < folded.length; at += 1) {
    const length = lengths.find((each) => parts.has(folded.slice(at, at + each)));
    if (length === undefined) continue;
    if (at > echoEnd || echoEnd === 0) clean += text.slice(kept, at) + ECHO;
    echoEnd = at + length;
    kept = echoEnd;
  }
  return clean + text.slice(kept);
}
