import { fieldOf, isRecord, parseJson } from "../record.ts";
import {
  applyXt,
  finishNftTable,
  type MapElement,
  narrowTo,
  type Selector,
  settleRecent,
  spreadMap,
  WORD_VERDICTS,
} from "./nft-rule.ts";
import {
  ChainsDraft,
  draftRule,
  type NatRule,
  type RuleDraft,
  type RuleTable,
  readDnatTarget,
  type Verdict,
} from "./rule.ts";

/**
 * Tables of `nft -j list ruleset`, or of one table. Of tables that iptables-nft made, nft hides
 * comments, shares and the targets of DNAT (`{"xt": …}`): iptables-save, and `nft list ruleset`
 * where nft knows iptables' modules, show them. Text that is not such a document has no tables.
 */
export function readNftJson(text: string): RuleTable[] {
  const objects = listOf(fieldOf(parseJson(text), "nftables"));
  const tables = new Map<string, JsonTable>();
  // Maps stand before and after the rules that look things up in them.
  for (const object of objects) {
    const map = fieldOf(object, "map");
    if (map !== undefined) tableOf(tables, map).takeMap(map);
  }
  for (const object of objects) {
    const [chain, rule] = [fieldOf(object, "chain"), fieldOf(object, "rule")];
    if (chain !== undefined) tableOf(tables, chain).takeChain(chain);
    if (rule !== undefined) tableOf(tables, rule).takeRule(rule);
  }
  return [...tables.values()].flatMap((table) => finishNftTable(table));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function tableOf(tables: Map<string, JsonTable>, object: unknown): JsonTable {
  const name = textOf(fieldOf(object, "table"));
  const key = `${textOf(fieldOf(object, "family"))} ${name}`;
  const known = tables.get(key);
  if (known !== undefined) return known;
  const table = new JsonTable(name);
  tables.set(key, table);
  return table;
}

class JsonTable extends ChainsDraft {
  readonly name: string;
  readonly hooks: { chain: string; type: string; hook: string }[] = [];
  readonly #maps = new Map<string, readonly MapElement[]>();

  constructor(name: string) {
    super();
    this.name = name;
  }

  takeChain(object: unknown): void {
    const chain = textOf(fieldOf(object, "name"));
    this.of(chain);
    const hook = textOf(fieldOf(object, "hook"));
    if (hook !== "") this.hooks.push({ chain, type: textOf(fieldOf(object, "type")), hook });
  }

  takeMap(object: unknown): void {
    if (fieldOf(object, "map") !== "verdict") return;
    this.#maps.set(textOf(fieldOf(object, "name")), elementsOf(fieldOf(object, "elem")));
  }

  takeRule(object: unknown): void {
    if (this.isFull) return;
    const chain = textOf(fieldOf(object, "chain"));
    const rule = draftRule();
    const comment = fieldOf(object, "comment");
    if (typeof comment === "string") rule.comment = comment;
    for (const statement of listOf(fieldOf(object, "expr"))) {
      const map = fieldOf(statement, "vmap");
      if (map === undefined) takeStatement(rule, statement);
      else this.add(chain, this.#spread(rule, map));
    }
    settleRecent(rule);
    if (rule.verdict.kind !== "none") this.add(chain, [rule]);
  }

  #spread(rule: RuleDraft, map: unknown): NatRule[] {
    const key = fieldOf(map, "key");
    const data = fieldOf(map, "data");
    const elements =
      typeof data === "string"
        ? (this.#maps.get(data.slice(1)) ?? [])
        : elementsOf(fieldOf(data, "set"));
    const parts = listOf(fieldOf(key, "concat"));
    return spreadMap(rule, (parts.length === 0 ? [key] : parts).map(selectorOf), elements);
  }
}

function takeStatement(rule: RuleDraft, statement: unknown): void {
  const verdict = verdictOf(statement);
  const match = fieldOf(statement, "match");
  const xt = fieldOf(statement, "xt");
  if (verdict !== undefined) rule.verdict = verdict;
  else if (match !== undefined) takeMatch(rule, match);
  else if (xt !== undefined)
    applyXt(rule, textOf(fieldOf(xt, "type")), textOf(fieldOf(xt, "name")));
}

function takeMatch(rule: RuleDraft, match: unknown): void {
  const [left, right] = [fieldOf(match, "left"), fieldOf(match, "right")];
  const op = textOf(fieldOf(match, "op"));
  const masked = listOf(fieldOf(left, "&"));
  if (fieldOf(fieldOf(masked[0], "meta"), "key") === "random" && op === "<") {
    rule.chance = Math.min(1, Number(right) / (Number(masked[1]) + 1)) || 0;
    return;
  }
  const equal = op === "==" || op === "in";
  narrowTo(rule, selectorOf(left), equal ? valueOf(right) : undefined);
}

/** `10.0.0.1`, `443`; the one address of `{"prefix": {"addr": …, "len": 32}}`. */
function valueOf(value: unknown): string | undefined {
  const prefix = fieldOf(value, "prefix");
  if (prefix !== undefined)
    return `${textOf(fieldOf(prefix, "addr"))}/${textOf(fieldOf(prefix, "len"))}`;
  const text = textOf(value);
  return text === "" ? undefined : text;
}

function selectorOf(value: unknown): Selector {
  const payload = fieldOf(value, "payload");
  const numgen = fieldOf(value, "numgen");
  if (numgen !== undefined) return { kind: "number", mod: Number(fieldOf(numgen, "mod")) || 0 };
  if (fieldOf(fieldOf(value, "meta"), "key") === "l4proto") return { kind: "protocol" };
  return { kind: PAYLOADS.get(textOf(fieldOf(payload, "field"))) ?? "other" };
}

const PAYLOADS: ReadonlyMap<string, "destination" | "source" | "port"> = new Map([
  ["daddr", "destination"],
  ["saddr", "source"],
  ["dport", "port"],
]);

function elementsOf(value: unknown): MapElement[] {
  return listOf(value).flatMap((pair): MapElement[] => {
    const [key, data] = listOf(pair);
    const verdict = verdictOf(data);
    if (verdict === undefined) return [];
    const described = fieldOf(key, "elem");
    const comment = fieldOf(described, "comment");
    const plain = described === undefined ? key : fieldOf(described, "val");
    const parts = listOf(fieldOf(plain, "concat"));
    return [
      {
        key: (parts.length === 0 ? [plain] : parts).map(keyPart),
        comment: typeof comment === "string" ? comment : undefined,
        verdict,
      },
    ];
  });
}

function keyPart(value: unknown): MapElement["key"][number] {
  const range = listOf(fieldOf(value, "range"));
  return range.length === 2 ? [textOf(range[0]), textOf(range[1])] : (valueOf(value) ?? "");
}

function verdictOf(statement: unknown): Verdict | undefined {
  if (!isRecord(statement)) return undefined;
  for (const [name, value] of Object.entries(statement)) {
    if (name === "jump" || name === "goto")
      return { kind: "chain", chain: textOf(fieldOf(value, "target")), returns: name === "jump" };
    if (name === "dnat") return { kind: "dnat", to: dnatTarget(value) };
    const verdict = WORD_VERDICTS.get(name);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}

function dnatTarget(value: unknown): ReturnType<typeof readDnatTarget> {
  const target = readDnatTarget(textOf(fieldOf(value, "addr")));
  const port = Number(fieldOf(value, "port"));
  if (target === undefined || fieldOf(value, "port") === undefined) return target;
  return Number.isInteger(port) ? { ip: target.ip, port } : undefined;
}
