import { getEventListeners, once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import type { Clock } from "../../../../src/model/ports.ts";
import {
  http2Peer,
  httpsPeer,
  realClock,
  tcpPeer,
  tlsPeer,
} from "../../../support/hostile-servers.ts";
import type { TestCa, TestLeaf } from "../../../support/test-pki.ts";
import { mintCa, mintLeaf } from "../../../support/test-pki.ts";
import {
  API_BODY,
  countingToken,
  LEAF_NAMES,
  planFor,
  probe,
  SERVER_HOST,
  socketPort,
} from "./support.ts";

let ca: TestCa;
let leaf: TestLeaf;

beforeAll(async () => {
  ca = await mintCa("CN=kubernetes");
  leaf = await mintLeaf(ca, { names: LEAF_NAMES });
});

const SHORT = { timeoutMs: 120 };
const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

describe("before TLS", () => {
  test("a closed port is refused, and only the total time is known", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    server.close();
    await once(server, "close");
    const seen = await probe(planFor(port, ca), countingToken());
    expect(seen.failure).toMatchObject({
      code: "tcp-refused",
      phase: "tcp",
      side: "server",
      cause: "ECONNREFUSED",
    });
    expect(seen.timings).toMatchObject({ tcpMs: undefined, tlsMs: undefined, ttfbMs: undefined });
    expect(seen.timings.totalMs).toBeGreaterThan(0);
    expect(seen).toMatchObject({ local: undefined, tls: undefined, token: "none" });
  });

  test("a host name is never dialled: it would have to be looked up", async () => {
    const plan = planFor(443, ca, { dial: { ip: "localhost", port: 443 } });
    await expect(probe(plan)).rejects.toThrow(TypeError);
  });

  test.for([
    { what: "plain HTTP", bytes: "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request" },
    { what: "SSH", bytes: "SSH-2.0-OpenSSH_9.6\r\n" },
    { what: "zeros", bytes: "\0".repeat(64) },
    { what: "high bytes", bytes: "\u00ff".repeat(64) },
  ])("a port that speaks $what does not speak TLS", async ({ bytes }) => {
    await using peer = await tcpPeer((socket) => socket.end(bytes, "latin1"));
    const seen = await probe(planFor(peer.port, ca), countingToken());
    expect(seen.failure).toMatchObject({ code: "tls-not-tls", phase: "tls", side: "server" });
    expect(seen.timings.tcpMs).toBeGreaterThan(0);
    expect(seen.timings.tlsMs).toBeUndefined();
  });

  test.for(["reset", "end"] as const)(
    "a connection lost after ClientHello (%s) is a reset, unlike one refused",
    async (how) => {
      await using peer = await tcpPeer((socket) =>
        socket.once("data", () => (how === "reset" ? socket.resetAndDestroy() : socket.end())),
      );
      const seen = await probe(planFor(peer.port, ca));
      expect(seen.failure).toMatchObject({ code: "tls-reset", phase: "tls", side: "network" });
    },
  );

  test("a server that accepts and says nothing is a TLS timeout, with TCP's time kept", async () => {
    await using peer = await tcpPeer(() => undefined);
    const seen = await probe(planFor(peer.port, ca, SHORT));
    expect(seen.failure).toMatchObject({ code: "tls-timeout", phase: "tls", side: "server" });
    expect(seen.failure?.message).toContain("120 ms");
    expect(seen.timings.tcpMs).toBeGreaterThan(0);
    expect(seen.timings.totalMs).toBeGreaterThanOrEqual(119);
  });

  test("a server without a common TLS version or protocol answers with an alert", async () => {
    const old = { maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "ALL:@SECLEVEL=0" } as const;
    await using peer = await tlsPeer(leaf, () => undefined, old);
    const seen = await probe(planFor(peer.port, ca));
    expect(seen.failure).toMatchObject({ code: "tls-alert", phase: "tls", side: "server" });
    expect(seen.failure?.message).toContain("protocol version");
    await using picky = await tlsPeer(leaf, () => undefined, { ALPNProtocols: ["spdy/3"] });
    const second = await probe(planFor(picky.port, ca));
    expect(second.failure?.message).toContain("no application protocol");
  });

  test("a server that insists on a client certificate refuses with an alert after the handshake", async () => {
    const mutual = { requestCert: true, rejectUnauthorized: true, ca: ca.pem };
    await using peer = await httpsPeer(leaf, (_q, response) => response.end(API_BODY), mutual);
    const seen = await probe(planFor(peer.port, ca));
    expect(seen.failure).toMatchObject({ code: "tls-alert", phase: "tls" });
    expect(seen.tls).toMatchObject({ clientCertificateRequested: "yes" });
  });
});

