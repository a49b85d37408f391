import * as v from "valibot";
import type { Fact } from "../../model/fact.ts";
import type { Failure, FailureCode, FailurePhase, FailureSide } from "../../model/failure.ts";
import { sanitizeText } from "../../model/text.ts";
import { parseTimeMs } from "../../model/time.ts";

/** JSON leaves undefined out: on reading, the field is there again, as undefined. */
export function maybe<T>(
  schema: v.GenericSchema<unknown, T>,
): v.OptionalSchema<v.GenericSchema<unknown, T>, () => undefined> {
  return v.optional(schema, () => undefined);
}

/** A record is a file that anyone may have written to: nothing in it reaches a terminal as control. */
export function harmless(given: string): string {
  // Nearly all are, and a record may have millions.
  return /^[ -~]*$/.test(given) ? given : sanitizeText(given, Number.POSITIVE_INFINITY);
}

export const text: v.GenericSchema<unknown, string> = v.pipe(v.string(), v.transform(harmless));

export const texts: v.GenericSchema<unknown, readonly string[]> = v.array(text);

/** ISO 8601, and a time that there is: it is reckoned with. */
export const time: v.GenericSchema<unknown, string> = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/),
  v.check((given) => parseTimeMs(given) !== undefined),
);

export const count: v.GenericSchema<unknown, number> = v.pipe(
  v.number(),
  v.safeInteger(),
  v.minValue(0),
);

/** A word of a list that a later version may have added to. */
function word<Word extends string>(): v.GenericSchema<unknown, Word> {
  return v.custom<Word>(
    (given) => typeof given === "string" && /^[A-Za-z0-9][\w-]{0,79}$/.test(given),
  );
}

export const failure: v.GenericSchema<unknown, Failure> = v.object({
  code: word<FailureCode>(),
  phase: word<FailurePhase>(),
  side: word<FailureSide>(),
  message: text,
  cause: v.exactOptional(text),
});

export function fact<T>(value: v.GenericSchema<unknown, T>): v.GenericSchema<unknown, Fact<T>> {
  return v.variant("kind", [
    v.object({ kind: v.literal("known"), value }),
    v.object({ kind: v.literal("unknown"), failure }),
    v.object({ kind: v.literal("skipped"), reason: text }),
  ]);
}
