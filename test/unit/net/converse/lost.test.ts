import { once } from "node:events";
import { createServer } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { FRAME_ABUSES, framePeer } from "../../../support/hostile-frames.ts";
import { http2Peer, httpsPeer, tcpPeer, tlsPeer } from "../../../support/hostile-servers.ts";
import type { TestCa, TestLeaf } from "../../../support/test-pki.ts";
import { mintCa, mintLeaf } from "../../../support/test-pki.ts";
import { LEAF_NAMES, planFor, socketPort } from "../attempt/support.ts";
import { allTold, converse, get } from "./support.ts";

let ca: TestCa;
let leaf: TestLeaf;

beforeAll(async () => {
  ca = await mintCa("CN=kubernetes");
  leaf = await mintLeaf(ca, { names: LEAF_NAMES });
});

const SHORT = { timeoutMs: 150 };
const VERSIONS = ["http2", "http1.1"] as const;
const ONE_BY_ONE = [[get("/1")], [get("/2")], [get("/3")]];

describe("without a connection", () => {
  test("every reply fails for its reason, in the shape that was asked for", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    server.close();
    await once(server, "close");
    const conversation = await converse(planFor(port, ca), [[get("/1"), get("/2")], [get("/3")]]);
    expect(allTold(conversation)).toEqual([["tcp-refused", "tcp-refused"], ["tcp-refused"]]);
    expect(conversation.fingerprint).toBeUndefined();
  });

  test("a handshake that hangs costs one deadline, not one for each step", async () => {
    await using peer = await tcpPeer(() => undefined);
    const startedMs = performance.now();
    const conversation = await converse(planFor(peer.port, ca, SHORT), ONE_BY_ONE);
    expect(allTold(conversation).flat()).toEqual(["tls-timeout", "tls-timeout", "tls-timeout"]);
    expect(performance.now() - startedMs).toBeLessThan(2 * SHORT.timeoutMs);
  });

  test("HTTP/2 that was demanded and not agreed to is a failure before any token is looked at", async () => {
    await using peer = await tlsPeer(leaf, () => undefined, { ALPNProtocols: [] });
    const conversation = await converse(planFor(peer.port, ca, { httpVersion: "http2" }), [
      [get("/1")],
    ]);
    expect(allTold(conversation)).toEqual([["http-protocol"]]);
  });

  test("a signal that has aborted already means nobody is dialled", async () => {
    await using peer = await tcpPeer(() => undefined);
    const conversation = await converse(
      planFor(peer.port, ca),
      ONE_BY_ONE,
      undefined,
      AbortSignal.abort(),
    );
    expect(allTold(conversation).flat()).toEqual(["interrupted", "interrupted", "interrupted"]);
    expect(peer.seen).toEqual([]);
  });
});

