import { createSecureServer, type Http2SecureServer } from "node:http2";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import type { SecureContextOptions, TLSSocket } from "node:tls";
import type { TlsIdentity } from "../pki.ts";
import { resetAll } from "../sockets.ts";
import type { AnyRequest, AnyResponse } from "./exchange.ts";

export interface TlsServerOptions {
  readonly identity: TlsIdentity;
  /** Named in the certificate request; no client certificate is ever refused by TLS itself. */
  readonly clientCaPem: string;
  /** What ALPN offers. A client that wants only something else gets an alert. */
  readonly protocols: "h2-and-http1" | "http1-only";
  readonly onRequest: (request: AnyRequest, response: AnyResponse) => void;
  readonly onHandshake: () => void;
  readonly onTlsError: () => void;
}

/** TLS and HTTP on sockets that someone else accepted: it listens on nothing itself. */
export interface TlsServer {
  accept(socket: Socket): void;
  /** The accepted TCP socket under a TLS socket, while both are open. */
  tcpSocketOf(tlsSocket: TLSSocket): Socket | undefined;
  /** The certificate of handshakes from now on; connections that are made keep theirs. */
  present(identity: TlsIdentity): void;
  /** Resets every connection, and resolves when they are closed here. */
  cut(): Promise<void>;
  /** Cuts every connection. */
  close(): void;
}

/** The order a Go server prefers on a machine with AES instructions; only ECDHE below TLS 1.3. */
const CIPHERS = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

/** Recorded from kube-apiserver 1.20 and the field notes; 1.36 has 1000. */
const MAX_CONCURRENT_STREAMS = 250;

/** The same certificate whatever name the client asks for: SNI and Host are never looked at. */
export function createTlsServer(options: TlsServerOptions): TlsServer {
  const open = new Map<string, Socket>();
  const server = createNodeServer(options);
  server.on("secureConnection", options.onHandshake);
  server.on("tlsClientError", options.onTlsError);
  server.on("request", options.onRequest);
  return {
    accept: (socket) => {
      const id = connectionId(socket);
      open.set(id, socket);
      socket.once("close", () => {
        if (open.get(id) === socket) open.delete(id);
      });
      // Resets and the like reach the TLS socket too, and end it there.
      socket.on("error", () => {});
      server.emit("connection", socket);
    },
    tcpSocketOf: (tlsSocket) => open.get(connectionId(tlsSocket)),
    present: (identity) => server.setSecureContext(secureContext(options, identity)),
    cut: () => resetAll(open.values()),
    close: () => {
      for (const socket of open.values()) socket.destroy();
    },
  };
}

/** What may be replaced while the server is up. */
function secureContext(
  { clientCaPem }: TlsServerOptions,
  { certificatePem, privateKeyPem }: TlsIdentity,
): SecureContextOptions {
  return {
    cert: certificatePem,
    key: privateKeyPem,
    ca: clientCaPem,
    minVersion: "TLSv1.2",
    maxVersion: "TLSv1.3",
    ciphers: CIPHERS,
    honorCipherOrder: true,
    ecdhCurve: "X25519:P-256:P-384:P-521",
  };
}

function createNodeServer(options: TlsServerOptions): Http2SecureServer | HttpsServer {
  const tls = {
    ...secureContext(options, options.identity),
    requestCert: true,
    rejectUnauthorized: false,
  };
  if (options.protocols === "http1-only") {
    return createHttpsServer({ ...tls, ALPNProtocols: ["http/1.1"] });
  }
  const settings = { maxConcurrentStreams: MAX_CONCURRENT_STREAMS };
  const server = createSecureServer({ ...tls, allowHTTP1: true, settings });
  server.on("sessionError", () => {});
  return server;
}

/** Both ends, since one server may get connections from several listeners. */
function connectionId(socket: Socket | TLSSocket): string {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
