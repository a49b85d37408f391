import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { Worker } from "node:worker_threads";

/** A port whose SYNs get no answer, as behind a firewall that drops them. */
export interface SilentPort {
  readonly ip: string;
  readonly port: number;
  close(): void;
  /** Closes it, and resolves when the port is free. */
  release(): Promise<void>;
}

/** Says its port and never comes back to its event loop, so that nothing is ever accepted. */
const LISTENER = `
const { parentPort, workerData } = require("node:worker_threads");
const server = require("node:net").createServer();
server.once("error", (error) => parentPort.postMessage({ code: error.code, message: error.message }));
server.listen({ ...workerData, backlog: 1 }, () => {
  parentPort.postMessage({ port: server.address().port });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

/** On loopback a connection is made in the call itself: what takes longer than this has no place. */
const SILENCE_MS = 60;

/** Linux holds two connections for a backlog of one; no kernel is known to hold many more. */
const MAX_WAITING = 32;

/**
 * Nothing on loopback loses packets, so the queue of a listener that accepts nothing is filled: the
 * kernel then drops every further SYN. A thread holds the listener: it ends with the process,
 * however that ends. Rejects with the system's error when the address cannot be bound.
 */
export async function holdSilentPort(ip: string, port: number): Promise<SilentPort> {
  const worker = new Worker(LISTENER, { eval: true, workerData: { host: ip, port } });
  worker.unref();
  const held: Socket[] = [];
  const release = async (): Promise<void> => {
    for (const socket of held) socket.destroy();
    await worker.terminate();
  };
  try {
    const boundPort = await readPort(worker);
    await fillQueue(ip, boundPort, held);
    return { ip, port: boundPort, close: () => void release(), release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function readPort(worker: Worker): Promise<number> {
  const [message]: unknown[] = await once(worker, "message");
  if (typeof message === "object" && message !== null) {
    if ("port" in message) return Number(message.port);
    if ("code" in message && "message" in message) {
      throw Object.assign(new Error(String(message.message)), { code: String(message.code) });
    }
  }
  throw new Error("the listener that accepts nothing did not start");
}

/** Ends with the first connection that is not made: all those before it fill the queue. */
async function fillQueue(ip: string, port: number, held: Socket[]): Promise<void> {
  for (let waiting = 0; waiting < MAX_WAITING; waiting += 1) {
    const socket = connect(port, ip);
    socket.on("error", () => undefined);
    socket.unref();
    held.push(socket);
    // Each one shows whether there is room for the next.
    // oxlint-disable-next-line eslint/no-await-in-loop
    if (!(await isMade(socket))) return;
  }
  throw new Error(`${ip}:${port} goes on taking connections, so nothing here can drop them`);
}

async function isMade(socket: Socket): Promise<boolean> {
  const waiting = new AbortController();
  const silence = delay(SILENCE_MS, undefined, { signal: waiting.signal }).catch(() => undefined);
  await Promise.race([once(socket, "connect"), silence]);
  waiting.abort();
  // Timers come before I/O in a turn of the event loop: one that was held up sees both at once.
  await nextTurn();
  return !socket.connecting;
}
