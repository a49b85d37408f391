import { canonicalIp } from "../../model/ip.ts";

/** The resolver asks no more than three; a file may name more. */
const MAX_SERVERS = 20;

/**
 * IPs of the name servers in `/etc/resolv.conf`, in order. The zone of a link-local address
 * (`fe80::1%eth0`) is dropped, and what is no address is passed over. Never throws.
 */
export function readNameServers(text: string): readonly string[] {
  const servers: string[] = [];
  for (const line of text.split("\n")) {
    // The resolver wants the word at the very start, and blanks behind it.
    const written = /^nameserver[ \t]+([^\s#;]+)/.exec(line)?.[1];
    const ip = written === undefined ? undefined : canonicalIp(written.replace(/%.*$/, ""));
    if (ip !== undefined) servers.push(ip);
    if (servers.length === MAX_SERVERS) break;
  }
  return servers;
}
