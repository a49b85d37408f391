import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { Answer, Packet } from "dns-packet";
import { decode, encode } from "dns-packet";
import { describe, expect, test } from "vitest";
import type { RecordType, Resolution } from "../../../../src/model/resolution.ts";
import { createNamePort } from "../../../../src/net/name-port.ts";
import { dnsPeer, realClock, tcpPeer } from "../../../support/hostile-servers.ts";

const NAME = "0A1B2C.yl4.ap-northeast-2.eks.amazonaws.com";
const NEVER = new AbortController().signal;
const TC = 1 << 9;

function ask(port: number, timeoutMs = 3_000, type: RecordType = "A"): Promise<Resolution> {
  const server = { kind: "server", ip: "127.0.0.1", port, system: false } as const;
  return createNamePort(realClock).query(server, NAME, type, timeoutMs, NEVER);
}

function a(name: string, ip: string, ttl = 60): Answer {
  return { type: "A", name, ttl, class: "IN", data: ip };
}

function cname(name: string, data: string): Answer {
  return { type: "CNAME", name, ttl: 60, class: "IN", data };
}

/** A proper answer to a query, with whatever is to be different about it. */
function answer(query: Buffer, answers: readonly Answer[], changes: Packet = {}): Buffer {
  const { id = 0, questions = [] } = decode(query);
  return encode({ type: "response", id, questions, answers: [...answers], ...changes });
}

function framed(packet: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(packet.length);
  return Buffer.concat([length, packet]);
}

function bare(rcode: number): Packet {
  return { flags: rcode, questions: [] };
}

function truncate(query: Buffer, reply: (packet: Buffer) => void): void {
  reply(answer(query, [], { flags: TC }));
}

