import { beforeAll, describe, expect, test } from "vitest";
import { httpsPeer, realClock } from "../../../support/hostile-servers.ts";
import type { TestCa, TestLeaf } from "../../../support/test-pki.ts";
import { mintCa, mintLeaf } from "../../../support/test-pki.ts";
import {
  API_BODY,
  countingToken,
  HOST,
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

const NEVER = new AbortController().signal;

const respond = (_request: unknown, response: { end(body: string): unknown }): unknown =>
  response.end(API_BODY);

describe("a healthy API server", () => {
  test.for([
    { httpVersion: "auto" as const, version: "2", alpn: "h2" },
    { httpVersion: "http2" as const, version: "2", alpn: "h2" },
    { httpVersion: "http1.1" as const, version: "1.1", alpn: "http/1.1" },
  ])(
    "gives every fact and every time over $httpVersion",
    async ({ httpVersion, version, alpn }) => {
      await using peer = await httpsPeer(leaf, (request, response) => {
        response.setHeader("audit-id", "0592254d-9f18-4bc6-a88f-86268892ced1");
        response.setHeader("x-kubernetes-pf-flowschema-uid", "flow");
        response.setHeader("x-kubernetes-pf-prioritylevel-uid", "level");
        response.setHeader("x-auth", request.headers.authorization ?? "");
        response.end(API_BODY);
      });
      const before = Date.now();
      const token = countingToken();
      const seen = await probe(planFor(peer.port, ca, { httpVersion }), token);
      expect(seen.failure).toBeUndefined();
      expect(seen.identity).toEqual({ serverAddress: `${SERVER_HOST}:443`, host: SERVER_HOST });
      expect(seen.token).toBe("sent");
      expect(token.revealed()).toBe(1);
      expect(seen.address).toBe("43.200.53.253:443");
      expect(seen.dialed).toEqual({ ip: "127.0.0.1", port: peer.port });
      expect(seen.local?.ip).toBe("127.0.0.1");
      expect(seen.tls).toMatchObject({
        protocol: "TLSv1.3",
        alpn,
        clientCertificateRequested: "no",
        verification: { kind: "verified" },
        leaf: {
          subject: "CN=kube-apiserver",
          issuer: "CN=kubernetes",
          serialNumber: "4F0E2D",
          dnsNames: [SERVER_HOST, "kubernetes.default.svc", HOST],
          ipAddresses: ["10.100.0.1"],
        },
      });
      expect(seen.tls?.leaf?.sha256).toMatch(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/);
      expect(seen.tls?.leaf?.notAfter).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
      expect(seen.http).toMatchObject({
        status: 200,
        version,
        auditId: "0592254d-9f18-4bc6-a88f-86268892ced1",
        flowSchemaUid: "flow",
        priorityLevelUid: "level",
        bodyBytes: API_BODY.length,
      });
      expect(Math.abs(seen.http?.clockSkewMs ?? Number.NaN)).toBeLessThanOrEqual(2_000);
      const { tcpMs = -1, tlsMs = -1, ttfbMs = -1, totalMs } = seen.timings;
      expect(Math.min(tcpMs, tlsMs, ttfbMs)).toBeGreaterThan(0);
      expect(totalMs).toBeGreaterThanOrEqual(tcpMs + tlsMs + ttfbMs);
      expect(Date.parse(seen.startedAt)).toBeGreaterThanOrEqual(before);
      expect(peer.seen).toEqual(["tcp", "secure", `request GET ${HOST} /api`]);
    },
  );

  test("is asked for JSON, as this program, with the token and nothing else about us", async () => {
    let headers: Record<string, unknown> = {};
    await using peer = await httpsPeer(leaf, (request, response) => {
      headers = Object.fromEntries(Object.entries(request.headers));
      response.end(API_BODY);
    });
    await probe(planFor(peer.port, ca), countingToken("fake"));
    expect(headers).toEqual({
      ":authority": HOST,
      ":method": "GET",
      ":path": "/api",
      ":scheme": "https",
      accept: "application/json",
      authorization: "Bearer fake",
      "user-agent": "eks-probe/1.2.3",
    });
  });

  test("is named with its port where the endpoint has one of its own, never with the dialled one", async () => {
    await using peer = await httpsPeer(leaf, (_request, response) => response.end(API_BODY));
    await probe(planFor(peer.port, ca, { serverPort: 6443 }));
    await probe(planFor(peer.port, ca, { serverPort: 6443, httpVersion: "http1.1" }));
    expect(peer.seen.filter((event) => event.startsWith("request"))).toEqual([
      `request GET ${HOST}:6443 /api`,
      `request GET ${HOST}:6443 /api`,
    ]);
  });

  test("is asked without a token when signing failed, since its certificate is worth the trip", async () => {
    let authorization: string | undefined = "unset";
    await using peer = await httpsPeer(leaf, (request, response) => {
      ({ authorization } = request.headers);
      response.end(API_BODY);
    });
    const failed = Promise.reject(new Error("no credentials"));
    const seen = await socketPort().attempt(planFor(peer.port, ca), failed, NEVER);
    expect(seen).toMatchObject({ failure: undefined, token: "none" });
    expect(authorization).toBeUndefined();
  });

  test("waits for a token under way, but not beyond the deadline, which then is not its fault", async () => {
    await using peer = await httpsPeer(leaf, (_request, response) => response.end(API_BODY));
    const seen = await socketPort().attempt(
      planFor(peer.port, ca, { timeoutMs: 120 }),
      new Promise(() => undefined),
      NEVER,
    );
    expect(seen.failure).toMatchObject({ code: "deadline", phase: "sign", side: "local" });
    expect(seen.tls?.verification).toEqual({ kind: "verified" });
    expect(peer.seen).toEqual(["tcp", "secure"]);
  });

  test("is met anew each time: no connection and no TLS session is used twice", async () => {
    const reused: boolean[] = [];
    await using peer = await httpsPeer(leaf, (request, response) => {
      reused.push("isSessionReused" in request.socket && request.socket.isSessionReused());
      response.end(API_BODY);
    });
    const port = socketPort();
    for (let sample = 1; sample <= 3; sample += 1)
      await probe(planFor(peer.port, ca, { sample, httpVersion: "http1.1" }), undefined, port);
    expect(reused).toEqual([false, false, false]);
    expect(peer.seen.filter((event) => event === "tcp")).toHaveLength(3);
  });

  test("may know its name by wildcard or as an IP, as other installations do", async () => {
    const names = [
      { type: "dns" as const, value: "*.EXAMPLE.test" },
      { type: "ip" as const, value: "10.9.8.7" },
    ];
    await using peer = await httpsPeer(await mintLeaf(ca, { names }), (_request, response) =>
      response.end(API_BODY),
    );
    for (const serverName of ["api.example.test", "10.9.8.7"])
      expect((await probe(planFor(peer.port, ca, { serverName }))).failure).toBeUndefined();
  });

  test("shows how far its clock is from ours, against the middle of request and answer", async () => {
    await using peer = await httpsPeer(leaf, (_request, response) => {
      response.setHeader("date", "Sun, 22 Nov 2026 08:28:04 GMT");
      response.end(API_BODY);
    });
    const wallMs = Date.UTC(2026, 10, 22, 8, 28, 0);
    const port = socketPort({ ...realClock, wallMs: () => wallMs });
    const seen = await probe(planFor(peer.port, ca), undefined, port);
    expect(seen.http).toMatchObject({ date: "2026-11-22T08:28:04.000Z", clockSkewMs: 4_000 });
    expect(seen.startedAt).toBe("2026-11-22T08:28:00.000Z");
  });

  test("has no clock skew when its Date is missing or no date", async () => {
    for (const date of ["", "yesterday", "2026-11-22"]) {
      await using peer = await httpsPeer(leaf, (_request, response) => {
        response.setHeader("date", date);
        response.end(API_BODY);
      });
      const seen = await probe(planFor(peer.port, ca));
      expect(seen.http).toMatchObject({ date: undefined, clockSkewMs: undefined });
    }
  });
});

describe("a server that asks for a client certificate", () => {
  const ciphers = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
  ];
  const cases = ciphers.flatMap((cipher) =>
    [true, false].flatMap((requestCert) =>
      ["auto", "secp384r1"].map((ecdhCurve) => ({ cipher, requestCert, ecdhCurve })),
    ),
  );

  test.for(cases)(
    "is told from one that does not: $cipher, asked $requestCert, groups $ecdhCurve",
    async ({ cipher, requestCert, ecdhCurve }) => {
      const options = { ciphers: cipher, requestCert, rejectUnauthorized: false, ecdhCurve };
      await using peer = await httpsPeer(leaf, respond, { ...options, minVersion: "TLSv1.3" });
      const seen = await probe(planFor(peer.port, ca));
      expect(seen.failure).toBeUndefined();
      expect(seen.tls).toMatchObject({
        cipher,
        clientCertificateRequested: requestCert ? "yes" : "no",
      });
    },
  );

  test("is unknown at TLS 1.2, where the flight's size does not tell", async () => {
    const options = {
      requestCert: true,
      rejectUnauthorized: false,
      maxVersion: "TLSv1.2",
    } as const;
    await using peer = await httpsPeer(
      leaf,
      (_request, response) => response.end(API_BODY),
      options,
    );
    const seen = await probe(planFor(peer.port, ca));
    expect(seen.failure).toBeUndefined();
    expect(seen.tls).toMatchObject({ protocol: "TLSv1.2", clientCertificateRequested: "unknown" });
  });
});
