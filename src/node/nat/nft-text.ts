import { finishNftTable, type MapElement } from "./nft-rule.ts";
import { readElements, readNftRule } from "./nft-text-rule.ts";
import { ChainsDraft, type RuleTable } from "./rule.ts";

/**
 * Tables of `nft list ruleset`, of one table, or of several such listings in one file. Each line
 * that is not understood is passed over; a rule with a word that is not known is one that may or may
 * not match.
 */
export function readNftText(text: string): RuleTable[] {
  const tables: TextTable[] = [];
  let table: TextTable | undefined;
  for (const line of joinedLines(text)) {
    if (line.startsWith("table ")) {
      // table ip kube-proxy { # handle 3
      table = new TextTable(line.split(" ", 3)[2] ?? "");
      tables.push(table);
    } else table?.take(line);
  }
  return tables.flatMap((each) => {
    each.readRules();
    return finishNftTable(each);
  });
}

/** Trimmed lines; those of `elements = { … }` and of a set within a rule, joined. */
function* joinedLines(text: string): Generator<string> {
  let pending: string[] = [];
  let depth = 0;
  for (const raw of text.split("\n")) {
    const line = raw.trim();
    if (pending.length === 0 && (line.endsWith("{") || line === "}" || isBlock(line))) {
      yield line;
      continue;
    }
    depth += depthOf(line);
    pending.push(line);
    if (depth > 0) continue;
    yield pending.join(" ");
    pending = [];
    depth = 0;
  }
  if (pending.length > 0) yield pending.join(" ");
}

/** `chain services { # handle 9` */
function isBlock(line: string): boolean {
  return line.includes("{ # handle ") && !line.includes("}");
}

/** By how many more braces open than close, outside of quotes. */
function depthOf(line: string): number {
  if (!line.includes("{") && !line.includes("}")) return 0;
  let depth = 0;
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && character === "{") depth++;
    else if (!quoted && character === "}") depth--;
  }
  return depth;
}

class TextTable extends ChainsDraft {
  readonly name: string;
  readonly hooks: { chain: string; type: string; hook: string }[] = [];
  readonly #maps = new Map<string, readonly MapElement[]>();
  /** Rules are read when every map is known. */
  readonly #lines: { readonly chain: string; readonly line: string }[] = [];
  #block: { readonly kind: string; readonly name: string } | undefined;

  constructor(name: string) {
    super();
    this.name = name;
  }

  take(line: string): void {
    const [first = "", name = "", brace] = line.split(" ", 3);
    if (brace === "{" && (first === "chain" || first === "map" || first === "set")) {
      this.#block = { kind: first, name };
      if (first === "chain") this.of(name);
    } else if (line === "}") this.#block = undefined;
    else if (this.#block?.kind === "map") this.#takeMapLine(this.#block.name, line);
    else if (this.#block?.kind === "chain") this.#takeChainLine(this.#block.name, line);
  }

  #takeMapLine(name: string, line: string): void {
    if (line.startsWith("elements = {")) this.#maps.set(name, readElements(line.slice(11)));
  }

  #takeChainLine(chain: string, line: string): void {
    const [first, type = "", second, hook = ""] = line.split(" ", 4);
    if (first === "type" && second === "hook") this.hooks.push({ chain, type, hook });
    else if (first !== "comment" && first !== "policy") this.#lines.push({ chain, line });
  }

  readRules(): void {
    for (const { chain, line } of this.#lines)
      if (!this.isFull) this.add(chain, readNftRule(line, this.#maps));
  }
}