describe("a question over UDP", () => {
  test("is one recursive, absolute question with EDNS0 and an id of its own", async () => {
    await using peer = await dnsPeer({ udp: (query, reply) => reply(answer(query, [])) });
    await ask(peer.port, 3_000, "AAAA");
    await ask(peer.port);
    await ask(peer.port);
    const packets = peer.udpQueries.map((query) => decode(query));
    expect(packets[0]).toMatchObject({
      type: "query",
      flag_rd: true,
      questions: [{ name: NAME, type: "AAAA", class: "IN" }],
      additionals: [{ type: "OPT", udpPayloadSize: 1232 }],
    });
    expect(new Set(packets.map((packet) => packet.id)).size).toBeGreaterThan(1);
  });

  test("gives every record with its own TTL, whatever the case the server writes names in", async () => {
    await using peer = await dnsPeer({
      udp: (query, reply) =>
        reply(
          answer(query, [
            a(NAME.toLowerCase(), "43.200.53.253", 60),
            a(NAME.toUpperCase(), "52.79.39.107", 17),
          ]),
        ),
    });
    const seen = await ask(peer.port);
    expect(seen).toMatchObject({
      resolver: { kind: "server", ip: "127.0.0.1", port: peer.port },
      name: NAME,
      type: "A",
      transport: "udp",
      answer: {
        kind: "records",
        cnames: [],
        records: [
          { type: "A", ip: "43.200.53.253", ttlSeconds: 60 },
          { type: "A", ip: "52.79.39.107", ttlSeconds: 17 },
        ],
      },
    });
    expect(seen.durationMs).toBeGreaterThan(0);
  });

  test("follows a CNAME chain in any order and leaves records of other names out", async () => {
    await using peer = await dnsPeer({
      udp: (query, reply) =>
        reply(
          answer(query, [
            a("b.example", "10.0.0.2"),
            a("stranger.example", "10.6.6.6"),
            a(NAME, "10.7.7.7"),
            cname("A.example", "B.example"),
            cname(NAME, "a.EXAMPLE"),
          ]),
        ),
    });
    expect((await ask(peer.port)).answer).toEqual({
      kind: "records",
      records: [{ type: "A", ip: "10.0.0.2", ttlSeconds: 60 }],
      cnames: ["a.EXAMPLE", "B.example"],
    });
  });

  test("is not caught by a CNAME loop", async () => {
    await using peer = await dnsPeer({
      udp: (query, reply) =>
        reply(answer(query, [cname(NAME, "a.example"), cname("a.example", NAME)])),
    });
    expect((await ask(peer.port)).answer).toMatchObject({
      kind: "failed",
      failure: { code: "dns-answer-invalid", phase: "dns" },
    });
  });

  test("without such a record is nodata, which is not the same as no such name", async () => {
    const sixes: Answer[] = [
      { type: "AAAA", name: NAME, ttl: 60, class: "IN", data: "2001:db8::1" },
    ];
    await using peer = await dnsPeer({ udp: (query, reply) => reply(answer(query, sixes)) });
    expect((await ask(peer.port)).answer).toEqual({ kind: "nodata" });
    expect((await ask(peer.port, 3_000, "AAAA")).answer).toMatchObject({
      records: [{ ip: "2001:db8::1" }],
    });
  });

  test.for([
    { rcode: 3, code: "dns-nxdomain", cause: "NXDOMAIN" },
    { rcode: 2, code: "dns-servfail", cause: "SERVFAIL" },
    { rcode: 5, code: "dns-refused", cause: "REFUSED" },
    { rcode: 1, code: "dns-answer-invalid", cause: "FORMERR" },
    { rcode: 9, code: "dns-answer-invalid", cause: "RCODE9" },
  ])("answered $cause fails as $code", async ({ rcode, code, cause }) => {
    await using peer = await dnsPeer({
      udp: (query, reply) => reply(answer(query, [], { flags: rcode })),
    });
    expect((await ask(peer.port)).answer).toMatchObject({
      kind: "failed",
      failure: { code, cause, side: "resolver" },
    });
  });

  test("may be refused without being repeated, but no bare packet can say that a name does not exist", async () => {
    await using refusing = await dnsPeer({
      udp: (query, reply) => reply(answer(query, [], bare(5))),
    });
    expect((await ask(refusing.port)).answer).toMatchObject({ failure: { code: "dns-refused" } });
    await using denying = await dnsPeer({
      udp: (query, reply) => reply(answer(query, [], bare(3))),
    });
    expect((await ask(denying.port, 80)).answer).toMatchObject({
      failure: { code: "dns-timeout" },
    });
  });

  test("ignores what does not fit it and what is garbage, and takes the answer behind", async () => {
    const wrong: Record<string, (query: Buffer) => Buffer> = {
      id: (query) => answer(query, [a(NAME, "10.1.1.1")], { id: (decode(query).id ?? 0) ^ 1 }),
      name: (query) =>
        answer(query, [a(NAME, "10.1.1.2")], { questions: [{ type: "A", name: "b.example" }] }),
      type: (query) =>
        answer(query, [a(NAME, "10.1.1.3")], { questions: [{ type: "AAAA", name: NAME }] }),
      query: (query) => query,
      garbage: () => Buffer.from("garbage"),
      cut: (query) => answer(query, [a(NAME, "10.1.1.4")]).subarray(0, -5),
    };
    await using peer = await dnsPeer({
      udp: (query, reply) => {
        for (const make of Object.values(wrong)) reply(make(query));
        reply(answer(query, [a(NAME, "10.0.0.9")]));
      },
    });
    expect((await ask(peer.port)).answer).toMatchObject({ records: [{ ip: "10.0.0.9" }] });
  });

  test("that meets only garbage is an invalid answer, only strangers' answers a timeout", async () => {
    await using garbage = await dnsPeer({ udp: (_query, reply) => reply(Buffer.from("garbage")) });
    expect((await ask(garbage.port, 80)).answer).toMatchObject({
      failure: { code: "dns-answer-invalid" },
    });
    await using wrong = await dnsPeer({
      udp: (query, reply) => reply(answer(query, [], { id: (decode(query).id ?? 0) ^ 1 })),
    });
    expect((await ask(wrong.port, 80)).answer).toMatchObject({
      failure: { code: "dns-timeout", side: "resolver" },
    });
  });

  test("takes no packet from anybody but the server asked", async () => {
    const stranger = createSocket("udp4");
    stranger.bind(0, "127.0.0.1");
    await once(stranger, "listening");
    await using peer = await dnsPeer({
      udp: (query, _reply, from) =>
        stranger.send(answer(query, [a(NAME, "10.6.6.6")]), from.port, from.address),
    });
    expect((await ask(peer.port, 80)).answer).toMatchObject({ failure: { code: "dns-timeout" } });
    stranger.close();
  });

  test("goes out again when lost: three times in all, at 0, 1/5 and 1/2 of the time", async () => {
    let count = 0;
    await using peer = await dnsPeer({
      udp: (query, reply) => {
        count += 1;
        if (count === 3) reply(answer(query, [a(NAME, "10.0.0.1")]));
      },
    });
    const seen = await ask(peer.port, 150);
    expect(seen.answer).toMatchObject({ records: [{ ip: "10.0.0.1" }] });
    expect(seen.durationMs).toBeGreaterThanOrEqual(70);
    expect(peer.udpQueries.map((query) => decode(query).id)).toEqual(
      Array.from({ length: 3 }, () => decode(peer.udpQueries[0] ?? Buffer.alloc(12)).id),
    );
  });

  test("to a closed port is unreachable at once, not a timeout", async () => {
    const probe = createSocket("udp4");
    probe.bind(0, "127.0.0.1");
    await once(probe, "listening");
    const { port } = probe.address();
    probe.close();
    await once(probe, "close");
    const seen = await ask(port);
    expect(seen.answer).toMatchObject({
      failure: { code: "dns-unreachable", cause: "ECONNREFUSED" },
    });
    expect(seen.durationMs).toBeLessThan(1_000);
  });

  test("ends as interrupted when the caller stops, before or while it waits", async () => {
    const stop = new AbortController();
    await using peer = await dnsPeer({ udp: () => stop.abort() });
    const port = createNamePort(realClock);
    const server = { kind: "server", ip: "127.0.0.1", port: peer.port, system: true } as const;
    for (let turn = 0; turn < 2; turn += 1)
      expect(await port.query(server, NAME, "A", 3_000, stop.signal)).toMatchObject({
        answer: { failure: { code: "interrupted", phase: "dns" } },
      });
    expect(peer.udpQueries).toHaveLength(1);
  });

  test.for(["", ".", "a..b", `${"x".repeat(64)}.example`, `${"abc.".repeat(70)}example`])(
    "is not sent for a name that no packet can carry (%j)",
    async (name) => {
      await using peer = await dnsPeer({});
      const server = { kind: "server", ip: "127.0.0.1", port: peer.port, system: false } as const;
      const seen = await createNamePort(realClock).query(server, name, "A", 500, NEVER);
      expect(seen).toMatchObject({ transport: "none", answer: { failure: { side: "user" } } });
      expect(peer.udpQueries).toEqual([]);
    },
  );
});