describe("a connection lost in the middle", () => {
  test.for(VERSIONS)("keeps what was had and fails what is left (%s)", async (httpVersion) => {
    await using peer = await httpsPeer(leaf, (request, response) => {
      if (request.url === "/2") request.stream?.session?.destroy();
      if (request.url === "/2") request.socket.destroy();
      else response.end(request.url);
    });
    const conversation = await converse(planFor(peer.port, ca, { httpVersion }), ONE_BY_ONE);
    expect(allTold(conversation)).toEqual([["200 /1"], ["http-reset"], ["http-reset"]]);
    expect(peer.seen.filter((event) => event === "tcp")).toHaveLength(1);
  });

  test("is not dialled again when an HTTP/1.1 server closes after each answer", async () => {
    await using peer = await httpsPeer(leaf, (request, response) => {
      response.setHeader("connection", "close");
      response.end(request.url);
    });
    const plan = planFor(peer.port, ca, { httpVersion: "http1.1" });
    const conversation = await converse(plan, [[get("/1"), get("/2")], [get("/3")]]);
    expect(allTold(conversation)).toEqual([["200 /1", "http-reset"], ["http-reset"]]);
    expect(peer.seen.filter((event) => event === "tcp")).toHaveLength(1);
  });

  test("by GOAWAY after an answer, as kube-apiserver 1.36 sends it to the anonymous, loses the next steps only", async () => {
    await using peer = await http2Peer(leaf, (stream, session) => {
      stream.respond({ ":status": 200 });
      stream.end("ok");
      session.goaway(0);
    });
    const conversation = await converse(planFor(peer.port, ca), ONE_BY_ONE);
    expect(allTold(conversation)).toEqual([["200 ok"], ["http-reset"], ["http-reset"]]);
    const [, [second] = []] = conversation.replies;
    expect(second).toMatchObject({
      failure: { phase: "http", message: expect.stringContaining("ended before") },
    });
  });

  test("by GOAWAY between the streams of a step answers those it names and fails those it does not", async () => {
    const streams: (() => void)[] = [];
    await using peer = await http2Peer(leaf, (stream, session) => {
      streams.push(() => {
        stream.respond({ ":status": 200 });
        stream.end("ok");
      });
      if (streams.length < 3) return;
      // Streams have the ids 1, 3 and 5.
      session.goaway(0, 3);
      for (const answer of streams.slice(0, 2)) answer();
    });
    const conversation = await converse(planFor(peer.port, ca), [
      [get("/1"), get("/2"), get("/3")],
    ]);
    expect(allTold(conversation)).toEqual([["200 ok", "200 ok", "http-reset"]]);
  });

  test("by GOAWAY with an error fails whatever is under way", async () => {
    await using peer = await http2Peer(leaf, (_stream, session) => session.goaway(2, 0));
    const conversation = await converse(planFor(peer.port, ca), [
      [get("/1"), get("/2")],
      [get("/3")],
    ]);
    expect(allTold(conversation)).toEqual([["http-reset", "http-reset"], ["http-reset"]]);
  });

  test("one stream that is reset leaves the others alone", async () => {
    await using peer = await http2Peer(leaf, (stream) => {
      if (stream.id === 3) return stream.close(2);
      stream.respond({ ":status": 200 });
      stream.end("ok");
    });
    const conversation = await converse(planFor(peer.port, ca), [
      [get("/1"), get("/2"), get("/3")],
      [get("/4")],
    ]);
    expect(allTold(conversation)).toEqual([["200 ok", "http-reset", "200 ok"], ["200 ok"]]);
  });
});

