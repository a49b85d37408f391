import { canonicalIp, isInCidrs, prefixLengthOf } from "../../../model/ip.ts";

/**
 * Whether NO_PROXY leaves this host out, by the rules of Go's clients, which kubectl is: `*`; a
 * range, for hosts that are addresses; a name, with or without a leading dot or `*.`, for itself
 * and all below it (with the dot, only for those below); each with a port only for that port.
 */
export function isExempt(noProxy: readonly string[], host: string, port: number): boolean {
  const wanted = host.toLowerCase().replace(/\.$/, "");
  if (wanted === "localhost" || isLoopbackIp(wanted)) return true;
  return noProxy.some((entry) => exempts(entry.trim().toLowerCase(), wanted, port));
}

function exempts(entry: string, host: string, port: number): boolean {
  if (entry === "") return false;
  if (entry === "*") return true;
  const ip = canonicalIp(host.replace(/^\[(.*)\]$/, "$1"));
  if (prefixLengthOf(entry) !== undefined) return ip !== undefined && isInCidrs(ip, [entry]);
  const { name, onlyPort } = splitPort(entry);
  if (onlyPort !== undefined && onlyPort !== port) return false;
  if (ip !== undefined) return canonicalIp(name) === ip;
  const suffix = name.startsWith("*.") ? name.slice(1) : name;
  if (suffix.startsWith(".")) return host.endsWith(suffix);
  return host === suffix || host.endsWith(`.${suffix}`);
}

function splitPort(entry: string): { readonly name: string; readonly onlyPort?: number } {
  if (canonicalIp(entry) !== undefined) return { name: entry };
  const match = /^(?:\[(?<inner>[^\]]*)\]|(?<name>[^:]*)):(?<port>\d{1,5})$/.exec(entry);
  if (match === null) return { name: entry.replace(/^\[(.*)\]$/, "$1") };
  return {
    name: match.groups?.["inner"] ?? match.groups?.["name"] ?? "",
    onlyPort: Number(match.groups?.["port"]),
  };
}

function isLoopbackIp(host: string): boolean {
  return isInCidrs(host.replace(/^\[(.*)\]$/, "$1"), ["127.0.0.0/8", "::1/128"]);
}