describe("answers other than 200", () => {
  test.for([
    { status: 401, side: "user" },
    { status: 403, side: "user" },
    { status: 429, side: "server" },
    { status: 500, side: "server" },
    { status: 302, side: "server" },
  ])(
    "$status is a failure by its number, with the answer's facts kept",
    async ({ status, side }) => {
      await using peer = await httpsPeer(leaf, (_request, response) => {
        response.statusCode = status;
        response.setHeader("audit-id", "a1");
        response.setHeader("location", "https://127.0.0.1:9/api");
        response.end(API_BODY);
      });
      for (const httpVersion of ["http2", "http1.1"] as const) {
        const seen = await probe(planFor(peer.port, ca, { httpVersion }), countingToken());
        expect(seen.failure).toMatchObject({ code: "http-status", phase: "http", side });
        expect(seen.failure?.message).toContain(String(status));
        expect(seen.http).toMatchObject({ status, auditId: "a1", bodyBytes: API_BODY.length });
        expect(seen.identity).toBeUndefined();
        expect(seen.token).toBe("sent");
      }
      expect(peer.seen.filter((event) => event.startsWith("request"))).toHaveLength(2);
    },
  );

  test("a 403 tells whom it refuses, in the API server's own words alone", async () => {
    const message = 'forbidden: User "system:anonymous" cannot get path "/api"';
    const status = JSON.stringify({ kind: "Status", status: "Failure", message, code: 403 });
    const cases: readonly (readonly [number, string, string | undefined])[] = [
      [403, status, "system:anonymous"],
      [403, status.replace("Status", "Page"), undefined],
      [403, `<html>${message}</html>`, undefined],
      [401, status, undefined],
      [500, status, undefined],
    ];
    for (const [code, body, deniedUser] of cases) {
      await using peer = await httpsPeer(leaf, (_request, response) => {
        response.statusCode = code;
        response.end(body);
      });
      const seen = await probe(planFor(peer.port, ca));
      expect(seen.http).toMatchObject({ status: code, deniedUser });
    }
  });

  test.for([
    { header: "1", seconds: 1 },
    { header: "120", seconds: 120 },
    { header: "-1", seconds: undefined },
    { header: "1.5", seconds: undefined },
    { header: "9999999999", seconds: undefined },
    { header: "Wed, 21 Oct 2026 07:28:00 GMT", seconds: undefined },
    { header: undefined, seconds: undefined },
  ])("Retry-After: $header is $seconds seconds", async ({ header, seconds }) => {
    await using peer = await httpsPeer(leaf, (_request, response) => {
      response.statusCode = 429;
      if (header !== undefined) response.setHeader("retry-after", header);
      response.end("Too many requests, please try again later.");
    });
    const seen = await probe(planFor(peer.port, ca));
    expect(seen.http).toMatchObject({ status: 429, retryAfterSeconds: seconds });
  });

  test("an endless body of an error is cut, and the status stays what went wrong first", async () => {
    await using peer = await httpsPeer(leaf, (_request, response) => {
      response.statusCode = 500;
      response.end("x".repeat(200_000));
    });
    const seen = await probe(planFor(peer.port, ca));
    expect(seen.failure).toMatchObject({ code: "http-status" });
  });
});

