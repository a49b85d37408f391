import { canonicalIp } from "../../model/ip.ts";

/** A worker has some hundreds at most. */
const MAX_ADDRESSES = 2_000;

/**
 * A host's own addresses, without loopback and each once, from any of what shows them:
 * `/proc/net/fib_trie` (IPv4), `/proc/net/if_inet6`, and `ip route show table all`. Never throws.
 */
export function readLocalAddresses(text: string): readonly string[] {
  const found = new Set<string>();
  let leaf = "";
  for (const line of text.split("\n")) {
    if (found.size >= MAX_ADDRESSES) break;
    const words = line.trim().split(/\s+/, 6);
    const [first = "", second = "", third = ""] = words;
    // |-- 10.0.105.163, and on the next line: /32 host LOCAL
    if (first === "|--") leaf = second;
    else if (first === "/32" && second === "host" && third === "LOCAL") add(found, leaf);
    // local 10.0.105.163 dev eth0 table local proto kernel scope host src 10.0.105.163
    else if (first === "local" && third === "dev") add(found, second);
    // fe8000000000000000fc00fffe000001 02 40 20 80 eth0
    else if (words.length === 6 && /^[0-9a-f]{32}$/.test(first)) add(found, grouped(first));
  }
  return [...found];
}

/**
 * Pods of this host, as far as a route leads to each by itself, as the VPC CNI and Calico have it:
 * from `/proc/net/fib_trie`, or `ip route show table all`. IPv4. Never throws.
 */
export function readPodAddresses(text: string): readonly string[] {
  const found = new Set<string>();
  let leaf = "";
  for (const line of text.split("\n")) {
    if (found.size >= MAX_ADDRESSES) break;
    const [first = "", second = "", third = ""] = line.trim().split(/\s+/, 3);
    // |-- 10.0.105.77, and on the next line: /32 link UNICAST
    if (first === "|--") leaf = second;
    else if (first === "/32" && second === "link" && third === "UNICAST") add(found, leaf);
    // 10.0.105.77 dev eni3c6a1b2d4f5 scope link
    else if (second === "dev" && /^\d+\.\d+\.\d+\.\d+$/.test(first)) add(found, first);
  }
  return [...found];
}

function add(found: Set<string>, text: string): void {
  const ip = canonicalIp(text);
  if (ip !== undefined && !ip.startsWith("127.") && ip !== "::1") found.add(ip);
}

function grouped(hex: string): string {
  return (hex.match(/.{4}/g) ?? []).join(":");
}
