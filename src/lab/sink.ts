import { createServer, type Socket } from "node:net";

/** Where connections go that no address of the scenario is meant for: nothing leaves the machine. */
export interface Sink {
  readonly port: number;
  /** Connections that would have left. */
  hits(): number;
  close(): void;
}

export async function startSink(): Promise<Sink> {
  let hits = 0;
  const server = createServer((socket: Socket) => {
    hits += 1;
    socket.on("error", () => undefined);
    socket.resetAndDestroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { port, hits: () => hits, close: () => void server.close() };
}
