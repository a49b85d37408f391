import {
  applyXt,
  type MapElement,
  narrowTo,
  type Selector,
  settleRecent,
  spreadMap,
  WORD_VERDICTS,
} from "./nft-rule.ts";
import { draftRule, type NatRule, type RuleDraft, readDnatTarget, type Verdict } from "./rule.ts";

type Maps = ReadonlyMap<string, readonly MapElement[]>;

interface Cursor {
  readonly words: readonly string[];
  at: number;
}

/** What one line of a chain does; none where it decides nothing. */
export function readNftRule(line: string, maps: Maps): NatRule[] {
  const cursor: Cursor = { words: wordsOf(line), at: 0 };
  const rule = draftRule();
  let spread:
    | { readonly key: readonly Selector[]; readonly elements: readonly MapElement[] }
    | undefined;
  while (cursor.at < cursor.words.length) {
    const word = next(cursor);
    if (word === "#" && peek(cursor) === "handle") break;
    const verdict = readVerdict(word, cursor);
    if (verdict !== undefined) rule.verdict = verdict;
    else if (word === "counter") skipCounter(cursor);
    else if (word === "comment") rule.comment = unquoted(next(cursor));
    else if (word === "xt") applyXt(rule, next(cursor), unquoted(next(cursor)));
    else if (word === "update" || word === "add" || word === "delete") skipSetUpdate(cursor);
    else {
      const key = readKey(word, cursor);
      if (peek(cursor) !== "vmap") readMatch(rule, key, cursor);
      else {
        cursor.at++;
        spread = { key, elements: readMapOperand(cursor, maps) };
      }
    }
  }
  settleRecent(rule);
  if (spread !== undefined) return spreadMap(rule, spread.key, spread.elements);
  return rule.verdict.kind === "none" ? [] : [rule];
}

/** Elements of `{ 172.20.0.1 . tcp . 443 comment "…" : goto …, … }`. */
export function readElements(text: string): MapElement[] {
  return readBraces({ words: wordsOf(text), at: 0 });
}

/** Words, with braces and commas apart from others, and quoted text whole. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at] ?? "";
    if (character === " " || character === "\t") at++;
    else if (character === "{" || character === "}" || character === ",") {
      words.push(character);
      at++;
    } else {
      const end = wordEnd(text, at);
      words.push(text.slice(at, end));
      at = end;
    }
  }
  return words;
}

function wordEnd(text: string, start: number): number {
  if (text[start] === '"') {
    const end = text.indexOf('"', start + 1);
    return end === -1 ? text.length : end + 1;
  }
  let at = start;
  while (at < text.length && !" \t{},".includes(text[at] ?? "")) at++;
  return at;
}

function unquoted(word: string): string {
  return word.startsWith('"') ? word.slice(1, word.endsWith('"') ? -1 : undefined) : word;
}

function next(cursor: Cursor): string {
  return cursor.words[cursor.at++] ?? "";
}

function peek(cursor: Cursor): string {
  return cursor.words[cursor.at] ?? "";
}

const WITH_OPTIONS = new Set(["reject", "masquerade", "snat", "redirect"]);

function readVerdict(word: string, cursor: Cursor): Verdict | undefined {
  if (word === "jump" || word === "goto")
    return { kind: "chain", chain: unquoted(next(cursor)), returns: word === "jump" };
  if (word === "dnat") return readDnat(cursor);
  // `reject with icmp …`, `snat to …`: nothing behind them is a condition.
  if (WITH_OPTIONS.has(word)) cursor.at = cursor.words.length;
  return WORD_VERDICTS.get(word);
}

/** `dnat to 10.0.20.41:443`, `dnat ip to …`; what is not one address is not known. */
function readDnat(cursor: Cursor): Verdict {
  if (peek(cursor) === "ip" || peek(cursor) === "ip6") cursor.at++;
  if (next(cursor) !== "to") return { kind: "dnat", to: undefined };
  return { kind: "dnat", to: readDnatTarget(next(cursor)) };
}

function skipCounter(cursor: Cursor): void {
  if (peek(cursor) === "packets") cursor.at += 4;
}

function skipSetUpdate(cursor: Cursor): void {
  while (cursor.at < cursor.words.length) if (next(cursor) === "}") return;
}

/** One selector, or several joined by `.`. */
function readKey(first: string, cursor: Cursor): Selector[] {
  const key = [readSelector(first, cursor)];
  while (peek(cursor) === ".") {
    cursor.at++;
    key.push(readSelector(next(cursor), cursor));
  }
  return key;
}