describe("a truncated answer", () => {
  test("is asked for again over TCP, where it may come in pieces", async () => {
    await using peer = await dnsPeer({
      udp: truncate,
      tcp: (query, socket) => {
        const many = Array.from({ length: 300 }, (_, index) => a(NAME, `10.0.1.${index % 250}`));
        const bytes = framed(answer(query, many));
        for (let at = 0; at < bytes.length; at += 1_500)
          socket.write(bytes.subarray(at, at + 1_500));
        socket.write("more than was asked for");
      },
    });
    const seen = await ask(peer.port);
    expect(seen.transport).toBe("tcp");
    expect(seen.answer.kind === "records" ? seen.answer.records.length : 0).toBe(256);
    expect(decode(peer.tcpQueries[0] ?? Buffer.alloc(0)).questions).toEqual([
      { name: NAME, type: "A", class: "IN" },
    ]);
  });

  test("cut inside a record is still known as truncated", async () => {
    await using peer = await dnsPeer({
      udp: (query, reply) =>
        reply(answer(query, [a(NAME, "10.0.0.1")], { flags: TC }).subarray(0, -3)),
      tcp: (query, socket) => socket.write(framed(answer(query, [a(NAME, "10.0.0.1")]))),
    });
    expect(await ask(peer.port)).toMatchObject({ transport: "tcp", answer: { kind: "records" } });
  });

  test.for([
    { what: "an early end", send: () => Buffer.from([0, 200, 1, 2]) },
    { what: "garbage", send: () => framed(Buffer.from("garbage, garbage")) },
    { what: "an empty message", send: () => Buffer.from([0, 0]) },
    { what: "truncation again", send: (query: Buffer) => framed(answer(query, [], { flags: TC })) },
    {
      what: "another id",
      send: (query: Buffer) => framed(answer(query, [], { id: (decode(query).id ?? 0) ^ 1 })),
    },
  ])("followed by $what over TCP is an invalid answer", async ({ send }) => {
    await using peer = await dnsPeer({
      udp: truncate,
      tcp: (query, socket) => socket.end(send(query)),
    });
    expect(await ask(peer.port)).toMatchObject({
      transport: "tcp",
      answer: { failure: { code: "dns-answer-invalid" } },
    });
  });

  test("followed by silence over TCP is a timeout within the one limit", async () => {
    await using peer = await dnsPeer({ udp: truncate });
    const seen = await ask(peer.port, 100);
    expect(seen).toMatchObject({ transport: "tcp", answer: { failure: { code: "dns-timeout" } } });
    expect(seen.durationMs).toBeLessThan(1_000);
  });

  test("from a server that takes no TCP is unreachable", async () => {
    const udp = createSocket("udp4");
    udp.on("message", (query, from) =>
      udp.send(answer(query, [], { flags: TC }), from.port, from.address),
    );
    const held = await tcpPeer(() => undefined);
    udp.bind(held.port, "127.0.0.1");
    await once(udp, "listening");
    await held[Symbol.asyncDispose]();
    expect(await ask(held.port)).toMatchObject({
      transport: "tcp",
      answer: { failure: { code: "dns-unreachable" } },
    });
    udp.close();
  });
});
