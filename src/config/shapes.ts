import * as v from "valibot";
import { nearest } from "../model/nearest.ts";
import { quoteInput } from "../target/parsed.ts";

/**
 * Small pieces of which a configuration file's form is made. Each piece reads a value and has the
 * JSON Schema of what it takes, side by side, so that program and editor agree.
 */

/** A piece of JSON Schema, draft 2020-12. */
export type JsonSchema = { readonly [keyword: string]: unknown };

export type Key = string | number;

export interface Problem {
  readonly path: readonly Key[];
  /** The last key of the path is what is wrong, not the value it has. */
  readonly isKey: boolean;
  /** What is wrong and what is right, to stand behind the path. */
  readonly text: string;
}

type Tell = (problem: Problem) => void;

export interface Shape<T> {
  readonly schema: JsonSchema;
  /** The value; undefined after at least one problem was told. */
  read(value: unknown, path: readonly Key[], tell: Tell): T | undefined;
}

/** A single value. `right` goes on from "is not": `a day; write 2027-01-31`. */
export function leaf<T>(
  rule: v.GenericSchema<unknown, T>,
  right: string,
  schema: JsonSchema,
): Shape<T> {
  return {
    schema,
    read: (value, path, tell) => {
      const parsed = v.safeParse(rule, value);
      if (parsed.success) return parsed.output;
      tell({
        path,
        isKey: false,
        text: `${shown(value)} is not ${right}${quotesHint(rule, value)}`,
      });
      return undefined;
    },
  };
}

/** YAML takes 12345 for a number and "2" for none: where that is all that is wrong, it is told. */
function quotesHint(rule: v.GenericSchema, value: unknown): string {
  if (typeof value === "string") {
    const isRight = value.trim() !== "" && v.safeParse(rule, Number(value)).success;
    return isRight ? "; write it without quotes" : "";
  }
  const isText = typeof value === "number" || typeof value === "boolean";
  return isText && v.safeParse(rule, String(value)).success ? "; write it in quotes" : "";
}

export function list<T>(item: Shape<T>, description: string): Shape<readonly T[]> {
  return {
    schema: { type: "array", description, items: item.schema },
    read: (value, path, tell) => {
      if (!Array.isArray(value)) {
        tell({
          path,
          isKey: false,
          text: `${shown(value)} is not a list; begin each line with "- "`,
        });
        return undefined;
      }
      return value.flatMap((one: unknown, index) => item.read(one, [...path, index], tell) ?? []);
    },
  };
}

type Fields = Readonly<Record<string, Shape<unknown>>>;

type ValueOf<S> = S extends Shape<infer T> ? T : never;

type Section<F extends Fields, Required extends keyof F> = {
  readonly [K in Required]: ValueOf<F[K]>;
} & { readonly [K in Exclude<keyof F, Required>]?: ValueOf<F[K]> };

/** A map with keys that are known; any other is a problem. */
export function section<F extends Fields, Required extends keyof F & string>(
  fields: F,
  required: readonly Required[],
  description: string,
): Shape<Section<F, Required>> {
  const names = Object.keys(fields);
  return {
    schema: {
      type: "object",
      description,
      additionalProperties: false,
      properties: Object.fromEntries(names.map((name) => [name, fields[name]?.schema])),
      ...(required.length === 0 ? {} : { required }),
    },
    read: (value, path, tell) => {
      if (!isMap(value)) {
        const text = `${shown(value)} is not a map; its keys are ${names.join(", ")}`;
        tell({ path, isKey: false, text });
        return undefined;
      }
      for (const name of Object.keys(value).filter((key) => !Object.hasOwn(fields, key))) {
        tell({ path: [...path, name], isKey: true, text: noSuchKey(name, names) });
      }
      for (const name of required.filter((key) => !Object.hasOwn(value, key))) {
        tell({ path: [...path, name], isKey: true, text: "is missing" });
      }
      const read = names
        .filter((name) => Object.hasOwn(value, name))
        .map((name) => [name, fields[name]?.read(value[name], [...path, name], tell)] as const)
        .filter(([, one]) => one !== undefined);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is missing was told
      return Object.fromEntries(read) as Section<F, Required>;
    },
  };
}

/** A map whose keys are names of the user's. */
export function byName<T>(
  item: Shape<T>,
  name: { readonly pattern: RegExp; readonly what: string },
  description: string,
): Shape<Readonly<Record<string, T>>> {
  return {
    schema: {
      type: "object",
      description,
      propertyNames: { pattern: name.pattern.source },
      additionalProperties: item.schema,
    },
    read: (value, path, tell) => {
      if (!isMap(value)) {
        tell({ path, isKey: false, text: `${shown(value)} is not a map by ${name.what}` });
        return undefined;
      }
      const read = Object.entries(value).flatMap(([key, one]) => {
        const within = [...path, key];
        if (!name.pattern.test(key)) {
          tell({ path: within, isKey: true, text: `is not a ${name.what}` });
        }
        const content = item.read(one, within, tell);
        return content === undefined ? [] : [[key, content] as const];
      });
      return Object.fromEntries(read);
    },
  };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function noSuchKey(name: string, names: readonly string[]): string {
  const meant = nearest(name, names);
  return meant === undefined
    ? `there is no such key; the keys here are ${names.join(", ")}`
    : `there is no such key; did you mean ${meant}?`;
}

/** A value of the user's file, in a few words. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string") return quoteInput(value);
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "a map";
  return typeof value === "number" || typeof value === "boolean" ? String(value) : typeof value;
}
