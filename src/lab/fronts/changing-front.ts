import { createServer, type Socket } from "node:net";
import { resetAll } from "../sockets.ts";
import type { FrontState } from "../timeline/front-state.ts";
import { holdClosedPort, listen } from "./closed-port.ts";
import { createAcceptor, type FrontOptions, type RunningFront } from "./front.ts";
import { createGate } from "./gate.ts";
import { holdSilentPort } from "./silent-port.ts";

export interface ChangingFrontOptions extends Omit<FrontOptions, "front"> {
  /** The address it stands for. */
  readonly ip: string;
  readonly port: number;
}

/** An address that is one thing now and another one later, on one port all the time. */
export interface ChangingFront extends RunningFront {
  /** Resolves when the next connection meets it so. Wait for one call before the next. */
  become(state: FrontState): Promise<void>;
}

/**
 * Refuses until it is told what to be. Its port is bound for good, as that of a closed port is: a
 * listener comes on top of it and goes again, and nobody can take the port in between.
 */
export async function startChangingFront(options: ChangingFrontOptions): Promise<ChangingFront> {
  const held = await holdClosedPort(options.bindHost ?? "127.0.0.1", options.bindPort ?? 0);
  const gate = createGate();
  const open = new Set<Socket>();
  let hits = 0;
  let now: FrontState = { kind: "refuse" };
  let accept: ((socket: Socket) => void) | undefined;
  /** Takes away what is on the port. */
  let leave: () => Promise<void> = nothing;

  async function openUp(): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => {
      hits += 1;
      open.add(socket);
      socket.once("close", () => open.delete(socket));
      socket.on("error", () => {});
      accept?.(socket);
    });
    await listen(server, held.ip, held.port);
    // The listening socket is closed within the call; "close" comes with the last connection's end.
    leave = async () => void server.close();
  }

  async function become(state: FrontState): Promise<void> {
    if (JSON.stringify(state) === JSON.stringify(now)) return;
    const isListening = now.kind === "open";
    now = state;
    if (state.kind === "open") {
      accept = await createAcceptor({ ...options, front: state.front }, gate);
      if (!isListening) {
        await leave();
        await openUp();
      }
      gate.open();
      return;
    }
    if (state.kind === "drop") gate.shut();
    else gate.open();
    await leave();
    leave = nothing;
    if (state.kind === "refuse") return;
    if (state.ends === "reset") await resetAll(open);
    const silent = await holdSilentPort(held.ip, held.port);
    leave = () => silent.release();
  }

  return {
    ip: options.ip,
    port: options.port,
    boundAddress: held.ip,
    boundPort: held.port,
    hits: () => hits,
    become,
    close: () => {
      void leave();
      for (const socket of open) socket.destroy();
      held.close();
    },
  };
}

async function nothing(): Promise<void> {}
