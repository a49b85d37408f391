import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Peer } from "./hostile-servers.ts";

/** An HTTP server on loopback; `seen` tells each request. */
export async function httpPeer(
  respond: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Peer & { readonly origin: string }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    respond(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not bound to a port");
  return {
    port: address.port,
    origin: `http://127.0.0.1:${address.port}`,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