const FIELDS: ReadonlyMap<string, Selector> = new Map([
  ["ip daddr", { kind: "destination" }],
  ["ip6 daddr", { kind: "destination" }],
  ["ip saddr", { kind: "source" }],
  ["ip6 saddr", { kind: "source" }],
  ["ip protocol", { kind: "protocol" }],
  ["ip6 nexthdr", { kind: "protocol" }],
  ["meta l4proto", { kind: "protocol" }],
  ["th dport", { kind: "port" }],
  ["tcp dport", { kind: "port" }],
]);

/** Words of which another belongs to them. */
const OF_TWO = new Set(["ip", "ip6", "meta", "th", "tcp", "udp", "sctp", "ct", "socket", "icmp"]);

function readSelector(first: string, cursor: Cursor): Selector {
  if (first === "numgen") return readNumgen(cursor);
  // fib daddr type local
  if (first === "fib") cursor.at += 2;
  if (!OF_TWO.has(first)) return { kind: "other" };
  const second = next(cursor);
  if (second === "random") return RANDOM;
  return FIELDS.get(`${first} ${second}`) ?? { kind: "other" };
}

const RANDOM: Selector = { kind: "number", mod: 0 };

/** `numgen random mod 2`, `numgen inc mod 2 offset 1` */
function readNumgen(cursor: Cursor): Selector {
  cursor.at += 2;
  const mod = Number(next(cursor));
  if (peek(cursor) === "offset") cursor.at += 2;
  return { kind: "number", mod: Number.isInteger(mod) && mod > 0 ? mod : 0 };
}

function readMatch(rule: RuleDraft, key: readonly Selector[], cursor: Cursor): void {
  const [selector = { kind: "other" }] = key;
  if (selector === RANDOM && readRandom(rule, cursor)) return;
  const op = peek(cursor);
  if (op === "set") {
    // A mark that is set: what follows is an expression, up to the verdict.
    while (cursor.at < cursor.words.length && !ENDS_EXPRESSION.has(peek(cursor))) cursor.at++;
    return;
  }
  const negated = op === "!=" || op === "<" || op === ">" || op === "<=" || op === ">=";
  if (negated || op === "==") cursor.at++;
  const value = readValue(cursor);
  narrowTo(rule, key.length > 1 ? { kind: "other" } : selector, negated ? undefined : value);
}

const ENDS_EXPRESSION = new Set(["accept", "drop", "return", "jump", "goto", "counter", "comment"]);

/** One value; undefined of a set. A word that begins something else is left where it is. */
function readValue(cursor: Cursor): string | undefined {
  if (peek(cursor) === "{") {
    skipSetUpdate(cursor);
    return undefined;
  }
  return ENDS_EXPRESSION.has(peek(cursor)) ? undefined : unquoted(next(cursor));
}

/** `& 2147483647 < 1073741824`: how nft writes iptables' `statistic mode random`. */
function readRandom(rule: RuleDraft, cursor: Cursor): boolean {
  const [and, mask, op, limit] = cursor.words.slice(cursor.at, cursor.at + 4);
  const share = Number(limit) / (Number(mask) + 1);
  if (and !== "&" || !(share >= 0 && share <= 1)) return false;
  if (op !== "<" && op !== ">=") return false;
  cursor.at += 4;
  rule.chance = op === "<" ? share : 1 - share;
  return true;
}

function readMapOperand(cursor: Cursor, maps: Maps): readonly MapElement[] {
  const operand = peek(cursor);
  if (operand === "{") return readBraces(cursor);
  cursor.at++;
  return maps.get(operand.slice(1)) ?? [];
}

function readBraces(cursor: Cursor): MapElement[] {
  if (next(cursor) !== "{") return [];
  const elements: MapElement[] = [];
  let words: string[] = [];
  while (cursor.at < cursor.words.length) {
    const word = next(cursor);
    if (word !== "," && word !== "}") {
      words.push(word);
      continue;
    }
    const element = readElement(words);
    if (element !== undefined) elements.push(element);
    words = [];
    if (word === "}") break;
  }
  return elements;
}

/** `172.20.0.1 . tcp . 443 counter packets 0 bytes 0 comment "…" : goto service-…` */
function readElement(words: readonly string[]): MapElement | undefined {
  const colon = words.lastIndexOf(":");
  const cursor: Cursor = { words, at: colon + 1 };
  const verdict = colon === -1 ? undefined : readVerdict(next(cursor), cursor);
  if (verdict === undefined) return undefined;
  const key: MapElement["key"][number][] = [keyPart(words[0] ?? "")];
  let at = 1;
  while (words[at] === ".") {
    key.push(keyPart(words[at + 1] ?? ""));
    at += 2;
  }
  const comment = words.indexOf("comment", at);
  return {
    key,
    comment: comment === -1 ? undefined : unquoted(words[comment + 1] ?? ""),
    verdict,
  };
}

function keyPart(word: string): MapElement["key"][number] {
  const dash = word.indexOf("-");
  return dash === -1 ? word : [word.slice(0, dash), word.slice(dash + 1)];
}
