import ipaddr from "ipaddr.js";
import { HTTPS_PORT } from "../../model/address.ts";
import type { NatTarget, ServiceNat } from "../../model/node/nat.ts";
import { type Endpoint, endpointId } from "../../model/node/socket.ts";
import { percent } from "../words.ts";
import { findEntries, type ServiceEntry } from "./entries.ts";
import {
  type Budget,
  followRules,
  fullBudget,
  SHARE_TOLERANCE,
  shown,
  type Way,
} from "./follow.ts";
import { readIp } from "./ip-text.ts";
import {
  endpointChain,
  isServiceChain,
  KUBERNETES_SERVICE,
  nftEndpointChain,
  nftServiceChain,
  serviceChain,
  serviceHash,
  serviceOfComment,
  serviceOfNftChain,
} from "./kube-chains.ts";
import { draftRule, type NatRule, type RuleTable } from "./rule.ts";

/**
 * The TCP services that the tables translate or refuse, by address. `clusterIps` are the addresses
 * of `default/kubernetes`, where they are known: its chain is then told of even where no rule leads
 * to it, and nothing else says its address.
 */
export function servicesOf(
  tables: readonly RuleTable[],
  clusterIps: readonly string[] = [],
): ServiceNat[] {
  const found: ServiceNat[] = [];
  const budget = fullBudget();
  for (const table of tables.filter(({ purpose }) => purpose === "nat")) {
    const entries = findEntries(table);
    addForgotten(entries, table, clusterIps);
    for (const entry of entries.values()) {
      const service = translated(entry, table, budget);
      if (service !== undefined) found.push(service);
    }
  }
  const known = new Set(found.map(({ service }) => endpointId(service)));
  for (const table of tables.filter(({ purpose }) => purpose === "filter")) {
    for (const entry of findEntries(table).values()) {
      if (!REFUSING.has(entry.chain) || known.has(endpointId(entry.service))) continue;
      const service = refused(entry, table, budget);
      if (service !== undefined) found.push(service);
    }
  }
  return inOrder(found);
}

/** Those that are, or may be, the way to the API servers: by name, by chain, or by address. */
export function kubernetesServices(
  services: readonly ServiceNat[],
  clusterIps: readonly string[] = [],
): ServiceNat[] {
  const ips = new Set(clusterIps.map((ip) => readIp(ip) ?? ip));
  return services.filter(
    ({ name, chain, service }) =>
      isNamedKubernetes(name, chain) || (service.port === HTTPS_PORT && ips.has(service.ip)),
  );
}

function isNamedKubernetes(name: string | undefined, chain: string | undefined): boolean {
  return (
    name === KUBERNETES_SERVICE || chain === KUBERNETES_CHAIN || chain === KUBERNETES_NFT_CHAIN
  );
}

/** Chains where kube-proxy refuses what has no endpoints; a firewall's rules are others'. */
const REFUSING = new Set(["KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES", "service-endpoints-check"]);

const KUBERNETES_CHAIN = serviceChain(KUBERNETES_SERVICE);
const KUBERNETES_NFT_CHAIN = nftServiceChain(KUBERNETES_SERVICE);

/** The chain of `default/kubernetes` where no rule leads to it. */
function addForgotten(
  entries: Map<string, ServiceEntry>,
  { chains, entry }: RuleTable,
  clusterIps: readonly string[],
): void {
  const name = [KUBERNETES_CHAIN, KUBERNETES_NFT_CHAIN].find((chain) => chains.has(chain));
  if (name === undefined) return;
  for (const { rules } of entries.values())
    if (rules.some(({ verdict }) => verdict.kind === "chain" && verdict.chain === name)) return;
  const own = chains
    .get(name)
    ?.find((rule) => rule.destination !== undefined && rule.port !== undefined);
  const [given] = clusterIps;
  const ip = own?.destination ?? (given === undefined ? undefined : readIp(given));
  if (ip === undefined) return;
  const service = { ip, port: own?.port ?? HTTPS_PORT };
  const key = endpointId(service);
  if (entries.has(key)) return;
  const rule: NatRule = {
    ...draftRule(),
    protocol: "tcp",
    destination: service.ip,
    port: service.port,
    verdict: { kind: "chain", chain: name, returns: true },
  };
  const reached = entry === undefined ? undefined : { prerouting: false, output: false };
  entries.set(key, { service, rules: [rule], chain: name, reached });
}

function translated(entry: ServiceEntry, table: RuleTable, budget: Budget): ServiceNat | undefined {
  const { service, rules } = entry;
  const chain = decidingChain(rules);
  const name = nameOf(rules, chain);
  const whole = table.entry !== undefined;
  const way = followRules(rules, table.chains, service, name, whole, budget);
  // Hashing the names of all services would cost more than all else that is done with the rules.
  const mayBeKubernetes = isNamedKubernetes(name, chain) || service.port === HTTPS_PORT;
  // A rule that leads into no service's chain and translates nothing is another's: a mark, a log.
  if (way.targets.length === 0 && (chain === undefined || !isServiceChain(chain))) return undefined;
  return {
    backend: table.backend,
    service,
    name,
    chain: chain === undefined ? undefined : shown(chain),
    targets: way.targets,
    oddities: [
      ...reachOddities(entry),
      ...(mayBeKubernetes ? chainOddities(name, chain, way.targets) : []),
      ...way.oddities,
      ...targetOddities(way),
    ],
  };
}

