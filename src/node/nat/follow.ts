import { HTTPS_PORT } from "../../model/address.ts";
import type { NatTarget } from "../../model/node/nat.ts";
import { type Endpoint, endpointId } from "../../model/node/socket.ts";
import { sanitizeText } from "../../model/text.ts";
import { endpointChain } from "./kube-chains.ts";
import type { NatRule, Share, Verdict } from "./rule.ts";

/** The kernel nests chains no deeper than 16 for iptables, and 16 jumps for nft. */
const MAX_DEPTH = 16;

/**
 * Rules looked at for one service, and for all of a dump: more than the largest have, and an end to
 * chains that double at each step.
 */
const MAX_STEPS = 20_000;
const MAX_STEPS_OF_ALL = 5_000_000;

/** How many rules may still be looked at. */
export interface Budget {
  left: number;
}

/** The budget of one dump that nothing was taken of so far. */
export function fullBudget(): Budget {
  return { left: MAX_STEPS_OF_ALL };
}

/** Below it, shares are equal: the kernel keeps them in 31 bits. */
export const SHARE_TOLERANCE = 1e-6;

/** Where new connections to one service address go. */
export interface Way {
  readonly targets: readonly NatTarget[];
  /** Of them that are led nowhere; undefined where shares are hidden. */
  readonly untranslated: Share;
  readonly refused: "refused" | "dropped" | undefined;
  readonly oddities: readonly string[];
}

/**
 * Follows a new TCP connection to `service` through `rules` and the chains that they lead to. `name`
 * is the service's where the rules tell it: with it a chain of one endpoint says its address even
 * where the dump hides it.
 */
export function followRules(
  rules: readonly NatRule[],
  chains: ReadonlyMap<string, readonly NatRule[]>,
  service: Endpoint,
  name: string | undefined,
  whole: boolean,
  budget: Budget,
): Way {
  const walk = new Walk(chains, service, name, whole, Math.min(MAX_STEPS, budget.left));
  const untranslated = walk.through(rules, undefined, 1, 0);
  budget.left -= walk.steps;
  return { targets: walk.targets, untranslated, refused: walk.refused, oddities: walk.oddities };
}

class Walk {
  readonly targets: NatTarget[] = [];
  readonly #oddities = new Set<string>();
  refused: "refused" | "dropped" | undefined;
  steps = 0;
  readonly #maxSteps: number;
  /** How often a connection's way ended so far: by which it shows whether a chain ends any. */
  #ends = 0;
  readonly #chains: ReadonlyMap<string, readonly NatRule[]>;
  readonly #service: Endpoint;
  readonly #name: string | undefined;
  readonly #whole: boolean;

  constructor(
    chains: ReadonlyMap<string, readonly NatRule[]>,
    service: Endpoint,
    name: string | undefined,
    whole: boolean,
    maxSteps: number,
  ) {
    this.#maxSteps = maxSteps;
    this.#chains = chains;
    this.#service = service;
    this.#name = name;
    this.#whole = whole;
  }

