import { getServers } from "node:dns";
import { isIP } from "node:net";
import type { DnsServer } from "./udp.ts";

const DNS_PORT = 53;

/** This machine's DNS servers in the order a client asks them, as the platform's resolver read them. */
export function systemServers(): readonly DnsServer[] {
  return getServers().flatMap((text) => parseServer(text) ?? []);
}

/**
 * `ip`, `ip:port` or `[v6]:port`; undefined for anything else. A link-local server with a scope
 * (`fe80::1%eth0`) is left out: without its interface the address means nothing.
 */
export function parseServer(text: string): DnsServer | undefined {
  if (isIP(text) !== 0) return text.includes("%") ? undefined : { ip: text, port: DNS_PORT };
  const match = /^(?:\[([^\]%]+)\]|([\d.]+)):(\d{1,5})$/.exec(text);
  const ip = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (ip === undefined || isIP(ip) === 0 || port < 1 || port > 65_535) return undefined;
  return { ip, port };
}
