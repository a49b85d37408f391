import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv6, type Server, type Socket } from "node:net";
import type { DnsFault } from "../scenario.ts";
import type { DnsLogEntry, DnsTransport } from "./answer.ts";
import { answerMessage } from "./answer.ts";
import type { Zone } from "./records.ts";
import { createTcpSide } from "./tcp.ts";

export interface DnsOptions {
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free one, the same for UDP and TCP. */
  readonly port?: number;
  /** Asked at every question, so that a scenario may change under way. */
  zone(): Zone;
  fault(): DnsFault | undefined;
  /** Added before every answer, in milliseconds. */
  readonly latencyMs: number;
  /** Closes a TCP connection on which nothing moved for so long. Default 10 s. */
  readonly tcpIdleMs?: number;
}

export interface RunningDns {
  readonly host: string;
  readonly port: number;
  /** The latest questions, oldest first, at most 1000. */
  log(): readonly DnsLogEntry[];
  close(): Promise<void>;
}

const LOG_ENTRIES = 1000;
const PORT_ATTEMPTS = 20;

interface Listeners {
  readonly tcp: Server;
  readonly udp: UdpSocket;
  readonly port: number;
}

/** A DNS server that answers from a zone as dnsmasq does (recorded), over UDP and TCP. */
export async function startDnsServer(options: DnsOptions): Promise<RunningDns> {
  const host = options.host ?? "127.0.0.1";
  const log: DnsLogEntry[] = [];
  const asked = new Map<string, number>();
  const timers = new Set<NodeJS.Timeout>();
  const sockets = new Set<Socket>();

  function handle(message: Buffer, transport: DnsTransport, reply: (bytes: Buffer) => void): void {
    const answered = answerMessage(message, {
      zone: options.zone(),
      fault: options.fault(),
      transport,
      timesAsked: (key) => countUp(asked, key),
    });
    if (answered.logged !== undefined) {
      log.push(answered.logged);
      if (log.length > LOG_ENTRIES) log.shift();
    }
    const bytes = answered.reply;
    if (bytes === undefined) return;
    if (options.latencyMs <= 0) {
      reply(bytes);
      return;
    }
    const timer = setTimeout(() => {
      timers.delete(timer);
      reply(bytes);
    }, options.latencyMs);
    timers.add(timer);
  }

  const { tcp, udp, port } = await listenOnBoth(host, options.port ?? 0, () =>
    createTcpSide({
      idleMs: options.tcpIdleMs ?? 10_000,
      onMessage: (message, reply) => handle(message, "tcp", reply),
    }),
  );
  tcp.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  let closed = false;
  udp.on("message", (message, peer) => {
    handle(message, "udp", (bytes) => {
      // A client that is gone (ICMP port unreachable) is no concern of the server.
      if (!closed) udp.send(bytes, peer.port, peer.address, () => undefined);
    });
  });
  udp.on("error", () => undefined);

  return {
    host,
    port,
    log: () => [...log],
    async close() {
      if (closed) return;
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
      udp.close();
      tcp.close();
      await once(tcp, "close");
    },
  };
}

function countUp(counts: Map<string, number>, key: string): number {
  const before = counts.get(key) ?? 0;
  counts.set(key, before + 1);
  return before;
}

/** TCP picks the port; where UDP cannot have the same one, another is tried. */
async function listenOnBoth(host: string, port: number, tcpSide: () => Server): Promise<Listeners> {
  for (let attempt = 1; ; attempt += 1) {
    const tcp = tcpSide();
    tcp.listen(port, host);
    await once(tcp, "listening");
    const address = tcp.address();
    const bound = typeof address === "object" && address !== null ? address.port : port;
    const udp = createSocket(isIPv6(host) ? "udp6" : "udp4");
    try {
      udp.bind(bound, host);
      await once(udp, "listening");
      return { tcp, udp, port: bound };
    } catch (error) {
      udp.close();
      tcp.close();
      if (port !== 0 || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}
