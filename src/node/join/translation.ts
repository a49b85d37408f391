import { reasonOf, valueOf } from "../../model/fact.ts";
import type { Translation } from "../../model/node/flow.ts";
import type { ServiceNat, TrackedConnection } from "../../model/node/nat.ts";
import type { NodeSnapshot } from "../../model/node/snapshot.ts";
import { type Endpoint, endpointId, type TcpSocket } from "../../model/node/socket.ts";
import { blindToRules } from "../blind.ts";

/**
 * Where the kernel's record says that a connection goes; undefined where there is none. A pod's
 * connection has the pod's address in the worker's table, too.
 */
export function trackedBy({
  conntrack,
}: NodeSnapshot): (socket: TcpSocket) => Endpoint | undefined {
  // By numbers where it can be: a table may have 100,000 entries.
  const bySource = new Map<string, Map<number, TrackedConnection[]>>();
  for (const one of valueOf(conntrack) ?? []) {
    const { ip, port } = one.source;
    const ports = bySource.get(ip);
    const own = ports?.get(port);
    if (own !== undefined) own.push(one);
    else if (ports !== undefined) ports.set(port, [one]);
    else bySource.set(ip, new Map([[port, [one]]]));
  }
  return ({ local, remote }) => {
    let best: TrackedConnection | undefined;
    for (const one of bySource.get(local.ip)?.get(local.port) ?? []) {
      const { ip, port } = one.destination;
      if (ip !== remote.ip || port !== remote.port) continue;
      best = best === undefined ? one : likelier(best, one);
    }
    return best?.target;
  };
}

/** In several zones the same pair may be tracked twice: the one with an answer is the connection. */
function likelier(a: TrackedConnection, b: TrackedConnection): TrackedConnection {
  if (a.replied !== b.replied) return a.replied ? a : b;
  if (a.assured !== b.assured) return a.assured ? a : b;
  const [left, right] = [a, b].map(({ target }) => endpointId(target));
  return (left ?? "") <= (right ?? "") ? a : b;
}

/** How the rules would translate a new connection to a service address; or why that is not known. */
export function ruledBy(
  rules: readonly ServiceNat[],
  snapshot: NodeSnapshot,
): (to: Endpoint) => Translation {
  // Thousands of connections go to one address.
  const found = new Map<string, Translation>();
  return (to) => {
    const key = endpointId(to);
    const before = found.get(key);
    if (before !== undefined) return before;
    const own = rules.filter(({ service }) => endpointId(service) === key);
    const translation = byRules(own, snapshot);
    found.set(key, translation);
    return translation;
  };
}

function byRules(own: readonly ServiceNat[], snapshot: NodeSnapshot): Translation {
  const { nat, conntrack } = snapshot;
  const [first] = own.filter(({ targets }) => targets.length > 0);
  if (first !== undefined)
    return { kind: "by-rules", chain: first.chain, candidates: candidatesOf(own) };
  if (own.length > 0) return { kind: "unknown", reason: "its rules lead nowhere" };
  const why = [nat, conntrack].flatMap((fact) => reasonOf(fact) ?? []);
  return {
    kind: "unknown",
    reason: why.join("; ") || blindToRules(snapshot) || "no rule translates it",
  };
}

type Candidates = Extract<Translation, { readonly kind: "by-rules" }>["candidates"];

/** Each address once. Which of two back ends decides, neither of them says. */
function candidatesOf(rules: readonly ServiceNat[]): Candidates {
  const found = new Map<string, Candidates[number]>();
  const isOpen = rules.filter(({ targets }) => targets.length > 0).length > 1;
  for (const { targets } of rules) {
    for (const { to, probability } of targets) {
      const key = endpointId(to);
      const before = found.get(key);
      const share = isOpen
        ? undefined
        : sum(before === undefined ? 0 : before.probability, probability);
      found.set(key, { to, probability: share });
    }
  }
  return [...found.values()];
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}
