import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";

/** The schema with every object closed: a field that it does not name is then an error. */
export function closed(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(closed);
  if (typeof part !== "object" || part === null) return part;
  const entries = Object.entries(part).map(([key, value]) => [key, closed(value)] as const);
  const copy: Record<string, unknown> = Object.fromEntries(entries);
  // A property may itself be called "properties"; an object schema says what it is.
  const types = [copy["type"]].flat();
  return types.includes("object") && copy["properties"] !== undefined
    ? { ...copy, additionalProperties: false }
    : copy;
}

/** A validator for a JSON Schema as `eks-probe schema` prints it. */
export function compile(source: unknown): ValidateFunction {
  if (typeof source !== "object" || source === null) throw new Error("the schema is no object");
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
  formats.default(ajv);
  return ajv.compile(source);
}

/**
 * Tells everything by which a document differs from the schema, a field too many included. One for
 * many documents: making it takes longer than all it does.
 */
export function differ(schema: unknown): (document: unknown) => readonly unknown[] {
  const validators = [compile(schema), compile(closed(schema))];
  return (document) =>
    validators.flatMap((validate) => {
      validate(document);
      return validate.errors ?? [];
    });
}
