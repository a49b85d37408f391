import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import { sanitizeText } from "../model/text.ts";
import { CONFIG_SHAPE, type ConfigFile } from "./schema.ts";
import type { Key, Problem } from "./shapes.ts";

export type ParsedConfig =
  | { readonly kind: "ok"; readonly value: ConfigFile }
  /** In the order of the file, at least one. */
  | { readonly kind: "bad"; readonly problems: readonly PlacedProblem[] };

export interface PlacedProblem {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** One line: `expect.tcp: "fast" is not …`. */
  readonly text: string;
}

/** More of them come from one mistake. */
const MAX_PROBLEMS = 50;

/** Enough for a section that many clusters share; aliases of aliases soon multiply beyond it. */
const MAX_ALIASES = 100;

/**
 * Dates stay text, and no word is true but true, also where a directive asks for YAML 1.1. What the
 * parser would warn of on stderr is a problem here anyway.
 */
const YAML_OPTIONS = {
  schema: "core",
  resolveKnownTags: false,
  prettyErrors: false,
  logLevel: "error",
} as const;

/** What takes the place of bytes that are not UTF-8, and what UTF-16 is full of. */
// oxlint-disable-next-line eslint/no-control-regex
const NOT_UTF8 = /[\0\uFFFD]/;

/** Where the parser speaks to whom calls it, not to whom wrote the file. */
function ownWords(code: string): string | undefined {
  switch (code) {
    case "MULTIPLE_DOCS":
      return 'it holds more than one document; keep one, without a "---" in between';
    case "RESOURCE_EXHAUSTION":
      return "its lists or maps are in each other too deeply";
    default:
      return undefined;
  }
}

/** Reads the text of an eks-probe.yaml. Never throws. */
export function parseConfig(text: string): ParsedConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { ...YAML_OPTIONS, lineCounter: lines });
  const garbled = text.search(NOT_UTF8);
  if (garbled >= 0)
    return bad([
      { ...placeAt(lines, garbled), text: "this is not text in UTF-8; save it as such" },
    ]);
  if (document.errors.length > 0) {
    return bad(
      document.errors.map(({ pos, code, message }) => ({
        ...placeAt(lines, pos[0]),
        text: `this is not YAML: ${ownWords(code) ?? sanitizeText(message.split("\n")[0] ?? "", 160)}`,
      })),
    );
  }
  const data = contentOf(document);
  if (data.kind === "bad") return data;
  const problems: Problem[] = [];
  const value = CONFIG_SHAPE.read(data.value, [], (problem) => problems.push(problem));
  if (value !== undefined && problems.length === 0) return { kind: "ok", value };
  return bad(
    problems.map((problem) => ({ ...placeOf(problem, document, lines), text: tell(problem) })),
  );
}

function bad(problems: readonly PlacedProblem[]): Extract<ParsedConfig, { kind: "bad" }> {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const different = sorted.filter((one, index) => index === 0 || !isSame(one, sorted[index - 1]));
  return { kind: "bad", problems: different.slice(0, MAX_PROBLEMS) };
}

function isSame(a: PlacedProblem, b: PlacedProblem | undefined): boolean {
  return a.line === b?.line && a.column === b.column && a.text === b.text;
}

function contentOf(
  document: Document,
): { readonly kind: "ok"; readonly value: unknown } | ReturnType<typeof bad> {
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { kind: "ok", value };
  } catch {
    const text = `the aliases cannot be followed: each needs its anchor before it, and more than ${MAX_ALIASES} are too many`;
    return bad([{ line: 1, column: 1, text }]);
  }
}

function tell({ path, text }: Problem): string {
  const where = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join("");
  return path.length === 0
    ? `the file: ${text}`
    : `${sanitizeText(where.replace(/^\./, ""), 120)}: ${text}`;
}

type Place = Pick<PlacedProblem, "line" | "column">;

/** Where the key or the value stands, or else the nearest thing around it that is there. */
function placeOf({ path, isKey }: Problem, document: Document, lines: LineCounter): Place {
  const key = isKey ? keyAt(path, document) : undefined;
  if (key !== undefined) return placeAt(lines, key);
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return placeAt(lines, node.range[0]);
  }
  return placeAt(lines, document.contents?.range?.[0] ?? 0);
}

function keyAt(path: readonly Key[], document: Document): number | undefined {
  const around: unknown =
    path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(around)) return undefined;
  const key = around.items
    .map((pair) => pair.key)
    .find((one) => isScalar(one) && String(one.value) === path.at(-1));
  return isScalar(key) ? key.range?.[0] : undefined;
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}
