import ipaddr from "ipaddr.js";
import { canonicalIp } from "../../model/ip.ts";
import type { Endpoint, TcpSocket, TcpState } from "../../model/node/socket.ts";

/** By the number in column `st`: `include/net/tcp_states.h`. */
const STATES: ReadonlyMap<string, TcpState> = new Map([
  ["01", "established"],
  ["02", "syn-sent"],
  ["03", "syn-recv"],
  ["04", "fin-wait-1"],
  ["05", "fin-wait-2"],
  ["06", "time-wait"],
  ["07", "close"],
  ["08", "close-wait"],
  ["09", "last-ack"],
  ["0A", "listen"],
  ["0B", "closing"],
  // Half-open connections of listeners: NEW_SYN_RECV.
  ["0C", "syn-recv"],
]);

/** By the number before the colon in column `tr tm->when`: `net/ipv4/tcp_ipv4.c`. */
const TIMERS: ReadonlyMap<string, TcpSocket["timer"]> = new Map([
  ["00", "none"],
  ["01", "retransmit"],
  ["02", "keepalive"],
  ["03", "time-wait"],
  ["04", "zero-window"],
]);

/** Which sockets are built: those with one of these ports, here or at the other end. */
export interface WantedPorts {
  readonly local: readonly number[];
  readonly remote: readonly number[];
}

/**
 * The sockets of `/proc/net/tcp` or `/proc/net/tcp6`. A line that is not as the kernel writes it is
 * left out; the header is one. With `ports` only those are built: of many sockets few matter, and
 * reading addresses is what costs. Never throws.
 */
export function parseTcpTable(text: string, ports?: WantedPorts): readonly TcpSocket[] {
  const sockets: TcpSocket[] = [];
  for (const columns of text.matchAll(lineOf(ports))) {
    const socket = socketOf(columns);
    if (socket !== undefined) sockets.push(socket);
  }
  return sockets;
}

const ADDRESS = "[0-9A-F]{8}(?:[0-9A-F]{24})?";
const ENDPOINT = `(${ADDRESS}):([0-9A-F]{4})`;
/** tx:rx, tr:when, retrnsmt, uid, timeout, inode. Of when and timeout nothing is kept. */
const COUNTERS =
  "([0-9A-F]{8}):([0-9A-F]{8}) ([0-9A-F]{2}):[0-9A-F]{1,16} ([0-9A-F]{1,16}) {1,20}(\\d{1,15}) {1,20}\\d{1,20} {1,20}(\\d{1,15})(?!\\d)";

/**
 * A line is matched as a whole, since a loop through its characters costs many times as much. Every
 * repetition has an end: without one, megabytes of blanks overflow the regexp engine's stack.
 */
function lineOf(ports: WantedPorts | undefined): RegExp {
  const wanted =
    ports === undefined
      ? ""
      : `(?=${ADDRESS}:(?:${hexPorts(ports.local)} |[0-9A-F]{4} ${ADDRESS}:${hexPorts(ports.remote)} ))`;
  return new RegExp(
    `^ {0,10}\\d{1,10}: ${wanted}${ENDPOINT} ${ENDPOINT} ([0-9A-F]{2}) ${COUNTERS}`,
    "gm",
  );
}

function hexPorts(ports: readonly number[]): string {
  return `(?:${ports.map(hexPort).join("|")})`;
}

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, "0");
}

function socketOf(columns: readonly string[]): TcpSocket | undefined {
  const [, localIp = "", localPort = "", remoteIp = "", remotePort = "", st = ""] = columns;
  const state = STATES.get(st);
  const local = endpointOf(localIp, localPort);
  const remote = endpointOf(remoteIp, remotePort);
  if (state === undefined || local === undefined || remote === undefined) return undefined;
  const family = localIp.length === 8 ? 4 : 6;
  return { family, local, remote, state, ...countersOf(columns.slice(6)) };
}

function countersOf(
  columns: readonly string[],
): Omit<TcpSocket, "family" | "local" | "remote" | "state"> {
  const [send = "", receive = "", timer = "", retransmits = "", uid = "", inode = ""] = columns;
  return {
    sendQueueBytes: Number.parseInt(send, 16),
    receiveQueueBytes: Number.parseInt(receive, 16),
    timer: TIMERS.get(timer) ?? "none",
    retransmits: Number.parseInt(retransmits, 16),
    uid: Number(uid),
    inode: Number(inode),
  };
}

/** `1D69000A:8E3C`: 32-bit words in the byte order of the machine, here always little-endian. */
export function hexEndpoint(text: string): Endpoint | undefined {
  const [, address = "", port = ""] = HEX_ENDPOINT.exec(text) ?? [];
  return address === "" ? undefined : endpointOf(address, port);
}

const HEX_ENDPOINT = new RegExp(`^${ENDPOINT}$`);

function endpointOf(address: string, port: string): Endpoint | undefined {
  const ip = address.length === 8 ? dotted(address) : hexIpv6(address);
  return ip === undefined ? undefined : { ip, port: Number.parseInt(port, 16) };
}

function dotted(word: string): string {
  const value = Number.parseInt(word, 16);
  return `${value & 255}.${(value >>> 8) & 255}.${(value >>> 16) & 255}.${value >>> 24}`;
}

/** `::ffff:0:0/96`, as the kernel writes it. */
const MAPPED = "0000000000000000FFFF0000";

function hexIpv6(address: string): string | undefined {
  if (address.startsWith(MAPPED)) return dotted(address.slice(MAPPED.length));
  const bytes: number[] = [];
  for (let word = 0; word < address.length; word += 8) {
    for (let at = 6; at >= 0; at -= 2) {
      bytes.push(Number.parseInt(address.slice(word + at, word + at + 2), 16));
    }
  }
  return canonicalIp(ipaddr.fromByteArray(bytes).toString());
}

/** As `hexEndpoint` reads it. */
export function endpointHex({ ip, port }: Endpoint): string {
  const bytes = ipaddr.parse(ip).toByteArray();
  const words: string[] = [];
  for (let word = 0; word < bytes.length; word += 4) {
    words.push(
      bytes
        .slice(word, word + 4)
        .toReversed()
        .map(hexByte)
        .join(""),
    );
  }
  return `${words.join("")}:${hexPort(port)}`;
}

function hexByte(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, "0");
}