function refused(entry: ServiceEntry, table: RuleTable, budget: Budget): ServiceNat | undefined {
  const { service, rules } = entry;
  const way = followRules(rules, table.chains, service, undefined, true, budget);
  if (way.refused === undefined) return undefined;
  return {
    backend: table.backend,
    service,
    name: nameOf(rules, undefined),
    chain: undefined,
    targets: [],
    oddities: [`has no endpoints here: new connections are ${way.refused}`],
  };
}

/** The chain that a service's rules lead to: a service's own, before one that marks. */
function decidingChain(rules: readonly NatRule[]): string | undefined {
  const chains = rules.flatMap(({ verdict }) => (verdict.kind === "chain" ? [verdict.chain] : []));
  return chains.find(isServiceChain) ?? chains.at(-1);
}

function nameOf(rules: readonly NatRule[], chain: string | undefined): string | undefined {
  for (const { comment } of rules) {
    const name = comment === undefined ? undefined : serviceOfComment(comment);
    if (name !== undefined) return name;
  }
  if (chain === undefined) return undefined;
  return chain === KUBERNETES_CHAIN ? KUBERNETES_SERVICE : serviceOfNftChain(chain);
}

function reachOddities({ chain, reached }: ServiceEntry): string[] {
  if (reached === undefined || (reached.prerouting && reached.output)) return [];
  const where = shown(chain);
  if (!reached.prerouting && !reached.output)
    return [`nothing leads to ${where}: new connections are not translated`];
  return reached.output
    ? [`nothing leads to ${where} before routing: connections of pods are not translated`]
    : [`nothing leads to ${where} on output: connections of this host are not translated`];
}

/** Chains of kube-proxy whose names are not what it makes of the service and the endpoint. */
function chainOddities(
  name: string | undefined,
  chain: string | undefined,
  targets: readonly NatTarget[],
): string[] {
  if (name === undefined || chain === undefined) return [];
  const odd: string[] = [];
  if (chain.startsWith("KUBE-")) {
    const hash = chain.slice(chain.indexOf("-", 5) + 1);
    if (hash !== serviceHash(name)) odd.push(`${shown(chain)} is not the chain of ${name}`);
  } else if (
    isServiceChain(chain) &&
    !nftServiceChain(name).endsWith(chain.slice(chain.indexOf("-")))
  )
    odd.push(`${shown(chain)} is not the chain of ${name}`);
  for (const { to, chain: own } of targets) {
    const computed = own === undefined ? undefined : computedChain(own, name, to);
    if (computed !== undefined && computed !== own)
      odd.push(`${own} is not the chain of ${name} and ${endpointId(to)}`);
  }
  return odd;
}

function computedChain(chain: string, name: string, to: Endpoint): string | undefined {
  if (chain.startsWith("KUBE-SEP-")) return endpointChain(name, to);
  return chain.startsWith("endpoint-") ? nftEndpointChain(name, to) : undefined;
}

function targetOddities({ targets, untranslated }: Way): string[] {
  const odd: string[] = [];
  if (targets.length === 0) odd.push("has no target");
  else if (untranslated !== undefined && untranslated > SHARE_TOLERANCE)
    odd.push(`${percent(untranslated)} of new connections are led to no target`);
  const seen = new Map<string, number>();
  for (const { to } of targets) {
    const id = endpointId(to);
    seen.set(id, (seen.get(id) ?? 0) + 1);
  }
  for (const [to, times] of seen) if (times > 1) odd.push(`${to} is a target ${times} times`);
  return odd;
}

/** Whether it is one of those by which new connections are led to no target. */
export function leavesUntranslated(oddity: string): boolean {
  return /\b(?:not translated|led to no target)\b/.test(oddity);
}

/** By family, address, port and back end, so that the order of a dump does not matter. */
export function inOrder(services: readonly ServiceNat[]): ServiceNat[] {
  return services
    .map((service) => ({ service, key: sortKey(service) }))
    .toSorted((left, right) => (left.key < right.key ? -1 : Number(left.key > right.key)))
    .map(({ service }) => service);
}

function sortKey({ service: { ip, port }, backend }: ServiceNat): string {
  // IPv4 in front, as its first character is below that of any 16 bytes.
  const bytes = ip.includes(":") ? ipaddr.parse(ip).toByteArray() : ip.split(".").map(Number);
  const address = String.fromCharCode(bytes.length, ...bytes);
  return `${address}${String(port).padStart(5, "0")}${backend}`;
}
