import { sanitizeText } from "../../model/text.ts";
import { isoTime, parseTimeMs } from "../../model/time.ts";
import type { EventKind, EventSeverity } from "../../model/watch/event.ts";
import { toAscii } from "../ascii.ts";
import type { Paint, Theme } from "../theme.ts";

/** Of one text of an event: evidence may be long, and still has an end. */
const MAX_TEXT = 600;

/**
 * Text of others as one line that this terminal can show. ASCII is made here and not of the whole:
 * some characters get wider by it, and lines are wrapped by their width.
 */
export function say(text: string, theme: Pick<Theme, "unicode">): string {
  return forTerminal(sanitizeText(text, MAX_TEXT), theme);
}

/** Our own text as this terminal can show it. */
export function forTerminal(text: string, { unicode }: Pick<Theme, "unicode">): string {
  return unicode ? text : toAscii(text);
}

/** What the severity is called: a word beside the glyph, so that colour says nothing alone. */
const SEVERITIES = {
  bad: { glyph: "✗", word: "failed" },
  good: { glyph: "✓", word: "ok" },
  warn: { glyph: "!", word: "warning" },
  info: { glyph: "·", word: "changed" },
} as const satisfies Record<EventSeverity, { readonly glyph: string; readonly word: string }>;

/** Columns of the longest word, and of the longest noun. */
export const WORD_WIDTH: number = 7;

/** `✗ failed `, painted, and as wide for every severity. */
export function severityMark(severity: EventSeverity, theme: Theme): string {
  const { glyph, word } = SEVERITIES[severity];
  return paintOf(
    severity,
    theme,
  )(`${forTerminal(glyph, theme)} ${word.padEnd(WORD_WIDTH)}`.trimEnd()).concat(
    " ".repeat(WORD_WIDTH - word.length),
  );
}

function paintOf(severity: EventSeverity, theme: Theme): Paint {
  const paints = { bad: theme.bad, good: theme.good, warn: theme.warn, info: theme.accent };
  return paints[severity];
}

/** What an event is about, in a word. */
export const KIND_NOUN: Readonly<Record<EventKind, string>> = {
  "address-joined-dns": "dns",
  "address-left-dns": "dns",
  "eni-created": "eni",
  "eni-deleted": "eni",
  "eni-changed": "eni",
  "endpoint-joined-service": "service",
  "endpoint-left-service": "service",
  "server-appeared": "server",
  "server-restarted": "server",
  "server-replaced": "server",
  "server-gone": "server",
  "certificate-rotated": "cert",
  "version-changed": "version",
  "cluster-changed": "cluster",
  "path-moved": "path",
  "path-down": "path",
  "path-up": "path",
  "kept-refused": "path",
  "readyz-lost": "readyz",
  "readyz-regained": "readyz",
  "address-dead": "drain",
  "update-started": "update",
  "update-finished": "update",
  "source-lost": "source",
  "source-regained": "source",
  "caller-refused": "caller",
  "caller-accepted": "caller",
  "watch-gap": "watch",
};

/** `2026-11-25` of an ISO 8601 time, in UTC; undefined of anything else. */
export function dayOf(iso: string): string | undefined {
  return utc(iso)?.slice(0, 10);
}

/** `15:41:31Z`, and `11-26 00:00:01Z` where it is of another day than `day`. */
export function timeOf(iso: string, day: string | undefined): string {
  const text = utc(iso);
  if (text === undefined) return "??:??:??Z";
  const time = `${text.slice(11, 19)}Z`;
  return day === undefined || text.startsWith(day) ? time : `${text.slice(5, 10)} ${time}`;
}

/** `2026-11-25 15:41:31Z`. */
export function stampOf(iso: string): string {
  const text = utc(iso);
  return text === undefined ? "unknown" : `${text.slice(0, 10)} ${text.slice(11, 19)}Z`;
}

function utc(iso: string): string | undefined {
  const wallMs = parseTimeMs(iso);
  return wallMs === undefined ? undefined : isoTime(wallMs);
}

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
];

/** `40s`, `2m 5s`, `3h 20m`, `2d 4h`: its two greatest units; below ten seconds `4.2s`, `250ms`. */
export function formatSpan(ms: number): string {
  if (!(ms > 0)) return "0s";
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 9_950) return `${Number((ms / 1_000).toFixed(1))}s`;
  // Rounded first, so that no part of it can come to 60 seconds.
  let left = Math.round(ms / 1_000) * 1_000;
  const parts: string[] = [];
  for (const [name, unitMs] of UNITS) {
    const n = Math.floor(left / unitMs);
    left -= n * unitMs;
    if (n > 0) parts.push(`${n}${name}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}

/** Milliseconds from one ISO 8601 time to another; 0 where either is none. */
export function spanBetween(from: string, until: string): number {
  const [a, b] = [parseTimeMs(from), parseTimeMs(until)];
  return a === undefined || b === undefined ? 0 : Math.max(0, b - a);
}

/** `1 event`, `2 events`. */
export function counted(n: number, noun: string): string {
  return `${n} ${n === 1 ? noun : `${noun}s`}`;
}

/** `99.86%`: never 100% unless it is all of them, never 0% unless it is none. */
export function formatShare(part: number, of: number): string {
  if (of === 0) return "–";
  if (part >= of) return "100%";
  if (part <= 0) return "0%";
  const share = Math.floor((part / of) * 10_000) / 100;
  return `${Math.max(share, 0.01).toFixed(2)}%`;
}

/**
 * Breaks at blanks so that the first line has at most `first` columns and every other one `rest`; a
 * word that is longer than a line is broken, too: what others send need not have blanks.
 */
export function flow(text: string, first: number, rest: number = first): readonly string[] {
  const lines: string[] = [];
  let line = "";
  const room = (): number => Math.max(1, lines.length === 0 ? first : rest);
  for (const word of text.split(" ")) {
    let left = word;
    while (line !== "" && line.length + 1 + left.length > room()) {
      lines.push(line);
      line = "";
    }
    if (line !== "") {
      line += ` ${left}`;
      continue;
    }
    // A first line that is too narrow for a word that fits the next one stays empty.
    if (lines.length === 0 && left.length > first && left.length <= rest) lines.push("");
    while (left.length > room()) {
      // A line of one column takes a pair whole.
      const cut = cutAt(left, room()) || 2;
      lines.push(left.slice(0, cut));
      left = left.slice(cut);
    }
    line = left;
  }
  return [...lines, line].map((each) => each.trimEnd());
}

/** Where to cut so that no surrogate pair is halved: there, or one before. */
export function cutAt(text: string, at: number): number {
  return at > 0 && /[\uD800-\uDBFF]/.test(text.charAt(at - 1)) ? at - 1 : Math.max(0, at);
}

/** Lines under an indent, within the theme's width; `hang` is how much further the second begins. */
export function indented(text: string, indent: number, theme: Theme, hang = 2): readonly string[] {
  const [head = "", ...rest] = flow(text, theme.width - indent, theme.width - indent - hang);
  return [" ".repeat(indent) + head, ...rest.map((line) => " ".repeat(indent + hang) + line)];
}