  get oddities(): readonly string[] {
    return [...this.#oddities];
  }

  /** What of `share` is undecided at the end of the rules. */
  through(
    rules: readonly NatRule[],
    chain: string | undefined,
    share: Share,
    depth: number,
  ): Share {
    let rest = share;
    let returned: Share = 0;
    for (const rule of rules) {
      if (this.steps >= this.#maxSteps) {
        this.#oddities.add("has more rules than are read here: not all that it does is known");
        return undefined;
      }
      this.steps++;
      const match = matchOf(rule, this.#service);
      // The clients that the kernel remembers go where they went, which the other rules tell.
      if (match === "no" || rule.sticky || rule.verdict.kind === "none") continue;
      const taken = times(rest, match === "maybe" ? undefined : rule.chance);
      const endsBefore = this.#ends;
      const back = this.#decide(rule.verdict, rules, chain, taken, depth);
      const { verdict } = rule;
      const goesOn = verdict.kind === "chain" && verdict.returns;
      if (goesOn && this.#ends === endsBefore) continue;
      rest = less(rest, taken);
      if (goesOn) rest = plus(rest, back);
      else returned = plus(returned, back);
    }
    return plus(rest, returned);
  }

  /** What of `taken` comes back undecided. */
  #decide(
    verdict: Verdict,
    rules: readonly NatRule[],
    chain: string | undefined,
    taken: Share,
    depth: number,
  ): Share {
    if (verdict.kind === "chain") return this.#into(verdict.chain, taken, depth);
    if (verdict.kind === "return") return taken;
    this.#ends++;
    if (verdict.kind === "refuse") this.refused ??= verdict.how;
    if (verdict.kind === "dnat") this.#arrive(verdict.to, rules, chain, taken);
    return 0;
  }

  #into(name: string, share: Share, depth: number): Share {
    const rules = this.#chains.get(name);
    if (rules === undefined) return this.#missing(name, share);
    if (depth >= MAX_DEPTH) return share;
    const endsBefore = this.#ends;
    const left = this.through(rules, name, share, depth + 1);
    if (isEndpointChain(name) && this.#ends === endsBefore)
      this.#oddities.add(`${shown(name)} has no DNAT: what is led there is not translated by it`);
    return left;
  }

  /** What goes into a chain of kube-proxy that was not dumped is led somewhere. */
  #missing(name: string, share: Share): Share {
    const leads = name.startsWith("KUBE-SVC-") || isEndpointChain(name);
    if (leads || this.#whole) this.#oddities.add(`${shown(name)} is not in the rules`);
    if (!leads) return share;
    this.#ends++;
    return 0;
  }

  #arrive(
    to: { readonly ip: string; readonly port: number | undefined } | undefined,
    rules: readonly NatRule[],
    chain: string | undefined,
    share: Share,
  ): void {
    const target =
      to === undefined
        ? this.#proven(rules, chain)
        : { ip: to.ip, port: to.port ?? this.#service.port };
    if (target === undefined) {
      const where = chain === undefined ? "a DNAT" : `the DNAT of ${shown(chain)}`;
      this.#oddities.add(`where ${where} leads is not shown here; iptables-save shows it`);
      return;
    }
    if (share === 0 && chain !== undefined)
      this.#oddities.add(`${shown(chain)} is never reached: rules before it take every connection`);
    const own = chain === undefined ? undefined : shown(chain);
    // Ways that depend on where a connection comes from meet at the same endpoints.
    if (share === undefined && !this.#isNew(target, own)) return;
    this.targets.push({ to: target, probability: share, chain: own, weight: undefined });
  }

  /** Endpoints with a chain each, that a share is not known of. */
  readonly #open = new Set<string>();

  #isNew(to: Endpoint, chain: string | undefined): boolean {
    const key = `${endpointId(to)} ${chain ?? ""}`;
    const isNew = !this.#open.has(key);
    this.#open.add(key);
    return isNew;
  }

  /**
   * The address of a hidden DNAT: kube-proxy marks what an endpoint sends to itself, by its source,
   * in the same chain; and the chain's name is a hash of the whole, so that it proves the port.
   */
  #proven(rules: readonly NatRule[], chain: string | undefined): Endpoint | undefined {
    const name = this.#name;
    if (chain === undefined || name === undefined) return undefined;
    for (const { source } of rules) {
      if (source === undefined) continue;
      for (const port of [this.#service.port, HTTPS_PORT, 6443]) {
        if (endpointChain(name, { ip: source, port }) === chain) return { ip: source, port };
      }
    }
    return undefined;
  }
}

function matchOf(rule: NatRule, service: Endpoint): "yes" | "no" | "maybe" {
  if (rule.protocol !== undefined && rule.protocol !== "tcp") return "no";
  if (rule.destination !== undefined && rule.destination !== service.ip) return "no";
  if (rule.port !== undefined && rule.port !== service.port) return "no";
  return rule.narrowed ? "maybe" : "yes";
}

function isEndpointChain(chain: string): boolean {
  return chain.startsWith("KUBE-SEP-") || chain.startsWith("endpoint-");
}

/** Names come from outside. */
export function shown(chain: string): string {
  return sanitizeText(chain, 256);
}

function times(share: Share, chance: Share): Share {
  if (share === 0 || chance === 0) return 0;
  if (chance === 1) return share;
  return share === undefined || chance === undefined ? undefined : share * chance;
}

function plus(left: Share, right: Share): Share {
  return left === undefined || right === undefined ? undefined : left + right;
}

function less(share: Share, taken: Share): Share {
  if (share === undefined || taken === undefined) return undefined;
  const left = share - taken;
  return left < 1e-12 ? 0 : left;
}
