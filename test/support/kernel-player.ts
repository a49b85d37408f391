import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Made, Order } from "./kernel-world.ts";

/**
 * A process of a test's network, under a name of its own. It does what it is told on stdin, one
 * order a line, and says on stdout when that is done. Whoever it connects to answers with both ends
 * of the connection as they are there: that is where the kernel really took it.
 */
const [name = "player"] = process.argv.slice(2);
writeFileSync("/proc/self/comm", name);

const sockets = new Map<string, Socket>();

async function obey(order: Order): Promise<Made | "done"> {
  switch (order.kind) {
    case "listen": {
      const server = createServer((socket) => {
        // The end of the test takes it down from the other side.
        socket.on("error", () => undefined).resume();
        const { localAddress = "", localPort } = socket;
        const ip = localAddress.replace(/^::ffff:/, "");
        socket.write(`${JSON.stringify({ ip, port: localPort })}\n`);
      });
      // As Go does it: one socket for both families, so that IPv4 comes in mapped.
      server.listen(order.port, "::");
      await once(server, "listening");
      return "done";
    }
    case "dial": {
      const { ip: host, port } = order.to;
      const socket = connect({ host, port, localAddress: order.from });
      // What is told here ends the test with its reason; what comes later is meant to happen.
      socket.once("connect", () => socket.on("error", () => undefined));
      const [answer] = await once(socket, "data");
      sockets.set(order.id, socket);
      const local = { ip: socket.localAddress ?? "", port: socket.localPort ?? 0 };
      return { id: order.id, pid: process.pid, local, end: JSON.parse(String(answer)) };
    }
    case "knock": {
      const { ip: host, port } = order.to;
      const socket = connect({
        host,
        port,
        localAddress: order.from.ip,
        localPort: order.from.port,
      });
      socket.on("error", () => undefined);
      return "done";
    }
    case "write":
      sockets.get(order.id)?.write("?".repeat(order.bytes));
      return "done";
    case "hang-up": {
      const socket = sockets.get(order.id);
      socket?.destroy();
      if (socket !== undefined) await once(socket, "close");
      return "done";
    }
  }
}

process.stdout.write('"ready"\n');
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await obey(JSON.parse(line)))}\n`);
}
