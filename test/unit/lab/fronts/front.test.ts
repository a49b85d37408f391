import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RunningFront } from "../../../../src/lab/fronts/front.ts";
import type { FrontFault } from "../../../../src/lab/scenario.ts";
import { getFromLab, type LabAnswer, type LabGet } from "../../../support/lab-client.ts";
import {
  type ControlPlane,
  ENDPOINT_NAME,
  FIELD_CLUSTER,
  startControlPlane,
} from "../../../support/lab-servers.ts";

let plane: ControlPlane;
const sockets: Socket[] = [];
beforeAll(async () => {
  plane = await startControlPlane();
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(() => plane.close());

const TOKEN = { authorization: "Bearer lab-token" };
const HOST_A = `${FIELD_CLUSTER.servers[0]?.host}:443`;

function get(front: RunningFront, more: Partial<LabGet> = {}): Promise<LabAnswer> {
  return getFromLab({
    front,
    ca: plane.pki.caPem,
    servername: ENDPOINT_NAME,
    httpVersion: "2",
    headers: TOKEN,
    ...more,
  });
}

function dial(front: RunningFront): Socket {
  const socket = connect(front.boundPort, front.boundAddress);
  socket.on("error", () => {});
  sockets.push(socket);
  return socket;
}

function codeOf(failing: Promise<unknown>): Promise<string> {
  return failing.then(
    () => "no error",
    (error: unknown) =>
      error instanceof Error && "code" in error ? String(error.code) : String(error),
  );
}

/** Runs a test under both versions of HTTP. */
const BOTH = [["2"], ["1.1"]] as const;

describe("a proper front", () => {
  it("leads every connection to the first server when pinned", async () => {
    const front = await plane.front(undefined, { layout: { servers: ["b", "a"] } });
    const bodies = await Promise.all(Array.from({ length: 6 }, () => get(front)));
    expect(new Set(bodies.map(({ body }) => body)).size).toBe(1);
    expect(bodies[0]?.body).toContain("ip-172-16-173-248");
    expect(front.hits()).toBe(6);
  });

  it("spreads connections when balanced, and the same way for the same seed", async () => {
    const layout = { policy: "balanced", servers: ["a", "b"], seed: 7 } as const;
    const sequence = async (): Promise<string> => {
      const front = await plane.front(undefined, { layout });
      let met = "";
      for (let sample = 0; sample < 12; sample += 1) {
        // oxlint-disable-next-line eslint/no-await-in-loop -- the order is what is tested
        const { body } = await get(front);
        met += body.includes(HOST_A) ? "a" : "b";
      }
      return met;
    };
    const first = await sequence();
    expect(first).toMatch(/a.*b|b.*a/);
    expect(await sequence()).toBe(first);
  });

  it("gives each server its share of the connections, and none to a share of nothing", async () => {
    const tally = async (weights: readonly number[]): Promise<string> => {
      const layout = { policy: "balanced", servers: ["a", "b"], weights, seed: 5 } as const;
      const front = await plane.front(undefined, { layout });
      const answers = await Promise.all(Array.from({ length: 40 }, () => get(front)));
      const ofA = answers.filter(({ body }) => body.includes(HOST_A)).length;
      return `${ofA}:${answers.length - ofA}`;
    };
    expect(await tally([0, 1])).toBe("0:40");
    expect(await tally([95, 5])).toBe("39:1");
    const layout = { policy: "balanced", servers: ["a", "b"], weights: [1] } as const;
    await expect(plane.front(undefined, { layout })).rejects.toThrow("a weight for each server");
  });

  it("chooses for the connection, not for the request", async () => {
    const layout = { policy: "balanced", servers: ["a", "b"], seed: 1 } as const;
    const front = await plane.front(undefined, { layout });
    const session = connectHttp2(`https://${front.boundAddress}:${front.boundPort}`, {
      ca: plane.pki.caPem,
      servername: ENDPOINT_NAME,
    });
    try {
      const bodies = await Promise.all(
        Array.from({ length: 12 }, () =>
          text(session.request({ ":path": "/api", authorization: TOKEN.authorization })),
        ),
      );
      expect(new Set(bodies).size).toBe(1);
      expect(front.hits()).toBe(1);
    } finally {
      session.destroy();
    }
  });

  it("adds three round trips in all: connection and handshake two, the request one", async () => {
    const front = await plane.front(undefined, { roundTripMs: 12 });
    const startedMs = performance.now();
    const answer = await get(front);
    expect(answer.status).toBe(200);
    // Timers may fire a millisecond early by this clock.
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(3 * 12 - 3);
  });

  it("cuts its connections when closed, and refuses from then on", async () => {
    const front = await plane.front({ kind: "never", phase: "http" });
    const waiting = codeOf(get(front, { httpVersion: "1.1" }));
    await expect.poll(() => plane.server("a").seen.requests.at(-1)?.status).toBeUndefined();
    front.close();
    expect(await waiting).toBe("ECONNRESET");
    expect(await codeOf(get(front))).toBe("ECONNREFUSED");
  });

  it("drops what is neither TLS nor HTTP without an answer", async () => {
    const front = await plane.front(undefined);
    const socket = dial(front);
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
    });
    socket.end("SSH-2.0-x\r\n");
    await once(socket, "close");
    expect(received).not.toContain("HTTP");
  });

  it("reports what the API server saw, without the token", async () => {
    const front = await plane.front(undefined, { layout: { servers: ["b"] } });
    await get(front, { path: "/livez?verbose&x=secret" });
    await get(front, { httpVersion: "1.1", headers: {} });
    expect(plane.server("b").seen.requests.slice(-2)).toEqual([
      { path: "/livez", httpVersion: "2", authorization: "bearer", status: 200 },
      { path: "/api", httpVersion: "1.1", authorization: "none", status: 403 },
    ]);
    expect(plane.server("b").seen.handshakes).toBeGreaterThanOrEqual(2);
    expect(JSON.stringify(plane.server("b").seen)).not.toMatch(/lab-token|secret/);
  });
});

