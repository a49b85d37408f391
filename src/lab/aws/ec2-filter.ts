import { listParam } from "./request.ts";
import type { ServiceResult } from "./service.ts";
import { serviceError } from "./service.ts";

export interface Filter {
  readonly name: string;
  readonly values: readonly string[];
}

/** What a resource shows to the filters, by filter name. */
export type FilterFields<T> = Readonly<Record<string, (resource: T) => readonly string[]>>;

export type Filtered<T> =
  | { readonly kind: "ok"; readonly resources: readonly T[] }
  | { readonly kind: "refused"; readonly result: ServiceResult };

/** `Filter.1.Name`, `Filter.1.Value.1`, …: all filters must fit, one value of each is enough. */
export function readFilters(params: ReadonlyMap<string, string>): readonly Filter[] {
  const numbers = [...params.keys()]
    .map((key) => /^Filter\.(\d+)\.Name$/.exec(key)?.[1])
    .filter((number) => number !== undefined);
  return numbers.map((number) => ({
    name: params.get(`Filter.${number}.Name`) ?? "",
    values: listParam(params, `Filter.${number}.Value`),
  }));
}

export function applyFilters<T>(
  resources: readonly T[],
  filters: readonly Filter[],
  fields: FilterFields<T>,
): Filtered<T> {
  let left = resources;
  for (const filter of filters) {
    const field = Object.hasOwn(fields, filter.name) ? fields[filter.name] : undefined;
    if (field === undefined) {
      const message = `The filter '${filter.name}' is invalid`;
      return { kind: "refused", result: serviceError("InvalidParameterValue", message) };
    }
    if (filter.values.length === 0) {
      const message = "The request must contain the parameter filter value";
      return { kind: "refused", result: serviceError("MissingParameter", message) };
    }
    left = left.filter((resource) =>
      field(resource).some((text) => filter.values.some((pattern) => matchesGlob(pattern, text))),
    );
  }
  return { kind: "ok", resources: left };
}

interface GlobPart {
  readonly kind: "many" | "one" | "literal";
  readonly char: string;
}

/**
 * EC2's wildcards: `*` any text, `?` one character, a backslash takes the next one as it is. Not a
 * regular expression, so that no pattern can make it slow.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const parts = parseGlob(pattern);
  const chars = Array.from(text);
  let part = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < chars.length) {
    const wanted = parts[part];
    if (wanted?.kind === "many") {
      star = part;
      starAt = at;
      part += 1;
    } else if (wanted !== undefined && (wanted.kind === "one" || wanted.char === chars[at])) {
      part += 1;
      at += 1;
    } else if (star >= 0) {
      // The last star takes one character more, and what follows it is tried again.
      part = star + 1;
      starAt += 1;
      at = starAt;
    } else {
      return false;
    }
  }
  return parts.slice(part).every((rest) => rest.kind === "many");
}

function parseGlob(pattern: string): readonly GlobPart[] {
  const parts: GlobPart[] = [];
  let escaped = false;
  for (const char of pattern) {
    if (escaped) parts.push({ kind: "literal", char });
    else if (char === "*") parts.push({ kind: "many", char });
    else if (char === "?") parts.push({ kind: "one", char });
    else if (char !== "\\") parts.push({ kind: "literal", char });
    escaped = !escaped && char === "\\";
  }
  return parts;
}
