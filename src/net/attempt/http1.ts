import type { TLSSocket } from "node:tls";
import type { Client } from "undici";
import { classifyEnd, connectionEnded, connectionOver, MAX_HEADER_BYTES } from "./failure.ts";
import type { HttpConnection, HttpPeer } from "./http.ts";
import { createEnd } from "./http.ts";

export type MakeClient = (origin: string, options: Client.Options) => Client;

/** undici costs some 40 ms to load, and only HTTP/1.1 needs it. */
export async function loadHttp1(): Promise<MakeClient> {
  const undici = await import("undici");
  return (origin, options) => new undici.Client(origin, options);
}

/**
 * undici ends an idle connection by itself, after 4 s or two before the peer's Keep-Alive header has
 * it. When one is over is for the peer to say: the threshold takes away what a header may ask for.
 */
const NEVER_IDLE_MS = 24 * 60 * 60_000;

/** HTTP/1.1 with keep-alive on a TLS socket. undici's Client follows no redirect. */
export function openHttp1(
  makeClient: MakeClient,
  peer: HttpPeer,
  socket: TLSSocket,
): HttpConnection {
  let taken = false;
  let closed = false;
  const client = makeClient(`https://${peer.authority}`, {
    // Not at once: undici overlooks a connection that is there before it has asked for it. It asks
    // again when that one has ended, and must not get another.
    connect: (_options, callback) =>
      queueMicrotask(() => {
        if (taken) return callback(connectionLost(), null);
        taken = true;
        callback(null, socket);
      }),
    pipelining: 1,
    maxHeaderSize: MAX_HEADER_BYTES,
    // The caller's own deadline is the only one.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: NEVER_IDLE_MS,
    keepAliveMaxTimeout: NEVER_IDLE_MS,
    keepAliveTimeoutThreshold: -NEVER_IDLE_MS,
  });
  const end = createEnd();
  if (socket.destroyed) end.tell(connectionEnded(peer.target));
  // Before undici's own listeners, whose error for an orderly end is one of undici's.
  socket.on("end", () => end.tell(connectionEnded(peer.target)));
  socket.on("error", (error) => end.tell(classifyEnd(error, peer.target)));
  socket.on("close", () => end.tell(connectionEnded(peer.target)));
  const close = (): void => {
    closed = true;
    end.seal();
    // It rejects for a request under way, which its sink has heard of.
    client.destroy().catch(() => undefined);
    socket.destroy();
  };
  return {
    version: "1.1",
    onEnd: end.onEnd,
    close,
    send: (request, sink) => {
      if (closed || socket.destroyed) {
        sink.reject(closed ? connectionOver(peer.target) : connectionEnded(peer.target));
        return () => undefined;
      }
      let over = false;
      client.dispatch(
        {
          method: request.method,
          path: request.path,
          headers: { ...request.headers, host: peer.authority },
          ...(request.body === undefined ? {} : { body: request.body }),
        },
        {
          // undici takes a handler without it for one of its old kind.
          onRequestStart: () => undefined,
          onResponseStart: (_controller, status, headers) => {
            // 1xx comes before the answer, any number of times.
            if (status >= 200) sink.head(status, headers);
          },
          onResponseData: (_controller, chunk) => sink.data(chunk),
          onResponseEnd: () => {
            over = true;
            sink.end();
          },
          onResponseError: (_controller, error) => sink.fail(error),
        },
      );
      return () => {
        if (!over) close();
      };
    },
  };
}

/** undici would try again after a code of its own. */
function connectionLost(): Error {
  return Object.assign(new Error("the connection has ended"), { code: "ECONNRESET" });
}
