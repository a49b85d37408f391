import type { NatBackend } from "../../model/node/nat.ts";
import { builtInEntry, iptablesVerdict, setStatistic } from "./iptables-target.ts";
import { endpointChain, serviceChain, serviceOfComment } from "./kube-chains.ts";
import {
  ChainsDraft,
  draftRule,
  type NatRule,
  type RuleDraft,
  type RuleTable,
  readOneAddress,
  readPort,
  readProtocol,
  readShare,
} from "./rule.ts";

/**
 * Tables of what `iptables -L -n` printed, with `-v` and `--line-numbers` or without. The listing
 * does not name its table: one that translates, or has a PREROUTING, is taken for `nat`. Rules that
 * stand before any `Chain` line, as `grep` leaves them, are put into the chain that kube-proxy would
 * have written them to, where their comment tells it.
 */
export function readIptablesListing(
  text: string,
  backend: "iptables-legacy" | "iptables-nft" = "iptables-legacy",
): RuleTable[] {
  const tables: ChainsDraft[] = [];
  let table = new ChainsDraft();
  let chain: NatRule[] | undefined;
  for (const line of text.split("\n")) {
    if (line.startsWith("Chain ")) {
      const name = line.split(" ", 2)[1] ?? "";
      // A second listing in the same file begins with a chain that the first has, too.
      if (table.chains.has(name) && chain !== undefined) {
        tables.push(table);
        table = new ChainsDraft();
      }
      chain = table.of(name);
    } else {
      const rule = readRow(line);
      if (rule === undefined) continue;
      if (chain !== undefined) chain.push(rule);
      else placeLooseRule(table, rule);
    }
  }
  tables.push(table);
  return tables.flatMap((each) => finished(each, backend));
}

function finished({ chains }: ChainsDraft, backend: NatBackend): RuleTable[] {
  if (chains.size === 0) return [];
  const purpose = isFilter(chains) ? "filter" : "nat";
  return [{ backend, purpose, chains, entry: builtInEntry(purpose, chains) }];
}

/** A part of the filter table has nothing but what kube-proxy refuses. */
function isFilter(chains: ReadonlyMap<string, readonly NatRule[]>): boolean {
  if (chains.has("PREROUTING")) return false;
  if (chains.has("FORWARD")) return true;
  return [...chains.values()].flat().every(({ verdict }) => verdict.kind === "refuse");
}

/** Where kube-proxy would have written the rule, so far as its comment and its target tell. */
function placeLooseRule(table: ChainsDraft, rule: NatRule): void {
  const { verdict } = rule;
  const service = rule.comment === undefined ? undefined : serviceOfComment(rule.comment);
  if (service === undefined) return;
  if (verdict.kind === "dnat") {
    const { ip, port } = verdict.to ?? { ip: "", port: undefined };
    if (port !== undefined) table.of(endpointChain(service, { ip, port })).push(rule);
  } else if (verdict.kind === "chain") {
    if (verdict.chain.startsWith("KUBE-SEP-")) table.of(serviceChain(service)).push(rule);
    else if (rule.destination !== undefined && !rule.narrowed) table.of("KUBE-SERVICES").push(rule);
  } else if (verdict.kind === "refuse") table.of("KUBE-SERVICES").push(rule);
}

interface Row {
  readonly target: string | undefined;
  readonly protocol: string;
  readonly interfaces: readonly string[];
  readonly source: string;
  readonly destination: string;
  /** Index of the first word that tells of matches and of the target. */
  readonly rest: number;
}

function readRow(line: string): NatRule | undefined {
  const comment = commentOf(line);
  const words = comment.before.split(" ").filter((word) => word !== "");
  const row = columnsOf(words);
  if (row === undefined) return undefined;
  const rule = draftRule();
  rule.comment = comment.text;
  rule.protocol = readProtocol(row.protocol);
  if (row.interfaces.some((each) => each !== "*" && each !== "any")) rule.narrowed = true;
  setDestination(rule, row.destination);
  if (!isEverywhere(row.source)) {
    rule.narrowed = true;
    rule.source = readOneAddress(row.source);
  }
  const rest = [
    ...words.slice(row.rest),
    ...comment.after.split(" ").filter((word) => word !== ""),
  ];
  readMatches(rule, rest, row.target);
  return rule;
}

function setDestination(rule: RuleDraft, text: string): void {
  if (isEverywhere(text)) return;
  const ip = readOneAddress(text);
  if (ip === undefined) rule.narrowed = true;
  else rule.destination = ip;
}

