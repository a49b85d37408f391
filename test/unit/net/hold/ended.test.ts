import { once } from "node:events";
import type { Http2Session } from "node:http2";
import { connect, createServer, type Socket } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import type { ProbePlan } from "../../../../src/model/ports.ts";
import { FRAME_ABUSES, framePeer } from "../../../support/hostile-frames.ts";
import {
  http2Peer,
  httpsPeer,
  type Peer,
  tcpPeer,
  tlsPeer,
} from "../../../support/hostile-servers.ts";
import type { TestCa, TestLeaf } from "../../../support/test-pki.ts";
import { mintCa, mintLeaf } from "../../../support/test-pki.ts";
import { countingToken, LEAF_NAMES, planFor, socketPort } from "../attempt/support.ts";
import { get } from "../converse/support.ts";
import { type Held, hold, holdFailure, messagesOf } from "./support.ts";

let ca: TestCa;
let leaf: TestLeaf;

beforeAll(async () => {
  ca = await mintCa("CN=kubernetes");
  leaf = await mintLeaf(ca, { names: LEAF_NAMES });
});

const NEVER = new AbortController().signal;
const SHORT = { timeoutMs: 150 };
const VERSIONS = ["http2", "http1.1"] as const;

/** The end as it is noticed without a request. */
async function endOf({ connection }: Held): Promise<unknown> {
  await expect.poll(() => connection.ended()).toBeDefined();
  return connection.ended();
}

