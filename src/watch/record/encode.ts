import type { RecordLine } from "../../model/watch/record.ts";
import { packSample } from "./pack.ts";

/** Longer lines are not written, and not read. A run over a thousand addresses takes some 2 MB. */
export const MAX_LINE_BYTES: number = 16 * 1024 * 1024;

/**
 * A line of a record, with its end. What is undefined is left out, and is undefined again when it is
 * read. `kind` comes first, as readers of a torn line rely on.
 */
export function encodeLine(line: RecordLine): string {
  if (line.kind !== "round") {
    const { kind, ...rest } = line;
    return `${JSON.stringify({ kind, ...rest })}\n`;
  }
  const { kind, sample, events } = line;
  return `${JSON.stringify({ kind, sample: packSample(sample), events })}\n`;
}
