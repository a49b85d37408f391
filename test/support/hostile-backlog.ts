import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const LISTENER = `require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 },
  function () { process.stdout.write(String(this.address().port)); });`;

/** A port whose SYNs get no answer. */
export interface SilentPort extends AsyncDisposable {
  readonly port: number;
}

/**
 * Nothing on loopback loses packets, so a listener is stopped and its queue filled: the kernel then
 * drops every further SYN, as a firewall would.
 */
export async function silentPort(): Promise<SilentPort> {
  const child = spawn(process.execPath, ["-e", LISTENER], { stdio: ["ignore", "pipe", "ignore"] });
  const [text]: unknown[] = await once(child.stdout, "data");
  const port = Number(String(text));
  child.kill("SIGSTOP");
  const held: Socket[] = [];
  for (let isFull = false; !isFull; ) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    held.push(socket);
    // Each one shows whether there is room for the next.
    // oxlint-disable-next-line eslint/no-await-in-loop
    isFull = await Promise.race([
      once(socket, "connect").then(() => false),
      sleep(150).then(() => true),
    ]);
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of held) socket.destroy();
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}
