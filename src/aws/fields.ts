import { sanitizeText } from "../model/text.ts";

/** Longest value taken from an AWS answer, in characters; ARNs and descriptions stay below. */
const MAX_TEXT = 512;

/** A text from an answer, made safe to show; undefined when absent, empty or not a text. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? sanitizeText(value, MAX_TEXT) : undefined;
}

/** A list of texts from an answer; undefined when there is no list. */
export function listOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.map(textOf).filter((text) => text !== undefined);
}