function commentOf(line: string): { text: string | undefined; before: string; after: string } {
  const start = line.indexOf("/* ");
  const end = start === -1 ? -1 : line.indexOf(" */", start + 2);
  if (end === -1) return { text: undefined, before: line.trim(), after: "" };
  return {
    text: line.slice(start + 3, end),
    before: line.slice(0, start),
    after: line.slice(end + 3).trim(),
  };
}

/** The columns stand before the first two neighbours that are addresses. */
function columnsOf(words: readonly string[]): Row | undefined {
  const at = words.findIndex(
    (word, index) => index > 0 && isAddress(word) && isAddress(words[index + 1] ?? ""),
  );
  if (at < 1) return undefined;
  const before = words.slice(0, at);
  const counters = before.findIndex((word) => !isCount(word));
  const opt = before.lastIndexOf("--");
  // ip6tables leaves the column of options empty, so that only its counters tell that the
  // interfaces are there.
  const hasInterfaces = opt === -1 ? counters >= 2 : before.length - opt > 2;
  const left = before.slice(0, opt === -1 ? before.length - (hasInterfaces ? 2 : 0) : opt);
  const protocol = left.at(-1);
  if (protocol === undefined) return undefined;
  const target = left.at(-2);
  return {
    target: target === undefined || isCount(target) ? undefined : target,
    protocol,
    interfaces: hasInterfaces ? before.slice(-2) : [],
    source: words[at] ?? "",
    destination: words[at + 1] ?? "",
    rest: at + 2,
  };
}

function isCount(word: string): boolean {
  return /^\d+[KMGTP]?$/.test(word);
}

function isAddress(word: string): boolean {
  // Of two addresses with their masks in full no part is longer.
  return word.length <= 80 && /^!?[\da-fA-F.:]*[.:][\da-fA-F.:]*(?:\/[\d.]+)?$/.test(word);
}

function isEverywhere(word: string): boolean {
  return word === "0.0.0.0/0" || word === "::/0";
}

interface Cursor {
  readonly words: readonly string[];
  at: number;
}

function readMatches(rule: RuleDraft, words: readonly string[], target: string | undefined): void {
  const cursor: Cursor = { words, at: 0 };
  let to: string | undefined;
  let returns = true;
  while (cursor.at < words.length) {
    const word = words[cursor.at++] ?? "";
    if (word.startsWith("to:")) {
      to = word.slice(3);
      break;
    }
    if (word.startsWith("dpt:")) setPort(rule, word.slice(4));
    else if (word === "statistic") readStatistic(rule, cursor);
    else if (word === "recent:") readRecent(rule, cursor);
    else if (word === "reject-with") cursor.at++;
    else if (word === "[goto]") returns = false;
    else if (word !== "tcp" && word !== "udp") rule.narrowed = true;
  }
  if (target === undefined) return;
  rule.verdict = iptablesVerdict(target, returns, to);
}

function setPort(rule: RuleDraft, text: string): void {
  const port = readPort(text);
  if (port === undefined) rule.narrowed = true;
  else rule.port = port;
}

/** `mode random [!] probability 0.50000000000`, `mode nth [!] every 3 [packet 1]` */
function readStatistic(rule: RuleDraft, cursor: Cursor): void {
  const { words } = cursor;
  let share: number | undefined;
  let every: number | undefined;
  let inverted = false;
  for (; cursor.at < words.length; cursor.at++) {
    const word = words[cursor.at];
    if (word === "!") inverted = true;
    else if (word === "probability") share = readShare(words[++cursor.at] ?? "");
    else if (word === "every") every = Number(words[++cursor.at]);
    else if (word === "mode" || word === "packet") cursor.at++;
    else break;
  }
  setStatistic(rule, share, every, inverted);
}

/** `CHECK seconds: 10800 reap name: X side: source mask: M`, and `SET name: X …`. */
function readRecent(rule: RuleDraft, cursor: Cursor): void {
  const what = cursor.words[cursor.at++];
  if (what === "CHECK" || what === "UPDATE") rule.sticky = true;
  else if (what !== "SET") rule.narrowed = true;
  for (; cursor.at < cursor.words.length; cursor.at++) {
    const word = cursor.words[cursor.at] ?? "";
    if (word === "reap") continue;
    if (!RECENT_FIELDS.has(word)) return;
    cursor.at++;
  }
}

const RECENT_FIELDS = new Set(["seconds:", "hit_count:", "name:", "side:", "mask:"]);