describe("bodies of a 200", () => {
  test.for([
    { what: "no JSON", body: "<html>", code: "body-invalid-json" },
    { what: "empty", body: "", code: "body-invalid-json" },
    { what: "of another kind", body: '{"kind":"Status"}', code: "body-unexpected-shape" },
    {
      what: "with escape sequences",
      body: API_BODY.replace("ip-172", "\\u001b[31mip-172"),
      code: "body-unexpected-shape",
    },
  ])("that are $what give no identity", async ({ body, code }) => {
    await using peer = await httpsPeer(leaf, (_request, response) => response.end(body));
    const seen = await probe(planFor(peer.port, ca));
    expect(seen.failure).toMatchObject({ code, phase: "body", side: "server" });
    expect(seen).toMatchObject({ identity: undefined, http: { status: 200 } });
    expect(JSON.stringify(seen)).not.toContain("\\u001b");
  });

  test.for(["http2", "http1.1"] as const)(
    "of more than 64 KiB end the probe at once (%s)",
    async (httpVersion) => {
      await using peer = await httpsPeer(leaf, (_request, response) => {
        const more = (error?: Error | null): void => {
          if (error === undefined || error === null) response.write("x".repeat(16_384), more);
        };
        more();
      });
      const seen = await probe(planFor(peer.port, ca, { httpVersion }));
      expect(seen.failure).toMatchObject({ code: "body-too-large", phase: "body" });
      expect(seen.http?.bodyBytes).toBeLessThan(200_000);
    },
  );

  test.for(["http2", "http1.1"] as const)(
    "of exactly 64 KiB are still read (%s)",
    async (httpVersion) => {
      const padded = API_BODY.padEnd(65_536, " ");
      await using peer = await httpsPeer(leaf, (_request, response) => response.end(padded));
      const seen = await probe(planFor(peer.port, ca, { httpVersion }));
      expect(seen.failure).toBeUndefined();
      expect(seen.http?.bodyBytes).toBe(65_536);
    },
  );

  test("that trickle in are a body timeout with the header's facts kept", async () => {
    await using peer = await tlsPeer(leaf, (socket) => {
      socket.write(`${HEAD}content-length: 500\r\n\r\n{`);
    });
    const seen = await probe(planFor(peer.port, ca, { ...SHORT, httpVersion: "http1.1" }));
    expect(seen.failure).toMatchObject({ code: "body-timeout", phase: "body" });
    expect(seen.http).toMatchObject({ status: 200, bodyBytes: 1 });
    expect(seen.timings.ttfbMs).toBeGreaterThan(0);
  });

  test("that break off are a body reset", async () => {
    await using peer = await tlsPeer(leaf, (socket) => {
      socket.write(`${HEAD}content-length: 500\r\n\r\n{`, () => socket.destroy());
    });
    const seen = await probe(planFor(peer.port, ca, { httpVersion: "http1.1" }));
    expect(seen.failure).toMatchObject({ code: "body-reset", phase: "body" });
  });
});

