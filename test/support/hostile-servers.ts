import type { RemoteInfo } from "node:dgram";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type {
  Http2ServerRequest,
  Http2ServerResponse,
  Http2Session,
  ServerHttp2Stream,
} from "node:http2";
import { createSecureServer } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { TLSSocket, TlsOptions } from "node:tls";
import { createServer as createTlsServer } from "node:tls";
import type { Clock } from "../../src/model/ports.ts";
import type { TestLeaf } from "./test-pki.ts";

/** Real time, for tests whose waits are answers and not sleeps. */
export const realClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  wait: (ms, signal) => sleep(ms, undefined, { signal, ref: false }).catch(() => undefined),
};

/** A listener on loopback and what it saw. */
export interface Peer extends AsyncDisposable {
  readonly port: number;
  /** Names of events in the order they happened: `tcp`, `secure`, `handshake-failed`, `request …`. */
  readonly seen: string[];
}

function addressOf(server: { address(): AddressInfo | string | null }): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not bound to a port");
  return address;
}

async function listen(
  server: Server,
  seen: string[],
  sockets: ReadonlySet<Socket>,
  host: string,
): Promise<Peer> {
  server.listen(0, host);
  await once(server, "listening");
  return {
    port: addressOf(server).port,
    seen,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function track(server: Server, seen: string[]): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    seen.push("tcp");
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  return sockets;
}

/** Plain TCP: what `onConnection` does with each connection is the server's whole behaviour. */
export async function tcpPeer(
  onConnection: (socket: Socket) => void,
  host = "127.0.0.1",
): Promise<Peer> {
  const seen: string[] = [];
  const server = createTcpServer(onConnection);
  return listen(server, seen, track(server, seen), host);
}

function trackTls(server: Server, seen: string[]): void {
  server.on("secureConnection", (socket: TLSSocket) => {
    seen.push("secure");
    socket.on("error", () => undefined);
  });
  server.on("tlsClientError", () => seen.push("handshake-failed"));
}

/** TLS with raw bytes inside: for what no HTTP library would send. */
export async function tlsPeer(
  leaf: TestLeaf,
  onConnection: (socket: TLSSocket) => void,
  options: TlsOptions = {},
): Promise<Peer> {
  const seen: string[] = [];
  const server = createTlsServer({
    cert: leaf.cert,
    key: leaf.key,
    ALPNProtocols: ["http/1.1"],
    ...options,
  });
  trackTls(server, seen);
  server.on("secureConnection", onConnection);
  return listen(server, seen, track(server, seen), "127.0.0.1");
}

/** An HTTPS server over HTTP/2 and HTTP/1.1; `seen` tells each request with its authority. */
export async function httpsPeer(
  leaf: TestLeaf,
  respond: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
  options: TlsOptions = {},
): Promise<Peer> {
  const seen: string[] = [];
  const server = createSecureServer({
    cert: leaf.cert,
    key: leaf.key,
    allowHTTP1: true,
    ...options,
  });
  trackTls(server, seen);
  server.on("sessionError", () => undefined);
  server.on("request", (request, response) => {
    const host = request.headers[":authority"] ?? request.headers.host ?? "";
    seen.push(`request ${request.method} ${host} ${request.url}`);
    response.on("error", () => undefined);
    respond(request, response);
  });
  return listen(server, seen, track(server, seen), "127.0.0.1");
}

/** HTTP/2 by stream and session, for what goes wrong below the request. */
export async function http2Peer(
  leaf: TestLeaf,
  onStream: (stream: ServerHttp2Stream, session: Http2Session) => void,
): Promise<Peer> {
  const seen: string[] = [];
  const server = createSecureServer({ cert: leaf.cert, key: leaf.key });
  trackTls(server, seen);
  server.on("sessionError", () => undefined);
  server.on("stream", (stream) => {
    stream.on("error", () => undefined);
    if (stream.session !== undefined) onStream(stream, stream.session);
  });
  return listen(server, seen, track(server, seen), "127.0.0.1");
}

/** A DNS server's two halves on one port; either may be left out. */
export interface DnsPeerOptions {
  readonly udp?: (query: Buffer, reply: (packet: Buffer) => void, from: RemoteInfo) => void;
  readonly tcp?: (query: Buffer, socket: Socket) => void;
}

export interface DnsPeer extends AsyncDisposable {
  readonly port: number;
  readonly udpQueries: Buffer[];
  readonly tcpQueries: Buffer[];
}

export async function dnsPeer(options: DnsPeerOptions): Promise<DnsPeer> {
  const udpQueries: Buffer[] = [];
  const tcpQueries: Buffer[] = [];
  const tcp = await tcpPeer((socket) => {
    let received = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const query = received.subarray(2);
      tcpQueries.push(query);
      options.tcp?.(query, socket);
    });
  });
  const udp = createSocket("udp4");
  udp.on("message", (query, from) => {
    udpQueries.push(query);
    options.udp?.(query, (packet) => udp.send(packet, from.port, from.address), from);
  });
  udp.bind(tcp.port, "127.0.0.1");
  await once(udp, "listening");
  return {
    port: tcp.port,
    udpQueries,
    tcpQueries,
    [Symbol.asyncDispose]: async () => {
      udp.close();
      await once(udp, "close");
      await tcp[Symbol.asyncDispose]();
    },
  };
}
