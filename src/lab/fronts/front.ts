import { randomInt } from "node:crypto";
import { createServer, type Socket } from "node:net";
import type { ApiServer, ApiServerVariantHandle } from "../apiserver/server.ts";
import type { ClusterPki } from "../pki.ts";
import type { LabFront } from "../scenario.ts";
import { createChoice } from "./choice.ts";
import { listen } from "./closed-port.ts";
import { type ConnectionPlan, createHandler, planConnection } from "./faults.ts";
import { awaitFirstBytes, looksLikePlainHttp, PLAIN_HTTP_ANSWER } from "./first-bytes.ts";
import type { Gate } from "./gate.ts";
import { holdShut, isShut } from "./shut-port.ts";

export interface FrontOptions {
  readonly front: LabFront;
  /** By LabServer.id; every id that the front names must be there. */
  readonly apiServers: ReadonlyMap<string, ApiServer>;
  readonly pki: ClusterPki;
  /** What to listen on. Default 127.0.0.1; the front's own address where the machine has it. */
  readonly bindHost?: string;
  /** Default 0: any free port. */
  readonly bindPort?: number;
  /** LabLatency.addressMs: one network round trip. Default 0. */
  readonly roundTripMs?: number;
  /** Between two bytes of the body fault `one-byte-a-second`. Default 1000. */
  readonly tricklePaceMs?: number;
}

/** A front that is up, or, with the faults `refuse`, `drop` and `unreachable`, held shut. */
export interface RunningFront {
  /** The address it stands for. */
  readonly ip: string;
  readonly port: number;
  /** Where it really is. */
  readonly boundAddress: string;
  readonly boundPort: number;
  /** Connections accepted so far; none where it is held shut. */
  hits(): number;
  /** Stops listening and cuts what is open. */
  close(): void;
}

/** Twenty bytes that neither TLS nor HTTP could begin with. */
const GARBAGE: Buffer = Buffer.from("\u0000\u0001\u0002 this is not TLS \u0003\r\n", "latin1");

/**
 * Listens for one address of the cluster and leads each fresh connection to an API server. Rejects
 * with the system's error when the address cannot be bound.
 */
export async function startFront(options: FrontOptions): Promise<RunningFront> {
  const { front } = options;
  const bindHost = options.bindHost ?? "127.0.0.1";
  const bindPort = options.bindPort ?? 0;
  if (front.fault !== undefined && isShut(front.fault)) {
    const held = await holdShut(front.fault, bindHost, bindPort);
    return runningFront(
      front,
      held.ip,
      held.port,
      () => 0,
      () => held.close(),
    );
  }
  const accept = await createAcceptor(options);
  const open = new Set<Socket>();
  let hits = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    hits += 1;
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    socket.on("error", () => {});
    accept(socket);
  });
  const port = await listen(server, bindHost, bindPort);
  return runningFront(
    front,
    bindHost,
    port,
    () => hits,
    () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  );
}

function runningFront(
  front: LabFront,
  boundAddress: string,
  boundPort: number,
  hits: () => number,
  close: () => void,
): RunningFront {
  return { ip: front.ip, port: front.port, boundAddress, boundPort, hits, close };
}

/** What leads each fresh connection to one of the front's API servers. */
export async function createAcceptor(
  options: FrontOptions,
  gate?: Gate,
): Promise<(socket: Socket) => void> {
  const { front } = options;
  const handlers = await createHandlers(options, gate);
  const choose = createChoice(front, handlers, front.seed ?? randomInt(2 ** 32));
  const plan = planConnection(front.fault, options.roundTripMs ?? 0);
  return (socket) => serveConnection(socket, plan, choose);
}

async function createHandlers(
  options: FrontOptions,
  gate: Gate | undefined,
): Promise<readonly ApiServerVariantHandle[]> {
  const { front, apiServers, pki } = options;
  const ids = front.policy === "pinned" ? front.servers.slice(0, 1) : front.servers;
  return Promise.all(
    ids.map((id) => {
      const apiServer = apiServers.get(id);
      if (apiServer === undefined) throw new Error(`front ${front.ip} names no server ${id}`);
      return createHandler({
        apiServer,
        fault: front.fault,
        pki,
        roundTripMs: options.roundTripMs ?? 0,
        tricklePaceMs: options.tricklePaceMs ?? 1000,
        gate,
      });
    }),
  );
}

function serveConnection(
  socket: Socket,
  plan: ConnectionPlan,
  choose: () => ApiServerVariantHandle,
): void {
  switch (plan.kind) {
    case "reset":
      socket.resetAndDestroy();
      return;
    case "silence":
      socket.resume();
      return;
    case "answer":
      awaitFirstBytes(socket, plan.delayMs, (head) => {
        if (plan.next === "reset") socket.resetAndDestroy();
        else if (plan.next === "garbage") answerAndEnd(socket, GARBAGE);
        else if (looksLikePlainHttp(head)) answerAndEnd(socket, PLAIN_HTTP_ANSWER);
        else choose().accept(socket);
      });
      return;
  }
}

function answerAndEnd(socket: Socket, bytes: string | Buffer): void {
  socket.end(bytes);
  // What the client still sends is read away, or the kernel would answer it with a reset.
  socket.resume();
}