/** Before the connection is had, or just after. */
async function alertOf(plan: ProbePlan): Promise<unknown> {
  const outcome = await socketPort().hold(plan, Promise.resolve(undefined), NEVER);
  if (outcome.kind === "failed") return outcome.failure;
  const { connection } = outcome;
  await expect.poll(() => connection.ended()).toBeDefined();
  connection.close();
  return connection.ended();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

test("what cannot be connected to fails as a probe of it does", async () => {
  expect(await holdFailure(planFor(await freePort(), ca))).toMatchObject({ code: "tcp-refused" });
});

describe("an end that the peer makes while nothing is asked", () => {
  test.for(VERSIONS)(
    "by FIN is noticed, and told to the next request (%s)",
    async (httpVersion) => {
      await using peer = await httpsPeer(leaf, (_request, response) => response.end("ok"));
      await using relay = await relayTo(peer.port);
      await using held = await hold(planFor(relay.port, ca, { httpVersion }));
      expect(await held.ask(["/api"])).toEqual(["200 ok"]);
      for (const raw of relay.raws) raw.end();
      const end = await endOf(held);
      expect(end).toEqual({
        code: "http-reset",
        phase: "http",
        side: "server",
        message: `127.0.0.1:${relay.port} ended the connection`,
      });
      const replies = await held.replies([get("/1"), get("/2")], countingToken());
      expect(replies).toEqual([
        { kind: "failed", failure: end },
        { kind: "failed", failure: end },
      ]);
      expect(peer.seen.filter((event) => event.startsWith("request"))).toHaveLength(1);
      expect(relay.seen).toEqual(["tcp"]);
    },
  );

  test("by FIN is noticed also before anything was asked over HTTP/1.1", async () => {
    await using peer = await tlsPeer(leaf, (socket) => setImmediate(() => socket.end()));
    await using held = await hold(planFor(peer.port, ca));
    expect(await endOf(held)).toMatchObject({ code: "http-reset" });
  });

  test.for(VERSIONS)("by RST is a reset, unlike an orderly end (%s)", async (httpVersion) => {
    await using peer = await httpsPeer(leaf, (_request, response) => response.end("ok"));
    await using relay = await relayTo(peer.port);
    await using held = await hold(planFor(relay.port, ca, { httpVersion }));
    expect(await held.ask(["/api"])).toEqual(["200 ok"]);
    for (const raw of relay.raws) raw.resetAndDestroy();
    const end = await endOf(held);
    expect(end).toMatchObject({
      code: "http-reset",
      side: "server",
      cause: "ECONNRESET",
      message: `127.0.0.1:${relay.port} reset the connection`,
    });
    expect(await held.replies([get("/api")])).toEqual([{ kind: "failed", failure: end }]);
  });

  test.for([
    { code: 0, cause: "NGHTTP2_NO_ERROR" },
    { code: 11, cause: "NGHTTP2_ENHANCE_YOUR_CALM" },
  ])("by GOAWAY is noticed and named ($cause)", async ({ code, cause }) => {
    const sessions: Http2Session[] = [];
    await using peer = await http2Peer(leaf, (stream, session) => {
      sessions.push(session);
      stream.respond({ ":status": 200 });
      stream.end("ok");
    });
    await using held = await hold(planFor(peer.port, ca));
    expect(await held.ask(["/api"])).toEqual(["200 ok"]);
    for (const session of sessions) session.goaway(code);
    expect(await endOf(held)).toMatchObject({
      code: "http-reset",
      cause,
      message: expect.stringContaining("GOAWAY"),
    });
    expect(messagesOf(await held.replies([get("/api")]))).toEqual([
      `127.0.0.1:${peer.port} ended the connection with GOAWAY (${cause})`,
    ]);
  });

  test("by a TLS alert means that nothing can be asked, however early it comes", async () => {
    const mutual = { requestCert: true, rejectUnauthorized: true, ca: ca.pem };
    await using peer = await httpsPeer(leaf, (_q, response) => response.end(), mutual);
    for (let round = 0; round < 5; round += 1) {
      // oxlint-disable-next-line eslint/no-await-in-loop -- one after another, for the race in it
      expect(await alertOf(planFor(peer.port, ca))).toMatchObject({ code: "tls-alert" });
    }
  });
});

describe("an end in the middle of what is asked", () => {
  test("by GOAWAY lets what is under way be answered, and nothing after it be asked", async () => {
    await using peer = await http2Peer(leaf, (stream, session) => {
      session.goaway(0, 2 ** 31 - 1);
      setImmediate(() => {
        stream.respond({ ":status": 200 });
        stream.end("ok");
      });
    });
    await using held = await hold(planFor(peer.port, ca));
    expect(await held.ask(["/1"])).toEqual(["200 ok"]);
    expect(await endOf(held)).toMatchObject({ cause: "NGHTTP2_NO_ERROR" });
    expect(await held.ask(["/2"])).toEqual(["http-reset"]);
  });

  test.for(VERSIONS)("loses what is under way (%s)", async (httpVersion) => {
    await using peer = await httpsPeer(leaf, (request) => {
      request.stream?.session?.destroy();
      request.socket.destroy();
    });
    await using held = await hold(planFor(peer.port, ca, { httpVersion }));
    expect(await held.ask(["/1", "/2"])).toEqual(["http-reset", "http-reset"]);
    expect(await endOf(held)).toMatchObject({ code: "http-reset" });
  });

  test("by an HTTP/1.1 server that wants each request on a connection of its own is dialled no second time", async () => {
    await using peer = await httpsPeer(leaf, (request, response) => {
      response.setHeader("connection", "close");
      response.end(request.url);
    });
    await using held = await hold(planFor(peer.port, ca, { httpVersion: "http1.1" }));
    const replies = await held.replies([get("/1"), get("/2"), get("/3")]);
    const end = await endOf(held);
    expect(end).toMatchObject({ message: expect.stringContaining("ended the connection") });
    expect(replies).toMatchObject([{ status: 200 }, { failure: end }, { failure: end }]);
    expect(peer.seen.filter((event) => event === "tcp")).toHaveLength(1);
  });
});

describe("silence", () => {
  test.for(VERSIONS)(
    "ends the connection with the first question that gets no answer in time (%s)",
    async (httpVersion) => {
      let silent = false;
      await using peer = await httpsPeer(leaf, (_request, response) => {
        if (!silent) response.end("ok");
      });
      await using held = await hold(planFor(peer.port, ca, { ...SHORT, httpVersion }));
      expect(await held.ask(["/api"])).toEqual(["200 ok"]);
      silent = true;
      expect(await held.ask(["/api", "/version"])).toEqual(["http-timeout", "http-timeout"]);
      expect(held.connection.ended()).toMatchObject({ code: "http-timeout", phase: "http" });
      const asked = peer.seen.length;
      expect(await held.ask(["/api"])).toEqual(["http-timeout"]);
      expect(peer.seen).toHaveLength(asked);
    },
  );

  test("of one path among others is not that of the peer", async () => {
    await using peer = await httpsPeer(leaf, (request, response) => {
      if (request.url !== "/readyz") response.end("ok");
    });
    await using held = await hold(planFor(peer.port, ca, SHORT));
    expect(await held.ask(["/readyz", "/api"])).toEqual(["http-timeout", "200 ok"]);
    expect(held.connection.ended()).toBeUndefined();
  });

  test("to one who asks while another is answered is not that of the peer, either", async () => {
    await using peer = await httpsPeer(leaf, (request, response) => {
      if (request.url !== "/slow") response.end("ok");
    });
    await using held = await hold(planFor(peer.port, ca, SHORT));
    const slow = held.ask(["/slow"]);
    expect(await held.ask(["/api"])).toEqual(["200 ok"]);
    expect(await slow).toEqual(["http-timeout"]);
    expect(held.connection.ended()).toBeUndefined();
  });

  test("over HTTP/1.1 of any answer ends it: the next could be the rest of the last", async () => {
    await using peer = await httpsPeer(leaf, (request, response) => {
      if (request.url === "/half") response.write("half");
      else response.end("ok");
    });
    await using held = await hold(planFor(peer.port, ca, { ...SHORT, httpVersion: "http1.1" }));
    expect(await held.ask(["/api", "/half", "/api"])).toEqual([
      "200 ok",
      "body-timeout",
      "body-timeout",
    ]);
    expect(held.connection.ended()).toMatchObject({ code: "body-timeout" });
  });
});

describe("closed by the caller", () => {
  test.for(VERSIONS)("it is interrupted, and not ended by the peer (%s)", async (httpVersion) => {
    const asked: Held[] = [];
    await using peer = await httpsPeer(leaf, () => {
      for (const { connection } of asked) connection.close();
    });
    await using held = await hold(planFor(peer.port, ca, { httpVersion }));
    asked.push(held);
    expect(await held.ask(["/1"])).toEqual(["interrupted"]);
    expect(await held.ask(["/2"])).toHaveLength(1);
    expect(peer.seen.filter((event) => event.startsWith("request"))).toHaveLength(1);
    held.connection.close();
  });
});

test.for(Object.entries(FRAME_ABUSES))(
  "a peer that %s ends in failed replies and nothing unhandled",
  async ([, { abuse }]) => {
    await using peer = await framePeer(leaf, abuse);
    const plan = planFor(peer.port, ca, SHORT);
    await using held = await hold(plan);
    for (const reply of await held.replies([get("/1"), get("/2")]))
      expect(reply.kind).toBe("failed");
    for (const reply of await held.replies([get("/3")])) expect(reply.kind).toBe("failed");
  },
);

/** Hands on what goes to and fro a port; `raws` are the TCP connections that it took, to be cut. */
async function relayTo(port: number): Promise<Peer & { readonly raws: readonly Socket[] }> {
  const raws: Socket[] = [];
  const peer = await tcpPeer((raw) => {
    raws.push(raw);
    const onward = connect(port, "127.0.0.1");
    onward.on("error", () => undefined);
    raw.pipe(onward).pipe(raw);
    raw.on("close", () => onward.destroy());
  });
  return { ...peer, raws };
}
