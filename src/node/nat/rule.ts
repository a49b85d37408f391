import type { NatBackend } from "../../model/node/nat.ts";
import { readIp } from "./ip-text.ts";

/** What a rule does with a connection that it matches. */
export type Verdict =
  /** Marks, counts, or what does not end a connection's way through the rules. */
  | { readonly kind: "none" }
  /** `returns`: what that chain leaves undecided goes on after this rule (`-j`, not `-g`). */
  | { readonly kind: "chain"; readonly chain: string; readonly returns: boolean }
  /** `to` is undefined where the dump does not show it. */
  | { readonly kind: "dnat"; readonly to: DnatTarget | undefined }
  | { readonly kind: "refuse"; readonly how: "refused" | "dropped" }
  | { readonly kind: "return" }
  | { readonly kind: "accept" };

/** Where DNAT leads. */
export interface DnatTarget {
  readonly ip: string;
  /** Undefined: the port stays as it is. */
  readonly port: number | undefined;
}

/** One rule, as far as it decides where a new TCP connection is led. */
export interface NatRule {
  /** `tcp`; undefined for any. */
  readonly protocol: string | undefined;
  /** The one address that it is for; undefined for any. */
  readonly destination: string | undefined;
  readonly port: number | undefined;
  /** The one address that it is from; the rule is then `narrowed`, too. */
  readonly source: string | undefined;
  /** Of what reaches it and matches otherwise, 0 to 1; undefined where the dump hides it. */
  readonly chance: number | undefined;
  /** Only for clients that the kernel remembers: session affinity. */
  readonly sticky: boolean;
  /** Has a condition besides that may hold or not. */
  readonly narrowed: boolean;
  readonly comment: string | undefined;
  readonly verdict: Verdict;
}

/** One table that NAT is decided in, or that refuses what has no endpoints. */
export interface RuleTable {
  readonly backend: NatBackend;
  readonly purpose: "nat" | "filter";
  readonly chains: ReadonlyMap<string, readonly NatRule[]>;
  /** Chains where the kernel enters; undefined where only a part of the table was dumped. */
  readonly entry: Entry | undefined;
}

/** Names of chains, by the kernel's hooks. */
export interface Entry {
  /** Connections of pods and of others. */
  readonly prerouting: readonly string[];
  /** Connections of this host's own processes. */
  readonly output: readonly string[];
  readonly other: readonly string[];
}

/** A rule while it is read. */
export type RuleDraft = { -readonly [Key in keyof NatRule]: NatRule[Key] };

/** A rule that every connection matches, and that does nothing with it. */
export function draftRule(): RuleDraft {
  return {
    protocol: undefined,
    destination: undefined,
    port: undefined,
    source: undefined,
    chance: 1,
    sticky: false,
    narrowed: false,
    comment: undefined,
    verdict: { kind: "none" },
  };
}

/**
 * Rules kept of one table: ten times those of a worker of the largest clusters. A dump of more has
 * maps that are looked up in again and again, and its rest is not kept.
 */
const MAX_RULES = 2_000_000;

/** Chains by name while they are read. */
export class ChainsDraft {
  readonly chains: Map<string, NatRule[]> = new Map();
  #size = 0;

  get isFull(): boolean {
    return this.#size >= MAX_RULES;
  }

  add(chain: string, rules: readonly NatRule[]): void {
    this.#size += rules.length;
    const own = this.of(chain);
    for (const rule of rules) own.push(rule);
  }

  of(chain: string): NatRule[] {
    const known = this.chains.get(chain);
    if (known !== undefined) return known;
    const rules: NatRule[] = [];
    this.chains.set(chain, rules);
    return rules;
  }
}

const PROTOCOLS: Readonly<Record<string, string>> = { "6": "tcp", "17": "udp", "132": "sctp" };

/** `tcp` of `6`; undefined of `all`. */
export function readProtocol(text: string): string | undefined {
  if (text === "all" || text === "0") return undefined;
  return PROTOCOLS[text] ?? text;
}

/** 1 to 65535, or undefined. */
export function readPort(text: string): number | undefined {
  if (text.length === 0 || text.length > 5) return undefined;
  const port = Number(text);
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : undefined;
}

/** The address of `172.20.0.1` and `172.20.0.1/32`; undefined for a range of more than one. */
export function readOneAddress(text: string): string | undefined {
  const slash = text.indexOf("/");
  if (slash === -1) return readIp(text);
  const ip = readIp(text.slice(0, slash));
  const bits = text.slice(slash + 1);
  return bits === (ip?.includes(":") === true ? "128" : "32") ? ip : undefined;
}

/** Of `10.0.20.41:443`, `[fd00::29]:443`, `10.0.20.41`; undefined for ranges and other text. */
export function readDnatTarget(text: string): DnatTarget | undefined {
  const bracket = text.startsWith("[") ? text.indexOf("]") : -1;
  const colon = bracket === -1 ? text.indexOf(":") : text.indexOf(":", bracket);
  const bare = bracket === -1 && colon !== text.lastIndexOf(":");
  const host = bare || colon === -1 ? text : text.slice(0, colon);
  const ip = readIp(host.startsWith("[") ? host.slice(1, -1) : host);
  if (ip === undefined) return undefined;
  if (bare || colon === -1) return { ip, port: undefined };
  const port = readPort(text.slice(colon + 1));
  return port === undefined ? undefined : { ip, port };
}

/** A share of connections; undefined is not known. */
export type Share = number | undefined;

/** 0 to 1 of `0.50000000000`; undefined of other text. */
export function readShare(text: string): Share {
  const share = text === "" ? Number.NaN : Number(text);
  return share >= 0 && share <= 1 ? share : undefined;
}
