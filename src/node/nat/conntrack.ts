import ipaddr from "ipaddr.js";
import { familyOf } from "../../model/ip.ts";
import type { ConntrackUse, TrackedConnection } from "../../model/node/nat.ts";
import type { Endpoint } from "../../model/node/socket.ts";
import { readIp } from "./ip-text.ts";
import { readPort } from "./rule.ts";

/** More than one process has open to a control plane; a table may hold a million. */
const MAX_CONNECTIONS = 100_000;

/**
 * TCP connections of `/proc/net/nf_conntrack` or `conntrack -L`, in its order. With `wanted`, only
 * those that were opened to one of these addresses: of other lines no more is read than where they
 * go to, so that a full table costs little. Lines of another form are passed over.
 */
export function readConntrack(text: string, wanted?: ReadonlySet<string>): TrackedConnection[] {
  const spellings = wanted === undefined ? undefined : spellingsOf(wanted);
  const found: TrackedConnection[] = [];
  const places = { next: -1 };
  let start = 0;
  while (start < text.length && found.length < MAX_CONNECTIONS) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    if (spellings === undefined || spellings.has(destinationOf(text, start, end, places))) {
      const connection = readTracked(text.slice(start, end));
      if (connection !== undefined) found.push(connection);
    }
    start = end + 1;
  }
  return found;
}

/** Of `nf_conntrack_count` and `nf_conntrack_max` in /proc/sys/net/netfilter. */
export function readConntrackUse(count: string, max: string): ConntrackUse | undefined {
  const numbers = [count.trim(), max.trim()];
  if (!numbers.every((text) => /^\d{1,15}$/.test(text))) return undefined;
  return { count: Number(numbers[0]), max: Number(numbers[1]) };
}

const DESTINATION = " dst=";

/**
 * The line's first `dst=`: as the client opened it. `places.next` is where the next one of the text
 * is, so that lines without one do not make each search go through all that follows.
 */
function destinationOf(text: string, start: number, end: number, places: { next: number }): string {
  if (places.next < start) {
    const found = text.indexOf(DESTINATION, start);
    places.next = found === -1 ? text.length : found;
  }
  if (places.next >= end) return "";
  const from = places.next + DESTINATION.length;
  const space = text.indexOf(" ", from);
  return text.slice(from, space === -1 || space > end ? end : space);
}

/** The kernel writes IPv6 in full, the tool in short. */
function spellingsOf(wanted: ReadonlySet<string>): Set<string> {
  const spellings = new Set<string>();
  for (const text of wanted) {
    const ip = readIp(text);
    if (ip === undefined) continue;
    spellings.add(ip);
    if (familyOf(ip) === 6)
      spellings.add(
        ipaddr
          .parse(ip)
          .toByteArray()
          .map(hexOf)
          .join("")
          .replace(/(.{4})(?!$)/g, "$1:"),
      );
  }
  return spellings;
}

function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

/** One line; undefined of other protocols and other text. */
function readTracked(line: string): TrackedConnection | undefined {
  const words = line.split(" ").filter((word) => word !== "");
  // ipv4     2 tcp      6 …: the kernel's form, and the tool's `-o extended`
  let at = words[0] === "ipv4" || words[0] === "ipv6" ? 2 : 0;
  if (words[at++] !== "tcp" || words[at++] !== "6") return undefined;
  const timeout = /^\d{1,10}$/.test(words[at] ?? "") ? Number(words[at++]) : undefined;
  const state = /^[A-Z][A-Z_\d]{1,30}$/.test(words[at] ?? "") ? words[at++] : undefined;
  const flags = words.filter((word) => word.startsWith("["));
  const [opened, answered] = tuplesOf(words.slice(at));
  if (opened === undefined || answered === undefined) return undefined;
  return {
    source: opened.source,
    destination: opened.destination,
    target: answered.source,
    // A connection that was handed to a flow table has neither state nor timeout.
    state: state ?? flags.find((flag) => flag.endsWith("OFFLOAD]"))?.slice(1, -1) ?? "UNKNOWN",
    timeoutSeconds: timeout,
    assured: flags.includes("[ASSURED]"),
    replied: !flags.includes("[UNREPLIED]"),
  };
}

interface Tuple {
  readonly source: Endpoint;
  readonly destination: Endpoint;
}

/** `src=… dst=… sport=… dport=…` of both directions; counters may stand between. */
function tuplesOf(words: readonly string[]): (Tuple | undefined)[] {
  const drafts: Map<string, string>[] = [];
  for (const word of words) {
    const equals = word.indexOf("=");
    if (equals === -1) continue;
    const key = word.slice(0, equals);
    if (key === "src") drafts.push(new Map());
    drafts.at(-1)?.set(key, word.slice(equals + 1));
  }
  return drafts.map((draft) => {
    const source = endpointOf(draft.get("src"), draft.get("sport"));
    const destination = endpointOf(draft.get("dst"), draft.get("dport"));
    return source === undefined || destination === undefined ? undefined : { source, destination };
  });
}

function endpointOf(host: string | undefined, service: string | undefined): Endpoint | undefined {
  const ip = host === undefined ? undefined : readIp(host);
  const port = service === undefined ? undefined : readPort(service);
  return ip === undefined || port === undefined ? undefined : { ip, port };
}
