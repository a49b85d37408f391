import type { Endpoint } from "../../model/node/socket.ts";
import { isServiceChain } from "./kube-chains.ts";
import type { Entry, NatRule, RuleTable } from "./rule.ts";

/** The rules of one table that are for one service address, in the order the kernel meets them. */
export interface ServiceEntry {
  readonly service: Endpoint;
  readonly rules: NatRule[];
  /** The chain that they stand in: `KUBE-SERVICES`. */
  readonly chain: string;
  /** Undefined where only a part of the table was dumped. */
  reached: Reached | undefined;
}

/** From which of the kernel's hooks the chain is reached. */
export interface Reached {
  readonly prerouting: boolean;
  readonly output: boolean;
}

/**
 * What the table has rules for, by `ip:port`. A rule is for a service when it names one address, one
 * port and TCP; the chains that such rules lead to belong to the service, and are not looked
 * through.
 */
export function findEntries(table: RuleTable): Map<string, ServiceEntry> {
  const { chains, entry } = table;
  const entries = new Map<string, ServiceEntry>();
  const reachable = entry === undefined ? new Map<string, Reached>() : reachableFrom(chains, entry);
  for (const [chain, reached] of reachable)
    collect(entries, chains.get(chain) ?? [], chain, reached);
  const behind = chainsBehind(entries);
  const unreached = entry === undefined ? undefined : { prerouting: false, output: false };
  for (const [chain, rules] of chains) {
    if (reachable.has(chain) || behind.has(chain)) continue;
    const leading = rules.filter((rule) => leadsOn(rule, table));
    collect(entries, leading, chain, unreached);
  }
  return entries;
}

function reachableFrom(chains: RuleTable["chains"], entry: Entry): Map<string, Reached> {
  const prerouting = reachedFrom(chains, entry.prerouting);
  const output = reachedFrom(chains, entry.output);
  const all = [...prerouting, ...output, ...reachedFrom(chains, entry.other)];
  return new Map(
    all.map((chain) => [chain, { prerouting: prerouting.has(chain), output: output.has(chain) }]),
  );
}

/** Chains that the rules of services lead to. */
function chainsBehind(entries: ReadonlyMap<string, ServiceEntry>): Set<string> {
  const behind = new Set<string>();
  for (const { rules } of entries.values())
    for (const { verdict } of rules) if (verdict.kind === "chain") behind.add(verdict.chain);
  return behind;
}

function collect(
  entries: Map<string, ServiceEntry>,
  rules: readonly NatRule[],
  chain: string,
  reached: Reached | undefined,
): void {
  for (const rule of rules) {
    const service = serviceOf(rule);
    if (service === undefined) continue;
    const key = `${service.ip} ${service.port}`;
    const known = entries.get(key);
    if (known === undefined) entries.set(key, { service, rules: [rule], chain, reached });
    else if (known.chain === chain) known.rules.push(rule);
    // The same service in a second chain: both hooks may have rules of their own.
    else known.reached = either(known.reached, reached);
  }
}

function either(one: Reached | undefined, other: Reached | undefined): Reached | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    prerouting: one.prerouting || other.prerouting,
    output: one.output || other.output,
  };
}

function serviceOf({ destination, port, protocol, verdict }: NatRule): Endpoint | undefined {
  if (destination === undefined || port === undefined || verdict.kind === "none") return undefined;
  return protocol === "tcp" ? { ip: destination, port } : undefined;
}

/** Outside of what the kernel reaches, a rule that only marks does not make a service. */
function leadsOn({ verdict }: NatRule, { purpose }: RuleTable): boolean {
  if (purpose === "filter") return verdict.kind === "refuse" || verdict.kind === "chain";
  if (verdict.kind !== "chain") return verdict.kind === "dnat";
  return isServiceChain(verdict.chain);
}

/** Chains that rules lead to from `roots`, past those that are for one service. */
function reachedFrom(
  chains: ReadonlyMap<string, readonly NatRule[]>,
  roots: readonly string[],
): Set<string> {
  const reached = new Set(roots);
  // A set's iteration meets what is added to it on the way.
  for (const chain of reached) {
    for (const rule of chains.get(chain) ?? []) {
      if (rule.verdict.kind === "chain" && serviceOf(rule) === undefined)
        reached.add(rule.verdict.chain);
    }
  }
  return reached;
}
