import ipaddr from "ipaddr.js";
import type { LabRules } from "../scenario/worker.ts";

/** What the routes are made of. */
export interface RouteWorld {
  readonly addresses: readonly string[];
  readonly podIps: readonly string[];
  readonly rules: readonly LabRules[];
}

/**
 * `/proc/net/fib_trie` as far as single addresses go: the node's own and loopback's are local, the
 * VPC CNI has a route to each pod, and kube-proxy in mode IPVS gives the node every service's
 * address (device kube-ipvs0). As net/ipv4/fib_trie.c prints leaves; without the nodes in between.
 */
export function routeTable({ addresses, podIps, rules }: RouteWorld): string {
  const bound = rules.flatMap(({ backend, services }) =>
    backend === "ipvs" ? services.map(({ ip }) => ip) : [],
  );
  const leaves = [
    ["0.0.0.0", "/0 universe UNICAST"],
    ...podIps.map((ip) => [ip, "/32 link UNICAST"] as const),
    ...["127.0.0.1", ...addresses, ...bound].map((ip) => [ip, "/32 host LOCAL"] as const),
  ] as const;
  const lines = [...leaves]
    .toSorted(([one], [other]) => Math.sign(numberOf(one) - numberOf(other)))
    .map(([ip, how]) => `     |-- ${ip}\n        ${how}\n`);
  return `Main:\n  +-- 0.0.0.0/0 3 0 5\n${lines.join("")}`;
}

function numberOf(ip: string): number {
  return ipaddr.IPv4.parse(ip)
    .toByteArray()
    .reduce((value, byte) => value * 256 + byte, 0);
}
