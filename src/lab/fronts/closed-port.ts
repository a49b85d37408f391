import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A port that nobody listens on and that nobody else can take. */
export interface ClosedPort {
  readonly ip: string;
  readonly port: number;
  close(): void;
}

/**
 * Binds the port as the near end of a connection to a listener of our own. The kernel then refuses
 * every SYN to it, as to any port without a listener, but gives the port to nobody: a port merely
 * closed after listening may become another server's, or the source port of the very connection
 * that a client makes to it, which TCP then connects to itself.
 */
export async function holdClosedPort(ip: string, port: number): Promise<ClosedPort> {
  const far = createServer((socket) => socket.resume());
  const farPort = await listen(far, ip, 0);
  const heldPort = port === 0 ? await findFreePort(ip) : port;
  const near = connect({ host: ip, port: farPort, localAddress: ip, localPort: heldPort });
  const ends = new Set<Socket>([near]);
  far.on("connection", (socket) => ends.add(socket));
  const close = (): void => {
    for (const socket of ends) socket.destroy();
    far.close();
  };
  try {
    await once(near, "connect");
  } catch (error) {
    close();
    throw error;
  }
  near.on("error", () => {});
  return { ip, port: heldPort, close };
}

async function findFreePort(ip: string): Promise<number> {
  const server = createServer();
  const port = await listen(server, ip, 0);
  server.close();
  await once(server, "close");
  return port;
}

/** Resolves with the port; rejects with the system's error when the address cannot be bound. */
export async function listen(server: Server, ip: string, port: number): Promise<number> {
  server.listen({ host: ip, port });
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}
