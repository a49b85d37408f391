import { sanitizeText } from "../model/text.ts";

/** No line worth reading is longer. */
const MAX_LENGTH = 4_096;

/** Text of others as one line: no control characters, no line breaks, an end. */
export function oneLine(text: string): string {
  return sanitizeText(text, MAX_LENGTH);
}
