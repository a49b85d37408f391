import { type PlainService, startPlainService } from "./plain-server.ts";

/** A service that tells the address it is asked from, as several on the internet do: a line of text. */
export function startEgressService(ip: string): Promise<PlainService> {
  return startPlainService((request, response) => {
    if (request.method !== "GET") {
      response.writeHead(405, { allow: "GET" }).end();
      return;
    }
    const body = `${ip}\n`;
    const headers = { "content-type": "text/plain", "content-length": Buffer.byteLength(body) };
    response.writeHead(200, headers).end(body);
  });
}
