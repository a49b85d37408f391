import { ipSortKey } from "../../model/ip.ts";
import type { NodeFlow } from "../../model/node/flow.ts";
import { isDottedDecimal } from "../nat/ip-text.ts";

/**
 * To the control plane first; there kubelet, kube-proxy, the others by name, those unseen last; of
 * one process by where they go. Does not depend on the order in which they were found.
 */
export function inOrder(flows: readonly NodeFlow[]): readonly NodeFlow[] {
  const ips = placesOf(flows.flatMap(({ seen, socket }) => [seen.ip, socket.local.ip]));
  return flows
    .map((flow) => keyed(flow, ips))
    .toSorted(compareKeyed)
    .map(({ flow }) => flow);
}

/** By numbers, as a busy worker has thousands of connections to two addresses. */
interface Keyed {
  readonly flow: NodeFlow;
  readonly rank: number;
  readonly name: string;
  readonly pid: number;
  readonly seen: number;
  readonly local: number;
}

function keyed(flow: NodeFlow, ips: ReadonlyMap<string, number>): Keyed {
  const { direction, process, seen, socket } = flow;
  return {
    flow,
    rank: DIRECTIONS[direction] + rankOf(flow),
    name: process?.name ?? "",
    pid: process?.pid ?? 0,
    seen: (ips.get(seen.ip) ?? 0) * PORTS + seen.port,
    local: (ips.get(socket.local.ip) ?? 0) * PORTS + socket.local.port,
  };
}

const PORTS = 65_536;

function placesOf(ips: readonly string[]): ReadonlyMap<string, number> {
  const keys = [...new Set(ips)].map((ip) => ({ ip, key: keyOf(ip) }));
  const sorted = keys.toSorted((a, b) => compareText(a.key, b.key));
  return new Map(sorted.map(({ ip }, place) => [ip, place]));
}

/** The same order as that of `compareIps`, sooner for what the kernel writes. */
function keyOf(ip: string): string {
  if (!isDottedDecimal(ip)) return ipSortKey(ip);
  return `4${ip
    .split(".")
    .map((part) => part.padStart(3, "0"))
    .join("")}`;
}

function compareKeyed(a: Keyed, b: Keyed): number {
  return (
    a.rank - b.rank ||
    compareText(a.name, b.name) ||
    a.pid - b.pid ||
    a.seen - b.seen ||
    a.local - b.local ||
    compareText(wholeOf(a.flow), wholeOf(b.flow))
  );
}

/** The same pair of addresses may be met in several namespaces. */
function wholeOf({ socket, translation, address }: NodeFlow): string {
  return JSON.stringify([socket, translation, address]);
}

const DIRECTIONS = { "to-control-plane": 0, "from-control-plane": 4 } as const;

const RANKS: ReadonlyMap<string, number> = new Map([
  ["kubelet", 0],
  ["kube-proxy", 1],
]);

const [OTHERS, UNSEEN] = [2, 3];

function rankOf({ process }: NodeFlow): number {
  return process === undefined ? UNSEEN : (RANKS.get(process.name) ?? OTHERS);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
