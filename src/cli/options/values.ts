import { bad, ok, type Parsed } from "../../target/parsed.ts";
import type { RawOptions } from "./read.ts";

/** Raised where an option's value is no good; the message is the line that the user reads. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Reads typed values out of raw options; the first bad one ends it with a line that names it. */
export interface ValueReader {
  has(key: string): boolean;
  /** `--samples` or `EKS_PROBE_SAMPLES`: by what it was given. */
  nameOf(key: string): string;
  /** The last value given, as the later flag overrides the earlier one. */
  one<T>(key: string, parse: (text: string) => Parsed<T>): T | undefined;
  all<T>(key: string, parse: (text: string) => Parsed<T>): readonly T[];
}

export function valueReader(raw: RawOptions): ValueReader {
  const nameOf = (key: string): string => raw.get(key)?.name ?? key;
  const read = <T>(key: string, text: string, parse: (text: string) => Parsed<T>): T => {
    const parsed = parse(text);
    if (parsed.kind === "ok") return parsed.value;
    throw new UsageError(`${nameOf(key)}: ${parsed.problem}`);
  };
  return {
    has: (key) => raw.has(key),
    nameOf,
    one: (key, parse) => {
      const text = raw.get(key)?.values.at(-1);
      return text === undefined ? undefined : read(key, text, parse);
    },
    all: (key, parse) => (raw.get(key)?.values ?? []).map((text) => read(key, text, parse)),
  };
}

/** The same values, and for options that were not given these. */
export function withDefaults(
  values: ValueReader,
  defaults: Readonly<Record<string, string | undefined>>,
): ValueReader {
  return {
    ...values,
    one: (key, parse) => {
      const given = values.one(key, parse);
      const written = defaults[key];
      if (given !== undefined || written === undefined) return given;
      const parsed = parse(written);
      return parsed.kind === "ok" ? parsed.value : undefined;
    },
  };
}

/** One of a few words. */
export function oneOf<const T extends string>(words: readonly T[]): (text: string) => Parsed<T> {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    return word === undefined
      ? bad(`${JSON.stringify(text.slice(0, 40))} is none of ${words.join(", ")}`)
      : ok(word);
  };
}

/** Any text but none. */
export function nonEmpty(what: string): (text: string) => Parsed<string> {
  return (text) => (text.trim() === "" ? bad(`the ${what} is empty`) : ok(text));
}
