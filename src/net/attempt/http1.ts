import type { TLSSocket } from "node:tls";
import type { Client } from "undici";
import type { Sink } from "./exchange.ts";
import { MAX_HEADER_BYTES } from "./failure.ts";
import type { ProbeRequest } from "./request.ts";

export type MakeClient = (origin: string, options: Client.Options) => Client;

/** undici costs some 40 ms to load, and only HTTP/1.1 needs it. */
export async function loadHttp1(): Promise<MakeClient> {
  const undici = await import("undici");
  return (origin, options) => new undici.Client(origin, options);
}

/** One GET over HTTP/1.1 on a connection that is already made. undici's Client follows nothing. */
export function sendHttp1(
  makeClient: MakeClient,
  request: ProbeRequest,
  socket: TLSSocket,
  sink: Sink,
): () => void {
  const client = makeClient(`https://${request.authority}`, {
    // Not at once: undici overlooks a connection that is there before it has asked for it.
    connect: (_options, callback) => queueMicrotask(() => callback(null, socket)),
    pipelining: 1,
    maxHeaderSize: MAX_HEADER_BYTES,
    // The probe's own deadline is the only one.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  client.dispatch(
    {
      method: "GET",
      path: request.path,
      headers: { ...request.headers, host: request.authority },
    },
    {
      // undici takes a handler without it for one of its old kind.
      onRequestStart: () => undefined,
      onResponseStart: (_controller, status, headers) => {
        // 1xx comes before the answer, any number of times.
        if (status >= 200) sink.head(status, headers);
      },
      onResponseData: (_controller, chunk) => sink.data(chunk),
      onResponseEnd: () => sink.end(),
      onResponseError: (_controller, error) => sink.fail(error),
    },
  );
  return () => {
    // It rejects for a request under way, which was reported above.
    client.destroy().catch(() => undefined);
    socket.destroy();
  };
}
