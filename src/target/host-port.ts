import { canonicalIp } from "../model/ip.ts";
import type { ConnectToRule, ResolverChoice } from "../model/request.ts";
import { parsePort } from "./numbers.ts";
import { bad, ok, type Parsed, quoteInput } from "./parsed.ts";

const DNS_PORT = 53;

/** `system`, `10.0.0.2`, `10.0.0.2:5353`, `fd00::2`, `[fd00::2]:5353`. */
export function parseResolver(text: string): Parsed<ResolverChoice> {
  if (text === "system") return ok({ kind: "system" });
  const whole = canonicalIp(text);
  if (whole !== undefined) return ok({ kind: "server", ip: whole, port: DNS_PORT });
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(.*))?$/.exec(text);
  const ip = canonicalIp(match?.[1] ?? match?.[2] ?? "");
  if (ip === undefined) {
    return bad(
      `${quoteInput(text)} is not a resolver; give an IP with an optional port (10.0.0.2, 10.0.0.2:5353, [fd00::2]:53) or "system"`,
    );
  }
  if (match?.[3] === undefined) return ok({ kind: "server", ip, port: DNS_PORT });
  const port = parsePort(match[3]);
  return port.kind === "bad" ? port : ok({ kind: "server", ip, port: port.value });
}

/** A host of --connect-to: a name, an IPv4 address, or an IPv6 address in brackets; may be empty. */
const HOST = String.raw`(\[[0-9A-Fa-f:.]+\]|[^:[\]\s]*)`;
const CONNECT_TO = new RegExp(`^${HOST}:([0-9]*):${HOST}:([0-9]*)$`);

/**
 * curl's `HOST1:PORT1:HOST2:PORT2`: connections meant for HOST1:PORT1 are made to HOST2:PORT2
 * instead, while SNI, Host and the expected name stay. An empty part on the left means any, on the
 * right: unchanged. Source: curl(1), --connect-to.
 */
export function parseConnectTo(text: string): Parsed<ConnectToRule> {
  const match = CONNECT_TO.exec(text);
  if (!match) {
    return bad(
      `${quoteInput(text)} is not a --connect-to rule; write HOST1:PORT1:HOST2:PORT2, with IPv6 in brackets, empty parts meaning any`,
    );
  }
  const [, fromHost = "", fromPort = "", toHost = "", toPort = ""] = match;
  const ports = [fromPort, toPort].map((part) => (part === "" ? ok(undefined) : parsePort(part)));
  const wrong = ports.find((port) => port.kind === "bad");
  if (wrong?.kind === "bad") return bad(`${wrong.problem} in --connect-to ${quoteInput(text)}`);
  const [from, to] = ports.map((port) => (port.kind === "ok" ? port.value : undefined));
  for (const host of [fromHost, toHost]) {
    if (host.startsWith("[") && canonicalIp(unbracket(host)) === undefined) {
      return bad(`${quoteInput(host)} in --connect-to ${quoteInput(text)} is not an IPv6 address`);
    }
  }
  return ok({ fromHost: hostOf(fromHost), fromPort: from, toHost: hostOf(toHost), toPort: to });
}

function hostOf(text: string): string | undefined {
  if (text === "") return undefined;
  const bare = unbracket(text);
  return canonicalIp(bare) ?? bare.toLowerCase();
}

function unbracket(host: string): string {
  return host.replaceAll(/^\[|\]$/g, "");
}

/** Where a connection goes, and whether a rule that names it sent it there. */
export interface DialTarget {
  readonly host: string;
  readonly port: number;
  /** any: a rule without HOST1, such as a catch-all. named: the user named this very address. */
  readonly rule: "none" | "any" | "named";
}

/** The first matching rule wins; `names` are what the connection may be called, ip and host name. */
export function applyConnectTo(
  rules: readonly ConnectToRule[],
  names: readonly string[],
  ip: string,
  port: number,
): DialTarget {
  const rule = rules.find(
    ({ fromHost, fromPort }) =>
      (fromHost === undefined || names.includes(fromHost)) &&
      (fromPort === undefined || fromPort === port),
  );
  if (!rule) return { host: ip, port, rule: "none" };
  return {
    host: rule.toHost ?? ip,
    port: rule.toPort ?? port,
    rule: rule.fromHost === undefined ? "any" : "named",
  };
}
