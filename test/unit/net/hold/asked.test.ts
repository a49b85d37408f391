import { X509Certificate } from "node:crypto";
import { getEventListeners } from "node:events";
import { readdirSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import type { BearerToken } from "../../../../src/model/ports.ts";
import { httpsPeer, tcpPeer } from "../../../support/hostile-servers.ts";
import type { TestCa, TestLeaf } from "../../../support/test-pki.ts";
import { mintCa, mintLeaf } from "../../../support/test-pki.ts";
import { API_BODY, countingToken, LEAF_NAMES, planFor, socketPort } from "../attempt/support.ts";
import { get } from "../converse/support.ts";
import { hold, holdFailure } from "./support.ts";

let ca: TestCa;
let leaf: TestLeaf;

beforeAll(async () => {
  ca = await mintCa("CN=kubernetes");
  leaf = await mintLeaf(ca, { names: LEAF_NAMES });
});

const SHORT = { timeoutMs: 150 };
const VERSIONS = ["http2", "http1.1"] as const;
const NEVER = new AbortController().signal;

describe("a kept connection", () => {
  test.for(VERSIONS)("is one for all that is asked of it (%s)", async (httpVersion) => {
    await using peer = await httpsPeer(leaf, (request, response) => response.end(request.url));
    await using held = await hold(planFor(peer.port, ca, { httpVersion }), countingToken());
    expect(peer.seen).not.toContainEqual(expect.stringContaining("request"));
    // oxlint-disable-next-line eslint/no-await-in-loop -- one after another is what is tested
    for (const round of ["/1", "/2", "/3"])
      expect(await held.ask([round, "/version"])).toEqual([`200 ${round}`, "200 /version"]);
    expect(peer.seen.filter((event) => event === "tcp")).toHaveLength(1);
    expect(held.connection.fingerprint).toBe(new X509Certificate(leaf.cert).fingerprint256);
    expect(held.connection.ended()).toBeUndefined();
  });

  test("is asked at once over HTTP/2, also by two who do not know of each other", async () => {
    const waiting: (() => void)[] = [];
    await using peer = await httpsPeer(leaf, (request, response) => {
      waiting.push(() => response.end(request.url));
      if (waiting.length === 3) for (const answer of waiting.toReversed()) answer();
    });
    await using held = await hold(planFor(peer.port, ca));
    expect(await Promise.all([held.ask(["/1", "/2"]), held.ask(["/3"])])).toEqual([
      ["200 /1", "200 /2"],
      ["200 /3"],
    ]);
  });

  test("is asked one after another over HTTP/1.1, also by two who do not know of each other", async () => {
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
    await using held = await hold(planFor(peer.port, ca, { httpVersion: "http1.1" }));
    expect(await Promise.all([held.ask(["/1", "/2"]), held.ask(["/3"])])).toEqual([
      ["200 /1", "200 /2"],
      ["200 /3"],
    ]);
    expect(most).toBe(1);
  });

  test("hears the 401 of an API server that was taken out, which only old connections see", async () => {
    let removed = false;
    await using peer = await httpsPeer(leaf, (_request, response) => {
      response.statusCode = removed ? 401 : 200;
      response.end("told");
    });
    await using held = await hold(planFor(peer.port, ca), countingToken());
    expect(await held.ask(["/api"])).toEqual(["200 told"]);
    removed = true;
    expect(await held.ask(["/api", "/version"])).toEqual(["401 told", "401 told"]);
    expect(held.connection.ended()).toBeUndefined();
  });

  test.for(VERSIONS)("tells what a server that sheds load says of it (%s)", async (httpVersion) => {
    await using peer = await httpsPeer(leaf, (request, response) => {
      if (request.url === "/shed") {
        response.statusCode = 429;
        response.setHeader("retry-after", "3");
        response.setHeader("x-kubernetes-pf-flowschema-uid", "schema-1");
        response.setHeader("x-kubernetes-pf-prioritylevel-uid", "level-1");
      }
      response.end();
    });
    await using held = await hold(planFor(peer.port, ca, { httpVersion }));
    const [shed, plain] = await held.replies([get("/shed"), get("/plain")]);
    expect(shed).toMatchObject({
      status: 429,
      retryAfterSeconds: 3,
      flowSchemaUid: "schema-1",
      priorityLevelUid: "level-1",
    });
    expect(plain).toMatchObject({
      retryAfterSeconds: undefined,
      flowSchemaUid: undefined,
      priorityLevelUid: undefined,
    });
  });

  test("outlives the time that undici, or the server's Keep-Alive header, would give it", async () => {
    await using peer = await httpsPeer(leaf, (_request, response) => {
      response.setHeader("keep-alive", "timeout=1");
      response.end("ok");
    });
    await using held = await hold(planFor(peer.port, ca, { httpVersion: "http1.1" }));
    // With undici's threshold of 2 s the header alone would end it at once.
    for (let round = 0; round < 3; round += 1)
      // oxlint-disable-next-line eslint/no-await-in-loop -- one after another is what is tested
      expect(await held.ask(["/api"])).toEqual(["200 ok"]);
    expect(held.connection.ended()).toBeUndefined();
  });
});

describe("the token of a kept connection", () => {
  test.for(VERSIONS)("is the one that is good now, each time (%s)", async (httpVersion) => {
    const sent: unknown[] = [];
    await using peer = await httpsPeer(leaf, (request, response) => {
      sent.push(request.headers.authorization);
      response.end();
    });
    await using held = await hold(planFor(peer.port, ca, { httpVersion }), countingToken("first"));
    await held.ask(["/1"]);
    await held.ask(["/2", "/3"], countingToken("renewed"));
    await held.connection.ask([get("/4")], Promise.resolve(undefined), NEVER);
    await held.connection.ask([get("/5")], Promise.reject(new Error("no token")), NEVER);
    expect(sent).toEqual([
      "Bearer first",
      "Bearer renewed",
      "Bearer renewed",
      undefined,
      undefined,
    ]);
  });

  test("stays unseen when the certificate is another CA's: there is no connection to ask", async () => {
    const foreign = await mintCa("CN=kubernetes");
    await using peer = await httpsPeer(leaf, (_request, response) => response.end());
    const token = countingToken();
    expect(await holdFailure(planFor(peer.port, foreign), token)).toMatchObject({
      code: "tls-untrusted",
      phase: "tls",
    });
    expect(token.revealed()).toBe(0);
    expect(peer.seen).not.toContainEqual(expect.stringContaining("request"));
  });

  test.for([
    { sendTokenUnverified: false, sent: "none" },
    { sendTokenUnverified: true, sent: "Bearer short" },
  ])(
    "with --insecure is sent unverified only when asked for by name, each time ($sent)",
    async ({ sendTokenUnverified, sent }) => {
      const foreign = await mintCa("CN=kubernetes");
      const heard: string[] = [];
      await using peer = await httpsPeer(leaf, (request, response) => {
        heard.push(request.headers.authorization ?? "none");
        response.end();
      });
      const plan = planFor(peer.port, foreign, { insecure: true, sendTokenUnverified });
      await using held = await hold(plan, countingToken("short"));
      await held.ask(["/1"]);
      await held.ask(["/2"]);
      expect(heard).toEqual([sent, sent]);
    },
  );

  test("does not come back out of an answer, the one before the renewal included", async () => {
    const secrets = ["first-token-of-some-length-012345", "renewed-token-of-some-length-678"];
    const heard: string[] = [];
    await using peer = await httpsPeer(leaf, (request, response) => {
      heard.push(request.headers.authorization ?? "");
      response.end(heard.join(" "));
    });
    await using held = await hold(planFor(peer.port, ca));
    const answers: (readonly string[])[] = [];
    // oxlint-disable-next-line eslint/no-await-in-loop -- the order is what is tested
    for (const secret of secrets) answers.push(await held.ask(["/"], countingToken(secret)));
    expect(answers).toEqual([
      ["200 Bearer [redacted]"],
      ["200 Bearer [redacted] Bearer [redacted]"],
    ]);
  });

  test("that does not come in time is nobody's fault but ours, and costs no connection", async () => {
    await using peer = await httpsPeer(leaf, (_request, response) => response.end("ok"));
    await using held = await hold(planFor(peer.port, ca, SHORT));
    const never = new Promise<BearerToken>(() => undefined);
    const replies = await held.connection.ask([get("/1"), get("/2")], never, NEVER);
    expect(replies).toMatchObject([
      { failure: { code: "deadline", phase: "sign", side: "local" } },
      { failure: { code: "deadline", phase: "sign", side: "local" } },
    ]);
    expect(held.connection.ended()).toBeUndefined();
    expect(await held.ask(["/3"])).toEqual(["200 ok"]);
  });
});

describe("the caller's signal", () => {
  test("that aborts while the connection is made leaves nothing of it", async () => {
    const stop = new AbortController();
    await using peer = await tcpPeer(() => stop.abort());
    const outcome = await socketPort().hold(
      planFor(peer.port, ca),
      Promise.resolve(undefined),
      stop.signal,
    );
    expect(outcome).toMatchObject({ kind: "failed", failure: { code: "interrupted" } });
    expect(getEventListeners(stop.signal, "abort")).toEqual([]);
  });

  test("that aborts afterwards is nothing to the connection", async () => {
    const stop = new AbortController();
    await using peer = await httpsPeer(leaf, (_request, response) => response.end("ok"));
    const plan = planFor(peer.port, ca);
    const outcome = await socketPort().hold(plan, Promise.resolve(undefined), stop.signal);
    if (outcome.kind === "failed") throw new Error("not open");
    expect(getEventListeners(stop.signal, "abort")).toEqual([]);
    stop.abort();
    const replies = await outcome.connection.ask([get("/1")], Promise.resolve(undefined), NEVER);
    outcome.connection.close();
    expect(replies).toMatchObject([{ status: 200 }]);
  });

  test("of a question ends that question, over HTTP/2 at no cost for the connection", async () => {
    const stop = new AbortController();
    await using peer = await httpsPeer(leaf, (request, response) => {
      if (request.url === "/stop") stop.abort();
      else response.end("ok");
    });
    await using held = await hold(planFor(peer.port, ca));
    expect(await held.ask(["/stop"], undefined, stop.signal)).toEqual(["interrupted"]);
    expect(await held.ask(["/1"])).toEqual(["200 ok"]);
    expect(getEventListeners(stop.signal, "abort")).toEqual([]);
  });

  test("has no listener left after many questions, and no warning of too many at once", async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning.name);
    process.on("warning", onWarning);
    const { signal } = new AbortController();
    await using peer = await httpsPeer(leaf, (_request, response) => response.end(API_BODY));
    await using held = await hold(planFor(peer.port, ca));
    await Promise.all(Array.from({ length: 200 }, () => held.ask(["/api"], undefined, signal)));
    process.off("warning", onWarning);
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(warnings).toEqual([]);
  });
});

function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}

test.for(VERSIONS)(
  "two hundred connections, each kept, asked and closed, leave no file open (%s)",
  async (httpVersion) => {
    await using peer = await httpsPeer(leaf, (_request, response) => response.end(API_BODY));
    const port = socketPort();
    const plan = planFor(peer.port, ca, { httpVersion });
    const cycle = async (): Promise<void> => {
      await using held = await hold(plan, countingToken(), port);
      expect(await held.ask(["/api", "/version"])).toHaveLength(2);
    };
    for (let index = 0; index < 5; index += 1)
      // oxlint-disable-next-line eslint/no-await-in-loop -- one after another is what is tested
      await cycle();
    const before = openFiles();
    // oxlint-disable-next-line eslint/no-await-in-loop
    for (let index = 0; index < 200; index += 1) await cycle();
    await expect.poll(openFiles).toBeLessThanOrEqual(before);
  },
);
