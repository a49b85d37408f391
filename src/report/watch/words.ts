import type { EventKind, EventSeverity } from "../../model/watch/event.ts";
import { forTerminal } from "../lines.ts";
import type { Paint, Theme } from "../theme.ts";

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
