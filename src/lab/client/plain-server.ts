import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";

export interface PlainService {
  /** `http://127.0.0.1:41234` */
  readonly url: string;
  close(): void;
}

/** Plain HTTP on a free loopback port. */
export async function startPlainService(listener: RequestListener): Promise<PlainService> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