describe("broken HTTP", () => {
  test("an answer that never comes is an HTTP timeout with TLS's time kept", async () => {
    await using peer = await httpsPeer(leaf, () => undefined);
    for (const httpVersion of ["http2", "http1.1"] as const) {
      const seen = await probe(planFor(peer.port, ca, { ...SHORT, httpVersion }));
      expect(seen.failure).toMatchObject({ code: "http-timeout", phase: "http", side: "server" });
      expect(seen.timings.tlsMs).toBeGreaterThan(0);
      expect(seen.timings.ttfbMs).toBeUndefined();
    }
  });

  test("an endless header is cut at 16 KiB", async () => {
    await using peer = await tlsPeer(leaf, (socket) => {
      const more = (error?: Error | null): void => {
        if (error === undefined || error === null) socket.write(`x: ${"y".repeat(999)}\r\n`, more);
      };
      socket.write(HEAD, more);
    });
    const seen = await probe(planFor(peer.port, ca));
    expect(seen.failure).toMatchObject({ code: "http-header-too-large", phase: "http" });
    expect(seen.http).toBeUndefined();
  });

  test.for([20_000, 60_000])(
    "a header of %i bytes is too large over HTTP/2 as well",
    async (size) => {
      await using peer = await http2Peer(leaf, (stream) => {
        stream.respond({ ":status": 200, "x-large": "y".repeat(size) });
        stream.end(API_BODY);
      });
      const seen = await probe(planFor(peer.port, ca));
      expect(seen.failure).toMatchObject({ code: "http-header-too-large", phase: "http" });
    },
  );

  test("bytes that are no HTTP are a protocol error, and a reset is a reset", async () => {
    await using garbage = await tlsPeer(leaf, (socket) => socket.end("\u0000garbage\r\n\r\n"));
    const first = await probe(planFor(garbage.port, ca));
    expect(first.failure).toMatchObject({ code: "http-protocol", phase: "http" });
    await using reset = await tlsPeer(leaf, (socket) =>
      socket.once("data", () => socket.destroy()),
    );
    const second = await probe(planFor(reset.port, ca));
    expect(second.failure).toMatchObject({ code: "http-reset", phase: "http" });
  });

  test("garbage after agreeing to HTTP/2 is a protocol error", async () => {
    const h2 = { ALPNProtocols: ["h2"] };
    await using peer = await tlsPeer(leaf, (socket) => socket.write("x".repeat(100)), h2);
    const seen = await probe(planFor(peer.port, ca));
    expect(seen.failure).toMatchObject({ code: "http-protocol", phase: "http" });
  });

  test("a server that agrees to no protocol is spoken to in HTTP/1.1, unless HTTP/2 is demanded", async () => {
    const answer = `${HEAD}content-length: ${API_BODY.length}\r\n\r\n${API_BODY}`;
    const silent = { ALPNProtocols: [] };
    await using peer = await tlsPeer(leaf, (socket) => socket.write(answer), silent);
    const auto = await probe(planFor(peer.port, ca));
    expect(auto).toMatchObject({ failure: undefined, http: { version: "1.1" } });
    expect(auto.tls?.alpn).toBeUndefined();
    const token = countingToken();
    const forced = await probe(planFor(peer.port, ca, { httpVersion: "http2" }), token);
    expect(forced).toMatchObject({ failure: { code: "http-protocol" }, token: "none" });
    expect(token.revealed()).toBe(0);
  });

  test("control characters in a header do not survive into the facts", async () => {
    await using peer = await tlsPeer(leaf, (socket) => {
      const length = `content-length: ${API_BODY.length}`;
      socket.write(`${HEAD}Audit-Id: a\u0085\u009b31mb\r\n${length}\r\n\r\n${API_BODY}`, "latin1");
    });
    const seen = await probe(planFor(peer.port, ca));
    expect(seen.failure).toBeUndefined();
    expect(seen.http?.auditId).toMatch(/^a\uFFFD/u);
    expect(seen.http?.auditId).not.toMatch(/\p{Cc}/u);
  });
});

describe("HTTP/2 GOAWAY", () => {
  test.for(["before", "between", "after"] as const)(
    "with code 0 %s the answer is no error: a 1.36 API server sends it with anonymous answers",
    async (when) => {
      await using peer = await http2Peer(leaf, (stream, session) => {
        if (when === "before") session.goaway(0, 2 ** 31 - 1);
        stream.respond({ ":status": 200 });
        if (when === "between") session.goaway(0);
        stream.end(API_BODY);
        if (when === "after") session.goaway(0);
      });
      const seen = await probe(planFor(peer.port, ca));
      expect(seen.failure).toBeUndefined();
      expect(seen.identity?.host).toBe(SERVER_HOST);
    },
  );

  test("instead of an answer is a reset, as is a stream that is cancelled before or inside the body", async () => {
    await using refusing = await http2Peer(leaf, (_stream, session) => session.goaway(2, 0));
    const goaway = await probe(planFor(refusing.port, ca));
    expect(goaway.failure).toMatchObject({ code: "http-reset", cause: "NGHTTP2_INTERNAL_ERROR" });
    await using cancelling = await http2Peer(leaf, (stream) => stream.close(8));
    const cancelled = await probe(planFor(cancelling.port, ca));
    expect(cancelled.failure).toMatchObject({ code: "http-reset", cause: "NGHTTP2_CANCEL" });
    await using halfway = await http2Peer(leaf, (stream) => {
      stream.respond({ ":status": 200 });
      stream.write("{", () => stream.destroy(new Error("gone")));
    });
    const cut = await probe(planFor(halfway.port, ca));
    expect(cut.failure).toMatchObject({ code: "body-reset", phase: "body" });
  });
});