describe("limits", () => {
  test("each step has a deadline of its own: an answer that never comes does not cost the next", async () => {
    await using peer = await httpsPeer(leaf, (request, response) => {
      if (request.url !== "/2") response.end(request.url);
    });
    const conversation = await converse(planFor(peer.port, ca, SHORT), ONE_BY_ONE);
    expect(allTold(conversation)).toEqual([["200 /1"], ["http-timeout"], ["200 /3"]]);
  });

  test("two steps in a row without an answer in time are enough: the rest costs nothing more", async () => {
    const asked: string[] = [];
    await using peer = await httpsPeer(leaf, (request, response) => {
      asked.push(request.url);
      if (request.url.startsWith("/good")) response.end("ok");
    });
    const startedMs = performance.now();
    const steps = [[get("/1")], [get("/2"), get("/3")], [get("/4"), get("/good")], [get("/5")]];
    const conversation = await converse(planFor(peer.port, ca, SHORT), steps);
    expect(allTold(conversation)).toEqual([
      ["http-timeout"],
      ["http-timeout", "http-timeout"],
      ["http-timeout", "http-timeout"],
      ["http-timeout"],
    ]);
    expect(asked).toEqual(["/1", "/2", "/3"]);
    expect(performance.now() - startedMs).toBeLessThan(3 * SHORT.timeoutMs);
  });

  test("an answer between them, or beside them, keeps the conversation going", async () => {
    await using peer = await httpsPeer(leaf, (request, response) => {
      if (request.url.startsWith("/good")) response.end("ok");
    });
    const steps = [
      [get("/1")],
      [get("/good")],
      [get("/2")],
      [get("/3"), get("/good")],
      [get("/good")],
    ];
    const conversation = await converse(planFor(peer.port, ca, SHORT), steps);
    expect(allTold(conversation)).toEqual([
      ["http-timeout"],
      ["200 ok"],
      ["http-timeout"],
      ["http-timeout", "200 ok"],
      ["200 ok"],
    ]);
  });

  test("over HTTP/1.1 an answer that never comes takes the connection with it", async () => {
    await using peer = await httpsPeer(leaf, (request, response) => {
      if (request.url !== "/2") response.end(request.url);
    });
    const plan = planFor(peer.port, ca, { ...SHORT, httpVersion: "http1.1" });
    const conversation = await converse(plan, ONE_BY_ONE);
    expect(allTold(conversation)).toEqual([["200 /1"], ["http-timeout"], ["http-reset"]]);
    expect(peer.seen.filter((event) => event === "tcp")).toHaveLength(1);
  });

  test.for(VERSIONS)(
    "a body of 1 MiB is read, and one byte more is not (%s)",
    async (httpVersion) => {
      await using peer = await httpsPeer(leaf, (request, response) =>
        response.end("x".repeat(Number(request.url.slice(1)))),
      );
      const steps = [[get(`/${1024 * 1024}`)], [get(`/${1024 * 1024 + 1}`)]];
      const conversation = await converse(planFor(peer.port, ca, { httpVersion }), steps);
      const [[first] = [], [second] = []] = conversation.replies;
      expect(first?.kind === "answered" && first.body.length).toBe(1024 * 1024);
      expect(second).toMatchObject({ failure: { code: "body-too-large", phase: "body" } });
    },
  );

  test("a body without end over HTTP/2 costs its own stream and no other", async () => {
    await using peer = await httpsPeer(leaf, (request, response) => {
      const more = (error?: Error | null): void => {
        if (error === undefined || error === null) response.write("x".repeat(16_384), more);
      };
      if (request.url === "/endless") more();
      else response.end(request.url);
    });
    const conversation = await converse(planFor(peer.port, ca), [
      [get("/endless"), get("/2")],
      [get("/3")],
    ]);
    expect(allTold(conversation)).toEqual([["body-too-large", "200 /2"], ["200 /3"]]);
  });

  test("a header beyond 16 KiB is too large; large bodies beside a reset stream do not make it one", async () => {
    await using peer = await http2Peer(leaf, (stream) => {
      if (stream.id === 1) {
        stream.respond({ ":status": 200 });
        return stream.end("x".repeat(200_000));
      }
      if (stream.id === 3) return void setImmediate(() => stream.close(2));
      stream.respond({ ":status": 200, "x-large": "y".repeat(20_000) });
      return stream.end("ok");
    });
    const conversation = await converse(planFor(peer.port, ca), [
      [get("/1"), get("/2")],
      [get("/3")],
    ]);
    const [[, reset] = [], [large] = []] = conversation.replies;
    expect(reset).toMatchObject({
      failure: { code: "http-reset", cause: "NGHTTP2_INTERNAL_ERROR" },
    });
    expect(large).toMatchObject({ failure: { code: "http-header-too-large" } });
  });

  test("the caller's signal ends the step under way and all after it as interrupted, and keeps what was had", async () => {
    const stop = new AbortController();
    await using peer = await httpsPeer(leaf, (request, response) => {
      if (request.url === "/2") stop.abort();
      else response.end(request.url);
    });
    const conversation = await converse(planFor(peer.port, ca), ONE_BY_ONE, undefined, stop.signal);
    expect(allTold(conversation)).toEqual([["200 /1"], ["interrupted"], ["interrupted"]]);
  });

  test("a token that does not come in time is nobody's fault but ours", async () => {
    await using peer = await httpsPeer(leaf, (_request, response) => response.end());
    const never = new Promise<undefined>(() => undefined);
    const conversation = await socketPort().converse(
      planFor(peer.port, ca, SHORT),
      never,
      [[get("/1")]],
      new AbortController().signal,
    );
    expect(conversation.replies).toMatchObject([
      [{ failure: { code: "deadline", side: "local" } }],
    ]);
  });
});

test.for(Object.entries(FRAME_ABUSES))(
  "a peer that %s fails every reply and nothing else",
  async ([, { abuse }]) => {
    await using peer = await framePeer(leaf, abuse);
    const conversation = await converse(planFor(peer.port, ca, SHORT), [
      [get("/1"), get("/2")],
      [get("/3")],
    ]);
    for (const reply of conversation.replies.flat()) expect(reply.kind).toBe("failed");
    expect(conversation.replies.map((step) => step.length)).toEqual([2, 1]);
  },
);
