import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, it } from "vitest";
import { holdClosedPort } from "../../../../src/lab/fronts/closed-port.ts";

it("refuses connections while nobody else can listen there, until it is let go", async () => {
  const held = await holdClosedPort("127.0.0.1", 0);
  const [refused] = await once(connect(held.port, "127.0.0.1"), "connect").catch(
    (error: unknown) => [error],
  );
  expect(refused).toMatchObject({ code: "ECONNREFUSED" });
  held.close();
  const server = createServer().listen(held.port, "127.0.0.1");
  await once(server, "listening");
  server.close();
});

it("says so when the port is taken", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await expect(holdClosedPort("127.0.0.1", port)).rejects.toMatchObject({ code: "EADDRINUSE" });
  server.close();
});