describe("the caller's signal", () => {
  test("that has aborted already means nobody is dialled", async () => {
    await using peer = await tcpPeer(() => undefined);
    const seen = await socketPort().attempt(
      planFor(peer.port, ca),
      Promise.resolve(undefined),
      AbortSignal.abort(),
    );
    expect(seen.failure).toMatchObject({ code: "interrupted", phase: "tcp", side: "user" });
    expect(peer.seen).toEqual([]);
  });

  test("ends whatever phase is under way as interrupted, never as a timeout", async () => {
    const stop = new AbortController();
    await using silent = await tcpPeer((socket) => socket.once("data", () => stop.abort()));
    const inTls = await socketPort().attempt(
      planFor(silent.port, ca),
      Promise.resolve(undefined),
      stop.signal,
    );
    expect(inTls.failure).toMatchObject({ code: "interrupted", phase: "tls" });
    const later = new AbortController();
    await using hung = await httpsPeer(leaf, () => later.abort());
    const inHttp = await socketPort().attempt(
      planFor(hung.port, ca),
      Promise.resolve(undefined),
      later.signal,
    );
    expect(inHttp.failure).toMatchObject({ code: "interrupted", phase: "http" });
  });

  test.for([
    { first: "abort", code: "interrupted" },
    { first: "expire", code: "tls-timeout" },
  ] as const)(
    "and the deadline: the one that comes first is the cause ($first)",
    async ({ first, code }) => {
      const manual = manualClock();
      const stop = new AbortController();
      const end = { abort: () => stop.abort(), expire: () => manual.expire() };
      await using peer = await tcpPeer((socket) =>
        socket.once("data", () => {
          end[first]();
          setImmediate(end[first === "abort" ? "expire" : "abort"]);
        }),
      );
      const seen = await socketPort(manual.clock).attempt(
        planFor(peer.port, ca),
        Promise.resolve(undefined),
        stop.signal,
      );
      expect(seen.failure).toMatchObject({ code });
    },
  );
});

describe("many probes", () => {
  test("leave no listener on the signal, no open file and no memory behind", async () => {
    await using good = await httpsPeer(leaf, (_request, response) => response.end(API_BODY));
    await using bad = await tcpPeer((socket) => socket.resetAndDestroy());
    const foreign = await mintLeaf(await mintCa("CN=other"), { names: LEAF_NAMES });
    await using strange = await httpsPeer(foreign, (_request, response) => response.end(API_BODY));
    const { signal } = new AbortController();
    const port = socketPort();
    const round = async (): Promise<void> => {
      for (const httpVersion of ["http2", "http1.1"] as const)
        for (const peer of [good, bad, strange])
          await port.attempt(
            planFor(peer.port, ca, { httpVersion }),
            Promise.resolve(undefined),
            signal,
          );
    };
    for (let index = 0; index < 10; index += 1) await round();
    const openBefore = readdirSync("/proc/self/fd").length;
    const before = heapUsed();
    for (let index = 0; index < 50; index += 1) await round();
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    await expect
      .poll(() => readdirSync("/proc/self/fd").length)
      .toBeLessThanOrEqual(openBefore + 4);
    expect(heapUsed() - before).toBeLessThan(16 * 1024 * 1024);
  });
});

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function manualClock(): { readonly clock: Clock; expire(): void } {
  const waiting = new Set<() => void>();
  const clock: Clock = {
    ...realClock,
    wait: (_ms, signal) =>
      new Promise((resolve) => {
        waiting.add(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      }),
  };
  return {
    clock,
    expire: () => {
      for (const resolve of waiting) resolve();
    },
  };
}
