import {
  type Entry,
  type NatRule,
  type RuleDraft,
  type RuleTable,
  readDnatTarget,
  type Verdict,
} from "./rule.ts";

/** Targets of iptables after which a connection goes on to the next rule. */
const PASSING = new Set([
  "AUDIT",
  "CHECKSUM",
  "CLASSIFY",
  "CONNMARK",
  "CONNSECMARK",
  "CT",
  "DSCP",
  "HL",
  "HMARK",
  "IDLETIMER",
  "LED",
  "LOG",
  "MARK",
  "NFLOG",
  "NOTRACK",
  "RATEEST",
  "SECMARK",
  "SET",
  "TCPMSS",
  "TCPOPTSTRIP",
  "TEE",
  "TOS",
  "TRACE",
  "TTL",
  "ULOG",
]);

/** Those that end its way here, and lead it nowhere that matters. */
const ENDING = new Set([
  "ACCEPT",
  "CLUSTERIP",
  "MASQUERADE",
  "MIRROR",
  "NETMAP",
  "NFQUEUE",
  "QUEUE",
  "REDIRECT",
  "SAME",
  "SNAT",
  "SYNPROXY",
  "TPROXY",
]);

/**
 * What `-j name` does. Where `to` is undefined or cannot be read, DNAT's target is unknown: some
 * versions of iptables print another's DNAT as `[unsupported revision]`, or as `:0`.
 */
export function iptablesVerdict(name: string, returns: boolean, to: string | undefined): Verdict {
  if (name === "DNAT") return { kind: "dnat", to: to === undefined ? undefined : readTarget(to) };
  if (name === "REJECT") return { kind: "refuse", how: "refused" };
  if (name === "DROP") return { kind: "refuse", how: "dropped" };
  if (name === "RETURN") return { kind: "return" };
  if (ENDING.has(name)) return { kind: "accept" };
  return PASSING.has(name) ? { kind: "none" } : { kind: "chain", chain: name, returns };
}

function readTarget(text: string): ReturnType<typeof readDnatTarget> {
  const target = readDnatTarget(text);
  return target?.ip === "0.0.0.0" || target?.ip === "::" ? undefined : target;
}

/** Sets `mode random probability P` and `mode nth every N packet K`, which come to a share. */
export function setStatistic(
  rule: RuleDraft,
  share: number | undefined,
  every: number | undefined,
  inverted: boolean,
): void {
  const chance = share ?? (every !== undefined && every >= 1 ? 1 / every : undefined);
  rule.chance = chance !== undefined && inverted ? 1 - chance : chance;
}

/**
 * Where the kernel enters a table of iptables. Undefined where its own chains are not all there:
 * then this is a part of a dump, and nothing can be said of what it lacks.
 */
export function builtInEntry(
  purpose: RuleTable["purpose"],
  chains: ReadonlyMap<string, readonly NatRule[]>,
): Entry | undefined {
  const known = (name: string): string[] => (chains.has(name) ? [name] : []);
  if (!chains.has("OUTPUT")) return undefined;
  if (purpose === "nat" && !chains.has("PREROUTING")) return undefined;
  return {
    prerouting: known("PREROUTING"),
    output: known("OUTPUT"),
    other: [...known("INPUT"), ...known("FORWARD")],
  };
}
