import * as v from "valibot";
import type { Fact, Tri } from "../../../model/fact.ts";
import type { Failure } from "../../../model/failure.ts";
import { sanitizeText } from "../../../model/text.ts";
import { parseTimeMs } from "../../../model/time.ts";

/**
 * What saved runs are read with. A file may come from anybody and from a later version: its shape
 * is held to, its texts lose what a terminal would act on, fields that are not known are left out,
 * and a word that is not known becomes one that says so little.
 */
export type Read<T> = v.GenericSchema<unknown, T>;

/** Null and absent are both "not known". */
export type Maybe<T> = v.NullishSchema<Read<T>, () => undefined>;

/** Cells of tables are padded to the longest of their column, so that it has to have an end. */
const MAX_NAME = 512;
const MAX_TEXT = 65_536;
const MAX_PEM = 1_048_576;
/** More than any run has of anything. */
const MAX_ITEMS = 100_000;

function textOf(maxLength: number): Read<string> {
  return v.pipe(
    v.string(),
    v.transform((value) => sanitizeText(value, maxLength)),
  );
}

/** An id, an address, a host: what may stand in a table. */
export const name: Read<string> = textOf(MAX_NAME);
/** Sentences. */
export const text: Read<string> = textOf(MAX_TEXT);

/** The one text that has several lines. */
export const pem: Read<string> = v.pipe(
  v.string(),
  v.transform((value) =>
    /^[\t\r\n\x20-\x7e]*$/.test(value) && value.length <= MAX_PEM
      ? value
      : sanitizeText(value, MAX_TEXT),
  ),
);

export const flag: Read<boolean> = v.boolean();
export const number: Read<number> = v.pipe(v.number(), v.finite());
export const duration: Read<number> = v.pipe(v.number(), v.minValue(0), v.maxValue(1e12));
export const time: Read<string> = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/),
  v.check((value) => parseTimeMs(value) !== undefined),
);

export function maybe<T>(schema: Read<T>): Maybe<T> {
  return v.nullish(schema, () => undefined);
}

export function list<T>(item: Read<T>): Read<readonly T[]> {
  return v.pipe(v.array(item), v.maxLength(MAX_ITEMS));
}

/** Of what earlier versions did not have. */
export function listOrNone<T>(item: Read<T>): Read<readonly T[]> {
  return v.nullish(list(item), []);
}

/** One of these words; of another, which a later version may know, what comes closest. */
export function word<const T extends string>(words: readonly T[], otherwise: NoInfer<T>): Read<T> {
  return v.pipe(
    v.string(),
    v.transform((value) => words.find((one) => one === value) ?? otherwise),
  );
}

/** One of these words, or undefined. */
export function maybeWord<const T extends string>(words: readonly T[]): Read<T | undefined> {
  return v.pipe(
    v.nullish(v.string()),
    v.transform((value) => words.find((one) => one === value)),
  );
}

/** A word that is shown and never looked at: any will do. */
export function anyWord<T extends string>(): Read<T> {
  return v.pipe(
    name,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
    v.transform((value) => value as T),
  );
}

export const tri: Read<Tri> = word(["yes", "no", "unknown"], "unknown");

export const failure: Read<Failure> = v.pipe(
  v.object({
    code: anyWord<Failure["code"]>(),
    phase: anyWord<Failure["phase"]>(),
    side: anyWord<Failure["side"]>(),
    message: text,
    cause: maybe(name),
  }),
  v.transform(({ cause, ...rest }) => (cause === undefined ? rest : { ...rest, cause })),
);

/** Something is said in a word that this version does not know. */
export function unreadable(what: string): Failure {
  const message = `the saved run says it in a word that this version does not know: ${what}`;
  return { code: "body-unexpected-shape", phase: "body", side: "local", message };
}

/** Of a fact whose reason is not saved, since nothing shows it. */
export const NOT_SAVED = "not in the saved run";

/** The inverse of `factDocument`. */
export function fact<T>(value: Read<T>): Read<Fact<T>> {
  const parts = v.object({
    state: name,
    value: maybe(value),
    reason: maybe(text),
    problem: maybe(failure),
  });
  return v.pipe(
    parts,
    v.rawTransform(({ dataset, addIssue, NEVER }): Fact<T> => {
      const found = dataset.value;
      switch (found.state) {
        case "known":
          if (found.value === undefined) {
            addIssue({ message: "known, and without a value" });
            return NEVER;
          }
          return { kind: "known", value: found.value };
        case "skipped":
          return { kind: "skipped", reason: found.reason ?? NOT_SAVED };
        default:
          return { kind: "unknown", failure: found.problem ?? unreadable(found.state) };
      }
    }),
  );
}

/** A fact of which the document has the value, or null, and in another place why. */
export function factOf<T>(
  value: T | undefined,
  problem: Failure | undefined,
  reason: string = NOT_SAVED,
): Fact<T> {
  if (value !== undefined) return { kind: "known", value };
  return problem === undefined
    ? { kind: "skipped", reason }
    : { kind: "unknown", failure: problem };
}
