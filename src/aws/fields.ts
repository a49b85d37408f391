import { redact } from "../model/redact.ts";
import { sanitizeText } from "../model/text.ts";
import { type Outcome, ok } from "./outcome.ts";

/** Longest value taken from an AWS answer, in characters; ARNs and descriptions stay below. */
const MAX_TEXT = 512;

/** A text from an answer, made safe to show; undefined when absent, empty or not a text. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? sanitizeText(value, MAX_TEXT) : undefined;
}

/**
 * What a service says in its own words, made safe to show; empty when it says none. Redacted before
 * it is cut, lest the cut leave half a secret that no longer looks like one.
 */
export function wordsOf(value: unknown, maxLength: number): string {
  return typeof value === "string" ? sanitizeText(redact(value), maxLength) : "";
}

/** A list of texts from an answer; undefined when there is no list. */
export function listOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.map(textOf).filter((text) => text !== undefined);
}

/** The fields of an object in an answer; none when it is not an object. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** What `read` makes of each item; the first that fails fails the list. */
export function readEach<T>(
  items: readonly unknown[],
  read: (item: unknown) => Outcome<T>,
): Outcome<readonly T[]> {
  const values: T[] = [];
  for (const item of items) {
    const value = read(item);
    if (value.kind === "failed") return value;
    values.push(value.value);
  }
  return ok(values);
}

/** The items of a list that may be absent. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
