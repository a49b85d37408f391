import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { holdSilentPort, type SilentPort } from "../../../../src/lab/fronts/silent-port.ts";
import { hasTool, runTool } from "../../../support/lab-servers.ts";

const held: SilentPort[] = [];
afterEach(() => {
  for (const port of held.splice(0)) port.close();
});

async function hold(port = 0): Promise<SilentPort> {
  const silent = await holdSilentPort("127.0.0.1", port);
  held.push(silent);
  return silent;
}

/** What becomes of a connection within so long. */
async function outcomeOf(port: number, ms: number): Promise<string> {
  const socket: Socket = connect(port, "127.0.0.1");
  try {
    return await Promise.race([
      once(socket, "connect").then(
        () => "connected",
        (error: unknown) =>
          error instanceof Error && "code" in error ? String(error.code) : "failed",
      ),
      sleep(ms, "silence"),
    ]);
  } finally {
    socket.on("error", () => undefined);
    socket.destroy();
  }
}

it("neither takes connections nor refuses them, however many come at once", async () => {
  const { port } = await hold();
  const outcomes = await Promise.all(Array.from({ length: 12 }, () => outcomeOf(port, 200)));
  expect(new Set(outcomes)).toEqual(new Set(["silence"]));
});

it("is let go when closed: the port then refuses, and others can have it", async () => {
  const silent = await hold();
  silent.close();
  await expect.poll(() => outcomeOf(silent.port, 500)).toBe("ECONNREFUSED");
  const server = createServer().listen(silent.port, "127.0.0.1");
  await once(server, "listening");
  server.close();
});

it("says so when the port is taken, by the system's own code", async () => {
  const { port } = await hold();
  await expect(hold(port)).rejects.toMatchObject({ code: "EADDRINUSE" });
});

it.skipIf(!hasTool("curl", ["--version"]))("is curl's connection timeout", async () => {
  const { port } = await hold();
  const run = await runTool("curl", ["--connect-timeout", "0.3", `https://127.0.0.1:${port}/`]);
  expect(run.status).toBe(28);
});
