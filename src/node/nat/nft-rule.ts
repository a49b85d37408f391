import type { NatBackend } from "../../model/node/nat.ts";
import {
  type Entry,
  type NatRule,
  type RuleDraft,
  type RuleTable,
  readOneAddress,
  readPort,
  readProtocol,
  type Verdict,
} from "./rule.ts";

/** One part of what nft looks up or compares. */
export type Selector =
  | { readonly kind: "destination" | "source" | "protocol" | "port" }
  /** `numgen random mod 2`: a number below `mod`. */
  | { readonly kind: "number"; readonly mod: number }
  /** Anything else that may hold or not. */
  | { readonly kind: "other" };

/** One element of a map from keys to what is to be done. */
export interface MapElement {
  /** Of each part of the key; of a number that is a range, `[from, to]`. */
  readonly key: readonly (string | readonly [string, string])[];
  readonly comment: string | undefined;
  readonly verdict: Verdict;
}

/** Narrows the rule to what equals `value`; a set, a range or a negation leaves it open. */
export function narrowTo(rule: RuleDraft, selector: Selector, value: string | undefined): void {
  const kind = selector.kind;
  if (kind === "source") {
    // kube-proxy keeps the clients of an endpoint in a set of that name.
    if (value?.startsWith("@affinity-") === true) rule.sticky = true;
    else {
      rule.narrowed = true;
      rule.source = value === undefined ? undefined : readOneAddress(value);
    }
    return;
  }
  if (value === undefined || !narrow(rule, kind, value)) rule.narrowed = true;
}

/** Whether the value narrows the rule to nothing but itself. */
function narrow(rule: RuleDraft, kind: Selector["kind"], value: string): boolean {
  if (kind === "destination") rule.destination = readOneAddress(value);
  else if (kind === "port") rule.port = readPort(value);
  else if (kind === "protocol" && !value.startsWith("@")) rule.protocol = readProtocol(value);
  else return false;
  return kind === "protocol" || rule[kind] !== undefined;
}

/**
 * One rule for each element of a verdict map: `numgen random mod 3 vmap { 0 : … }` becomes the same
 * chain of chances, each of what the one before left, that iptables has.
 */
export function spreadMap(
  base: RuleDraft,
  key: readonly Selector[],
  elements: readonly MapElement[],
): NatRule[] {
  const [only] = key;
  if (key.length === 1 && only?.kind === "number") return spreadNumbers(base, only.mod, elements);
  return elements.map((element) => {
    const rule = { ...base, verdict: element.verdict, comment: element.comment ?? base.comment };
    for (const [index, selector] of key.entries()) {
      const value = element.key[index];
      narrowTo(rule, selector, typeof value === "string" ? value : undefined);
    }
    return rule;
  });
}

function spreadNumbers(base: RuleDraft, mod: number, elements: readonly MapElement[]): NatRule[] {
  let left = mod;
  return elements.map((element) => {
    const numbers = numbersOf(element.key[0], mod);
    const chance = left > 0 ? Math.min(1, numbers / left) : 0;
    left -= numbers;
    return { ...base, chance, verdict: element.verdict };
  });
}

function numbersOf(key: MapElement["key"][number] | undefined, mod: number): number {
  const [from, to] = typeof key === "string" ? [key, key] : (key ?? ["", ""]);
  const [low, high] = [Number(from), Math.min(Number(to), mod - 1)];
  return from !== "" && low >= 0 && high >= low ? high - low + 1 : 0;
}

/** Verdicts and statements of nft that end a connection's way here, whatever stands behind them. */
export const WORD_VERDICTS: ReadonlyMap<string, Verdict> = new Map<string, Verdict>([
  ["reject", { kind: "refuse", how: "refused" }],
  ["drop", { kind: "refuse", how: "dropped" }],
  ["return", { kind: "return" }],
  ["accept", { kind: "accept" }],
  ["queue", { kind: "accept" }],
  ["masquerade", { kind: "accept" }],
  ["snat", { kind: "accept" }],
  ["redirect", { kind: "accept" }],
]);

/** What iptables-nft hides behind `xt`: nft tells its name and, where it may, nothing more. */
export function applyXt(rule: RuleDraft, type: string, name: string): void {
  if (type === "target") {
    if (name === "DNAT") rule.verdict = { kind: "dnat", to: undefined };
    else if (name === "REJECT") rule.verdict = { kind: "refuse", how: "refused" };
    return;
  }
  if (name === "statistic") rule.chance = undefined;
  else if (name === "recent") rule.sticky = true;
  else if (name !== "comment" && name !== "tcp" && name !== "udp") rule.narrowed = true;
}

/** `-m recent --set` and `--rcheck` look alike: the one that stands before a DNAT is the first. */
export function settleRecent(rule: RuleDraft): void {
  if (rule.verdict.kind === "dnat") rule.sticky = false;
}

/** What a table of nft consists of, while it is read. */
export interface NftTableDraft {
  readonly name: string;
  readonly chains: ReadonlyMap<string, readonly NatRule[]>;
  readonly hooks: readonly {
    readonly chain: string;
    readonly type: string;
    readonly hook: string;
  }[];
}

/** The table as one that translates and as one that refuses, whichever of both it does. */
export function finishNftTable({ name, chains, hooks }: NftTableDraft): RuleTable[] {
  return (["nat", "filter"] as const).flatMap((purpose): RuleTable[] => {
    const own = hooks.filter(({ type }) => type === purpose);
    if (own.length === 0) return [];
    const entry: Entry = {
      prerouting: own.filter(({ hook }) => hook === "prerouting").map(({ chain }) => chain),
      output: own.filter(({ hook }) => hook === "output").map(({ chain }) => chain),
      other: own
        .filter(({ hook }) => hook !== "prerouting" && hook !== "output")
        .map(({ chain }) => chain),
    };
    return [{ backend: backendOf(name, chains), purpose, chains, entry }];
  });
}

/** iptables-nft keeps its chains in tables of the same names, in upper case. */
function backendOf(name: string, chains: ReadonlyMap<string, unknown>): NatBackend {
  const compatible = name === "nat" || name === "filter";
  return compatible && (chains.has("OUTPUT") || chains.has("PREROUTING"))
    ? "iptables-nft"
    : "nftables";
}