describe("faults of the connection", () => {
  it("refuses, and holds the port against anyone else", async () => {
    const front = await plane.front({ kind: "refuse" });
    expect(await codeOf(get(front))).toBe("ECONNREFUSED");
    expect(await codeOf(get(front))).toBe("ECONNREFUSED");
    expect(front.hits()).toBe(0);
  });

  it("drops every SYN, which is silence and no refusal", async () => {
    const front = await plane.front({ kind: "drop" });
    const socket = dial(front);
    const outcome = await Promise.race([
      once(socket, "connect").then(
        () => "connected",
        () => "refused",
      ),
      new Promise((resolve) => setTimeout(resolve, 120, "silence")),
    ]);
    expect([outcome, front.hits()]).toEqual(["silence", 0]);
    front.close();
    // What was dropped once is tried again, and told that nobody is there any more.
    expect(await codeOf(get(front))).toBe("ECONNREFUSED");
  });

  it("is out of reach for the machine itself, which says so without sending anything", async () => {
    const front = await plane.front({ kind: "unreachable" });
    expect(await codeOf(get(front))).toBe("ENETUNREACH");
  });

  it.each(["tcp", "tls"] as const)("resets at %s by an RST, not a FIN", async (phase) => {
    const front = await plane.front({ kind: "reset", phase });
    const socket = dial(front);
    socket.write("\u0016\u0003\u0001\u0000\u0005hello");
    // A FIN would be the end of the stream, and no error.
    expect(await codeOf(once(socket, "end"))).toBe("ECONNRESET");
  });

  it.each(BOTH)("resets the request over HTTP/%s after a good handshake", async (httpVersion) => {
    const front = await plane.front({ kind: "reset", phase: "http" });
    const before = plane.server("a").seen.handshakes;
    expect(await codeOf(get(front, { httpVersion }))).toBe("ECONNRESET");
    expect(plane.server("a").seen.handshakes).toBe(before + 1);
  });

  it("accepts and never starts TLS, and lets go when the client does", async () => {
    const front = await plane.front({ kind: "never", phase: "tls" });
    const socket = connectTls({ host: front.boundAddress, port: front.boundPort });
    socket.on("error", () => {});
    await once(socket, "connect");
    let answered = false;
    socket.once("secureConnect", () => {
      answered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answered).toBe(false);
    socket.end();
    socket.destroy();
    await once(socket, "close");
  });

  it("notices a client that leaves while the answer is late", async () => {
    const front = await plane.front({ kind: "late", phase: "tls", ms: 60_000 });
    const socket = dial(front);
    await once(socket, "connect");
    socket.end("\u0016\u0003\u0001\u0000\u0005hello");
    socket.resume();
    // The front ends its side at once, not in a minute.
    await once(socket, "close");
    expect(front.hits()).toBe(1);
  });

  it.each(["tls", "http"] as const)("answers %s late, and properly", async (phase) => {
    const front = await plane.front({ kind: "late", phase, ms: 40 });
    const startedMs = performance.now();
    expect((await get(front)).body).toContain(HOST_A);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(39);
  });

  it("sends bytes that are not TLS", async () => {
    const front = await plane.front({ kind: "garbage" });
    expect(await codeOf(get(front))).toBe("ERR_SSL_WRONG_VERSION_NUMBER");
  });

  it.each([
    ["inspection", /UNABLE_TO_GET_ISSUER_CERT_LOCALLY|UNABLE_TO_VERIFY_LEAF_SIGNATURE/],
    ["foreign-ca", /UNABLE_TO_GET_ISSUER_CERT_LOCALLY|UNABLE_TO_VERIFY_LEAF_SIGNATURE/],
    ["self-signed", /DEPTH_ZERO_SELF_SIGNED_CERT/],
    ["expired", /CERT_HAS_EXPIRED/],
    ["not-yet-valid", /CERT_NOT_YET_VALID/],
    ["other-name", /ERR_TLS_CERT_ALTNAME_INVALID/],
    ["other-cluster", /UNABLE_TO_GET_ISSUER_CERT_LOCALLY|UNABLE_TO_VERIFY_LEAF_SIGNATURE/],
  ] as const)("presents a certificate that is %s", async (flaw, code) => {
    const front = await plane.front({ kind: "wrong-certificate", flaw });
    expect(await codeOf(get(front))).toMatch(code);
  });
});

describe.each(BOTH)("faults of the answer over HTTP/%s", (httpVersion) => {
  const answerOf = async (fault: FrontFault, more: Partial<LabGet> = {}): Promise<LabAnswer> =>
    get(await plane.front(fault, { tricklePaceMs: 1 }), { httpVersion, ...more });

  it("gives a status to everyone, in the API server's own form", async () => {
    const unavailable = await answerOf({ kind: "status", status: 503 });
    expect(unavailable.status).toBe(503);
    expect(JSON.parse(unavailable.body)).toMatchObject({ kind: "Status", code: 503 });
    const throttled = await answerOf({ kind: "status", status: 429 });
    expect(throttled.headers["retry-after"]).toBe("1");
    expect(throttled.body).toBe("Too many requests, please try again later.");
    // As when flow control sheds load: the answer names the schema and the level that were full.
    for (const header of ["x-kubernetes-pf-flowschema-uid", "x-kubernetes-pf-prioritylevel-uid"])
      expect(throttled.headers[header]).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const denied = await answerOf({ kind: "status", status: 401 });
    expect(denied.body).toHaveLength(165);
    expect(denied.headers).not.toHaveProperty("x-kubernetes-pf-flowschema-uid");
  });

  it("denies every token and nobody else, as a server that was scaled in", async () => {
    const front = await plane.front({ kind: "unauthorized" });
    const ask = (path: string, headers: Record<string, string>): Promise<LabAnswer> =>
      get(front, { httpVersion, path, headers });
    expect((await ask("/api", TOKEN)).status).toBe(401);
    expect((await ask("/livez", { authorization: "Bearer admin-token" })).status).toBe(401);
    expect((await ask("/api", {})).status).toBe(403);
    expect((await ask("/livez", {})).status).toBe(200);
  });

  it("denies every third token, whatever connection it comes by", async () => {
    const front = await plane.front({ kind: "intermittent-401", every: 3 });
    const statuses: number[] = [];
    for (let request = 0; request < 7; request += 1) {
      // oxlint-disable-next-line eslint/no-await-in-loop -- the order is what is tested
      statuses.push((await get(front, { httpVersion })).status);
      // Requests without a token are not counted.
      // oxlint-disable-next-line eslint/no-await-in-loop
      expect((await get(front, { httpVersion, headers: {} })).status).toBe(403);
    }
    expect(statuses).toEqual([200, 200, 401, 200, 200, 401, 200]);
  });

  it("loses the Authorization header on the way, so that the caller is anonymous", async () => {
    const front = await plane.front({ kind: "strip-authorization" });
    const answer = await get(front, { httpVersion });
    expect(answer.status).toBe(403);
    expect(answer.body).toContain('User \\"system:anonymous\\" cannot get path');
    expect((await get(front, { httpVersion, path: "/livez" })).body).toBe("ok");
    expect(plane.server("a").seen.requests.at(-1)?.authorization).toBe("bearer");
  });

  it("stops for good within a large answer, and lets a small one through", async () => {
    const front = await plane.front({ kind: "stall-large", bytes: 300 });
    expect((await get(front, { httpVersion })).body).toContain(HOST_A);
    const large = { httpVersion, path: "/apis" } as const;
    const begun = await get(front, { ...large, limitBytes: 300 });
    expect([begun.status, begun.body.length]).toEqual([200, 300]);
    expect(Number(begun.headers["content-length"])).toBeGreaterThan(300);
    const outcome = await Promise.race([
      get(front, { ...large, limitBytes: 301 }).then(() => "more"),
      new Promise((resolve) => setTimeout(resolve, 80, "silence")),
    ]).finally(() => front.close());
    expect(outcome).toBe("silence");
  });

  it("redirects", async () => {
    const location = "https://127.0.0.1:9/elsewhere";
    const answer = await answerOf({ kind: "redirect", location });
    expect(answer.status).toBe(302);
    expect(answer.headers["location"]).toBe(location);
  });

  it("sends JSON that ends too soon, has another shape, or is not there", async () => {
    const invalid = await answerOf({ kind: "body", body: "invalid-json" });
    expect(invalid.status).toBe(200);
    expect(() => JSON.parse(invalid.body) as unknown).toThrow(SyntaxError);
    const other = await answerOf({ kind: "body", body: "other-shape" });
    expect(JSON.parse(other.body)).toMatchObject({
      serverAddressByClientCIDRs: { "0.0.0.0/0": HOST_A },
    });
    expect((await answerOf({ kind: "body", body: "empty" })).body).toBe("");
  });

  it("sends control characters inside valid JSON, as escapes", async () => {
    const { body } = await answerOf({ kind: "body", body: "escape-sequences" });
    expect(body).toMatch(/^[\n\u0020-\u007e]*$/);
    expect(body).toContain("\\u001b]0;");
    expect(body).toContain("\\u009b");
    expect(body).toContain("\\u202e");
    expect(JSON.parse(body)).toHaveProperty("kind", "APIVersions");
  });

  it("streams far more than any limit, without announcing how much", async () => {
    const limitBytes = 8 * 1024 * 1024;
    const answer = await answerOf({ kind: "body", body: "huge" }, { limitBytes });
    expect(answer.body.length).toBeGreaterThanOrEqual(limitBytes);
    expect(answer.headers).not.toHaveProperty("content-length");
  });

  it("sends the proper body a byte at a time", async () => {
    const answer = await answerOf({ kind: "body", body: "one-byte-a-second" });
    expect(answer.body).toContain(HOST_A);
    expect(answer.headers["content-length"]).toBe("219");
  });

  it("never answers, and the connection stays", async () => {
    const front = await plane.front({ kind: "never", phase: "http" });
    const outcome = await Promise.race([
      get(front, { httpVersion }).then(() => "answered"),
      new Promise((resolve) => setTimeout(resolve, 40, "silent")),
    ]).finally(() => front.close());
    expect(outcome).toBe("silent");
  });
});

describe("an endless header", () => {
  it("ends only when the client gives up", async () => {
    const front = await plane.front({ kind: "endless-header" });
    expect(await codeOf(get(front, { httpVersion: "1.1" }))).toBe("HPE_HEADER_OVERFLOW");
  });

  it("is offered over HTTP/1.1 alone, even to a client that prefers HTTP/2", async () => {
    const front = await plane.front({ kind: "endless-header" });
    const socket = connectTls({
      host: front.boundAddress,
      port: front.boundPort,
      servername: ENDPOINT_NAME,
      ca: plane.pki.caPem,
      ALPNProtocols: ["h2", "http/1.1"],
    });
    sockets.push(socket);
    await once(socket, "secureConnect");
    expect(socket.alpnProtocol).toBe("http/1.1");
  });
});
