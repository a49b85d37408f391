/** What JSON can hold. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * Block YAML with sorted keys, lists not indented, as the API server writes it (recorded from
 * kube-apiserver 1.20 for /api). Ends with a line feed.
 */
export function toYaml(value: Json): string {
  return isLeaf(value) ? `${leaf(value)}\n` : block(value, "");
}

function block(value: readonly Json[] | { readonly [key: string]: Json }, indent: string): string {
  if (isList(value)) return value.map((item) => listItem(item, indent)).join("");
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => {
      if (isLeaf(item)) return `${indent}${leaf(key)}: ${leaf(item)}\n`;
      return `${indent}${leaf(key)}:\n${block(item, isList(item) ? indent : `${indent}  `)}`;
    })
    .join("");
}

function listItem(item: Json, indent: string): string {
  if (isLeaf(item)) return `${indent}- ${leaf(item)}\n`;
  return `${indent}- ${block(item, `${indent}  `).trimStart()}`;
}

function leaf(value: Json): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return /^[A-Za-z/][\w./-]*(:\d+)?$/.test(value) && !isReserved(value) ? value : quote(value);
}

/** Dotted quads with a prefix or port are plain scalars too, unlike bare numbers. */
function quote(value: string): string {
  return /^\d+\.\d+\.\d+\.\d+(\/\d+|:\d+)?$/.test(value) ? value : JSON.stringify(value);
}

function isReserved(value: string): boolean {
  return /^(y|n|yes|no|on|off|true|false|null)$/i.test(value);
}

function isLeaf(value: Json): value is string | number | boolean | null {
  return typeof value !== "object" || value === null || Object.keys(value).length === 0;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
