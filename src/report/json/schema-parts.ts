/** A piece of JSON Schema, draft 2020-12. */
export type Schema = { readonly [keyword: string]: unknown };

export function text(description: string, more: Schema = {}): Schema {
  return { type: "string", description, ...more };
}

export function number(description: string, more: Schema = {}): Schema {
  return { type: "number", description, ...more };
}

export function integer(description: string, more: Schema = {}): Schema {
  return { type: "integer", description, ...more };
}

export function flag(description: string): Schema {
  return { type: "boolean", description };
}

export function words(description: string, values: readonly string[]): Schema {
  return { type: "string", description, enum: values };
}

export function list(description: string, items: Schema): Schema {
  return { type: "array", description, items };
}

/** An object of which every property is always there; unknown ones are null. */
export function record(
  description: string,
  properties: Readonly<Record<string, Schema>>,
  optional: Readonly<Record<string, Schema>> = {},
): Schema {
  return {
    type: "object",
    description,
    properties: { ...properties, ...optional },
    required: Object.keys(properties),
  };
}

/** The same, or null where it is not known or does not apply. */
export function orNull(schema: Schema): Schema {
  const { type, description, ...rest } = schema;
  if (typeof type === "string" && rest["enum"] === undefined)
    return { type: [type, "null"], description, ...rest };
  return { description, anyOf: [schema, { type: "null" }] };
}

export function ref(name: string): Schema {
  return { $ref: `#/$defs/${name}` };
}

/** A tri-state: what is not known is neither yes nor no. */
export const TRI: readonly string[] = ["yes", "no", "unknown"];

export function texts(description: string): Schema {
  return list(description, { type: "string" });
}

/** Why it is not known, or null. */
export const problem: Schema = { anyOf: [ref("failure"), { type: "null" }] };
