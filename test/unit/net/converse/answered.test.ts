import { X509Certificate } from "node:crypto";
import { getEventListeners } from "node:events";
import { beforeAll, describe, expect, test } from "vitest";
import { httpsPeer, tlsPeer } from "../../../support/hostile-servers.ts";
import type { TestCa, TestLeaf } from "../../../support/test-pki.ts";
import { mintCa, mintLeaf } from "../../../support/test-pki.ts";
import { API_BODY, countingToken, HOST, LEAF_NAMES, planFor } from "../attempt/support.ts";
import { allTold, converse, get } from "./support.ts";

let ca: TestCa;
let leaf: TestLeaf;

beforeAll(async () => {
  ca = await mintCa("CN=kubernetes");
  leaf = await mintLeaf(ca, { names: LEAF_NAMES });
});

const VERSIONS = ["http2", "http1.1"] as const;

describe("a conversation", () => {
  test.for(VERSIONS)(
    "is one connection for all its steps, in their order (%s)",
    async (version) => {
      await using peer = await httpsPeer(leaf, (request, response) => response.end(request.url));
      const steps = [[get("/api")], [get("/api")], [get("/version"), get("/livez?verbose")]];
      const plan = planFor(peer.port, ca, { httpVersion: version });
      const { fingerprint, replies } = await converse(plan, steps, countingToken());
      expect(
        replies.map((step) => step.map((reply) => reply.kind === "answered" && reply.body)),
      ).toEqual([["/api"], ["/api"], ["/version", "/livez?verbose"]]);
      expect(fingerprint).toBe(new X509Certificate(leaf.cert).fingerprint256);
      expect(peer.seen.filter((event) => event === "tcp")).toHaveLength(1);
      expect(peer.seen.filter((event) => event === "secure")).toHaveLength(1);
      expect(peer.seen).toContain(`request GET ${HOST} /livez?verbose`);
      const answers = replies.flat().filter((reply) => reply.kind === "answered");
      expect(answers).toHaveLength(4);
      for (const { status, ttfbMs, clockSkewMs } of answers) {
        expect(status).toBe(200);
        expect(ttfbMs).toBeGreaterThan(0);
        expect(Math.abs(clockSkewMs ?? Number.NaN)).toBeLessThanOrEqual(2_000);
      }
    },
  );

  test("asks everything of a step at once over HTTP/2, and the next step only when it is answered", async () => {
    const held: (() => void)[] = [];
    await using peer = await httpsPeer(leaf, (request, response) => {
      if (request.url === "/last") response.end("last");
      else held.push(() => response.end(request.url));
      if (held.length === 3) for (const release of held.splice(0).toReversed()) release();
    });
    const steps = [[get("/1"), get("/2"), get("/3")], [get("/last")]];
    expect(allTold(await converse(planFor(peer.port, ca), steps))).toEqual([
      ["200 /1", "200 /2", "200 /3"],
      ["200 last"],
    ]);
    expect(peer.seen.at(-1)).toBe(`request GET ${HOST} /last`);
  });

  test("asks one after another over HTTP/1.1, for pipelining is what proxies break", async () => {
    let open = 0;
    let most = 0;
    await using peer = await httpsPeer(leaf, (request, response) => {
      open += 1;
      most = Math.max(most, open);
      setImmediate(() => {
        open -= 1;
        response.end(request.url);
      });
    });
    const plan = planFor(peer.port, ca, { httpVersion: "http1.1" });
    const conversation = await converse(plan, [[get("/1"), get("/2"), get("/3")]]);
    expect(allTold(conversation)).toEqual([["200 /1", "200 /2", "200 /3"]]);
    expect(most).toBe(1);
  });

  test("never resumes the session of the one before", async () => {
    const reused: boolean[] = [];
    await using peer = await httpsPeer(leaf, (request, response) => {
      reused.push("isSessionReused" in request.socket && request.socket.isSessionReused());
      response.end();
    });
    // oxlint-disable-next-line eslint/no-await-in-loop -- the second could resume the first
    for (const httpVersion of ["http1.1", "http1.1"] as const)
      await converse(planFor(peer.port, ca, { httpVersion }), [[get("/api")]]);
    expect(reused).toEqual([false, false]);
    expect(peer.seen.filter((event) => event === "tcp")).toHaveLength(2);
  });

  test.for(VERSIONS)("sends what a POST has to say, as JSON (%s)", async (httpVersion) => {
    const heard: unknown[] = [];
    await using peer = await httpsPeer(leaf, (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { accept, "content-type": type } = request.headers;
        heard.push([request.method, accept, type, Buffer.concat(chunks).toString()]);
        response.statusCode = 201;
        response.end("{}");
      });
    });
    const post = { ...get("/reviews"), method: "POST" as const, body: '{"kind":"Review"}' };
    const conversation = await converse(planFor(peer.port, ca, { httpVersion }), [[post]]);
    expect(allTold(conversation)).toEqual([["201 {}"]]);
    expect(heard).toEqual([["POST", "application/json", "application/json", post.body]]);
  });

  test.for(VERSIONS)(
    "keeps every status with its body: it is not for the socket to judge (%s)",
    async (httpVersion) => {
      await using peer = await httpsPeer(leaf, (request, response) => {
        response.statusCode = Number(request.url.slice(1));
        response.setHeader("location", "https://127.0.0.1:9/");
        response.end("told");
      });
      const steps = [[get("/302"), get("/401"), get("/403"), get("/500")], [get("/200")]];
      expect(allTold(await converse(planFor(peer.port, ca, { httpVersion }), steps))).toEqual([
        ["302 told", "401 told", "403 told", "500 told"],
        ["200 told"],
      ]);
    },
  );

  test("without a step is a connection that asks nothing", async () => {
    await using peer = await httpsPeer(leaf, (_request, response) => response.end());
    const conversation = await converse(planFor(peer.port, ca), []);
    expect(conversation.replies).toEqual([]);
    expect(conversation.fingerprint).toBeDefined();
    expect(peer.seen).not.toContainEqual(expect.stringContaining("request"));
  });

  test("of many steps leaves no listener on the signal behind", async () => {
    await using peer = await httpsPeer(leaf, (_request, response) => response.end(API_BODY));
    const { signal } = new AbortController();
    const steps = Array.from({ length: 200 }, () => [get("/api")]);
    const conversation = await converse(planFor(peer.port, ca), steps, undefined, signal);
    expect(new Set(allTold(conversation).flat())).toEqual(new Set([`200 ${API_BODY}`]));
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("the token of a conversation", () => {
  test.for(VERSIONS)("goes with every request, after one look at it (%s)", async (httpVersion) => {
    const sent: unknown[] = [];
    await using peer = await httpsPeer(leaf, (request, response) => {
      sent.push(request.headers.authorization);
      response.end();
    });
    const token = countingToken();
    const plan = planFor(peer.port, ca, { httpVersion });
    await converse(plan, [[get("/1")], [get("/2"), get("/3")]], token);
    expect(sent).toEqual(Array.from({ length: 3 }, () => "Bearer fake-token"));
    expect(token.revealed()).toBe(1);
  });

  test("stays unseen when the certificate is another CA's, and not one request is made", async () => {
    const foreign = await mintCa("CN=kubernetes");
    await using peer = await httpsPeer(leaf, (_request, response) => response.end());
    const token = countingToken();
    const conversation = await converse(
      planFor(peer.port, foreign),
      [[get("/1")], [get("/2")]],
      token,
    );
    expect(allTold(conversation)).toEqual([["tls-untrusted"], ["tls-untrusted"]]);
    expect(conversation.fingerprint).toBe(new X509Certificate(leaf.cert).fingerprint256);
    expect(token.revealed()).toBe(0);
    expect(peer.seen).not.toContainEqual(expect.stringContaining("request"));
  });

  test.for([
    { sendTokenUnverified: false, sent: "none" },
    { sendTokenUnverified: true, sent: "Bearer fake-token" },
  ])(
    "with --insecure is sent unverified only when asked for by name ($sent)",
    async ({ sendTokenUnverified, sent }) => {
      const foreign = await mintCa("CN=kubernetes");
      await using peer = await httpsPeer(leaf, (request, response) =>
        response.end(request.headers.authorization ?? "none"),
      );
      const plan = planFor(peer.port, foreign, { insecure: true, sendTokenUnverified });
      const conversation = await converse(plan, [[get("/1")]], countingToken("short"));
      expect(allTold(conversation)).toEqual([[`200 ${sent.replace("fake-token", "short")}`]]);
    },
  );

  test.for(VERSIONS)(
    "does not come back out of a body, a header or an escape (%s)",
    async (httpVersion) => {
      const secret = "fake-token-of-some-length-0123456789";
      const escaped = Array.from(secret)
        .map((letter) => `\\u00${letter.charCodeAt(0).toString(16)}`)
        .join("");
      await using peer = await httpsPeer(leaf, (request, response) => {
        const echo = request.headers.authorization ?? "";
        const bodies: Readonly<Record<string, string>> = {
          "/plain": `{"gitVersion":"${echo}"}`,
          "/part": `{"gitVersion":"${secret.slice(3, 20).toUpperCase()}"}`,
          "/escaped": `{"gitVersion":"v1${escaped}"}`,
          "/slashed": `{"gitVersion":"${secret.replaceAll("-", "\\-")}"}`,
          "/harmless": '{"gitVersion":"v1\\u002e31"}',
        };
        response.end(bodies[request.url] ?? "");
      });
      const paths = ["/plain", "/part", "/escaped", "/slashed", "/harmless"];
      const plan = planFor(peer.port, ca, { httpVersion });
      const conversation = await converse(plan, [paths.map(get)], countingToken(secret));
      expect(allTold(conversation)).toEqual([
        [
          '200 {"gitVersion":"Bearer [redacted]"}',
          '200 {"gitVersion":"[redacted]"}',
          "body-unexpected-shape",
          "body-unexpected-shape",
          '200 {"gitVersion":"v1\\u002e31"}',
        ],
      ]);
    },
  );
});

test("a server that offers no ALPN is spoken to in HTTP/1.1, over the same connection throughout", async () => {
  const silent = { ALPNProtocols: [] };
  const answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
  await using peer = await tlsPeer(
    leaf,
    (socket) => socket.on("data", () => socket.write(answer)),
    silent,
  );
  const conversation = await converse(planFor(peer.port, ca), [
    [get("/1"), get("/2")],
    [get("/3")],
  ]);
  expect(allTold(conversation)).toEqual([["200 ok", "200 ok"], ["200 ok"]]);
  expect(peer.seen.filter((event) => event === "tcp")).toHaveLength(1);
});
