import { once } from "node:events";
import { connect } from "node:net";
import type { Packet } from "dns-packet";
import { afterEach, describe, expect, it } from "vitest";
import { zoneOf } from "../../../../src/lab/dns/records.ts";
import {
  type DnsOptions,
  type RunningDns,
  startDnsServer,
} from "../../../../src/lab/dns/server.ts";
import type { DnsFault, DnsRecords } from "../../../../src/lab/scenario.ts";
import {
  decode,
  exchangeTcp,
  exchangeUdp,
  framed,
  question,
  rcodeOf,
  readMessages,
} from "../../../support/dns-client.ts";
import { ENDPOINT_HOST, makeCluster } from "../../../support/lab-scenario.ts";

const running: RunningDns[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

const SMALL: DnsRecords = {
  a: ["43.200.53.253", "52.79.39.107"],
  aaaa: ["2001:db8::1"],
  ttlSeconds: 60,
};
const LARGE: DnsRecords = {
  a: Array.from({ length: 100 }, (_, index) => `10.0.20.${index}`),
  aaaa: [],
  ttlSeconds: 60,
};

async function start(options: Partial<DnsOptions> = {}, records = SMALL): Promise<RunningDns> {
  const server = await startDnsServer({
    zone: () => new Map([[ENDPOINT_HOST.toLowerCase(), records]]),
    fault: () => undefined,
    latencyMs: 0,
    ...options,
  });
  running.push(server);
  return server;
}

async function ask(server: RunningDns, name: string, change: Packet = {}) {
  return exchangeUdp(server.port, question(name, change));
}

function ipsIn(reply: Buffer | undefined): readonly string[] {
  return (decode(reply).answers ?? []).map((answer) =>
    "data" in answer && typeof answer.data === "string" ? answer.data : "",
  );
}

describe("an answer with records", () => {
  it("has the flags qr aa rd ra, the cluster's TTL and the question as it was spelled", async () => {
    const spelled = ENDPOINT_HOST.replace("yl4", "Yl4").replace("amazonaws", "AmAzOnAwS");
    const reply = decode(await ask(await start(), spelled));
    expect(reply).toMatchObject({
      id: 4711,
      flag_qr: true,
      flag_aa: true,
      flag_rd: true,
      flag_ra: true,
      flag_tc: false,
    });
    expect(reply.questions?.[0]?.name).toBe(spelled);
    expect(reply.answers).toMatchObject([
      { name: spelled, type: "A", class: "IN", ttl: 60, data: "43.200.53.253" },
      { name: spelled, type: "A", class: "IN", ttl: 60, data: "52.79.39.107" },
    ]);
  });

  it("points back to the question instead of spelling the name again, as real servers do", async () => {
    const reply = await ask(await start(), ENDPOINT_HOST);
    // Header, question, and two records of 16 bytes; recorded: 130 bytes with the OPT record's 11.
    expect(reply?.length).toBe(12 + (ENDPOINT_HOST.length + 2 + 4) + 2 * 16);
  });

  it("turns the order at every answer", async () => {
    const server = await start();
    const seen = [];
    for (let round = 0; round < 3; round += 1)
      seen.push(ipsIn(await ask(server, ENDPOINT_HOST))[0]);
    expect(seen).toEqual(["43.200.53.253", "52.79.39.107", "43.200.53.253"]);
  });

  it("is of the type asked for", async () => {
    const questions = [{ type: "AAAA", name: ENDPOINT_HOST }] as const;
    expect(ipsIn(await ask(await start(), ENDPOINT_HOST, { questions: [...questions] }))).toEqual([
      "2001:db8::1",
    ]);
  });

  it("leaves RD unset when the question did", async () => {
    expect(decode(await ask(await start(), ENDPOINT_HOST, { flags: 0 })).flag_rd).toBe(false);
  });
});

function opt(udpPayloadSize: number, ednsVersion = 0): Packet {
  const fixed = { type: "OPT", name: ".", extendedRcode: 0, flags: 0, flag_do: false } as const;
  return { additionals: [{ ...fixed, udpPayloadSize, ednsVersion, options: [] }] };
}

describe("EDNS", () => {
  it("is answered with 1232 bytes, and not at all where it was not asked", async () => {
    const server = await start();
    const reply = decode(await ask(server, ENDPOINT_HOST, opt(4096)));
    expect(reply.additionals).toMatchObject([{ type: "OPT", udpPayloadSize: 1232 }]);
    expect(decode(await ask(server, ENDPOINT_HOST)).additionals).toEqual([]);
  });

  it("of an unknown version is BADVERS: 16, of which the header holds the lower four bits", async () => {
    const reply = await ask(await start(), ENDPOINT_HOST, opt(1232, 1));
    expect(rcodeOf(reply)).toBe(0);
    expect(decode(reply).additionals).toMatchObject([{ type: "OPT", extendedRcode: 1 }]);
  });

  it("decides how much fits: more with a larger size, never more than 1232 bytes", async () => {
    const server = await start({}, LARGE);
    const plain = await ask(server, ENDPOINT_HOST);
    const wide = await ask(server, ENDPOINT_HOST, opt(65_535));
    expect(plain?.length).toBeLessThanOrEqual(512);
    expect(wide?.length).toBeLessThanOrEqual(1232);
    expect(wide?.length).toBeGreaterThan(plain?.length ?? 0);
    expect([decode(plain).flag_tc, decode(wide).flag_tc]).toEqual([true, true]);
  });
});

describe("an answer without records", () => {
  it.each(["CNAME", "TXT", "MX"] as const)(
    "is NOERROR and empty, without AA, for %s",
    async (type) => {
      const reply = await ask(await start(), ENDPOINT_HOST, {
        questions: [{ type, name: ENDPOINT_HOST }],
      });
      expect(rcodeOf(reply)).toBe(0);
      expect(decode(reply)).toMatchObject({ answers: [], authorities: [], flag_aa: false });
    },
  );

  it("is NOERROR and empty for a type by number only, such as HTTPS, which is echoed", async () => {
    const server = await start();
    const message = question(ENDPOINT_HOST);
    message.writeUInt16BE(65, message.length - 4);
    const reply = await exchangeUdp(server.port, message);
    expect(rcodeOf(reply)).toBe(0);
    expect(reply?.subarray(12)).toEqual(message.subarray(12));
    expect(server.log()[0]?.type).toBe("UNKNOWN_65");
  });

  it("is NXDOMAIN with the SOA of the parent for a name that does not exist", async () => {
    const reply = await ask(await start(), "gone.yl4.example");
    expect(rcodeOf(reply)).toBe(3);
    expect(decode(reply).authorities).toMatchObject([
      { type: "SOA", name: "yl4.example", data: { mname: "ns-1.yl4.example", minimum: 86_400 } },
    ]);
  });

  it("is empty, not NXDOMAIN, for a name that has names below it", async () => {
    expect(rcodeOf(await ask(await start(), "eks.amazonaws.com"))).toBe(0);
  });

  it("is NXDOMAIN for a cluster that is still being created", async () => {
    const clusters = [makeCluster({ status: "CREATING" })];
    const server = await start({ zone: () => zoneOf(clusters) });
    expect(rcodeOf(await ask(server, ENDPOINT_HOST))).toBe(3);
    const ready = await start({ zone: () => zoneOf([makeCluster()]) });
    expect(rcodeOf(await ask(ready, ENDPOINT_HOST))).toBe(0);
  });
});

describe("what is no ordinary question", () => {
  it("is REFUSED in another class and NOTIMP with another opcode", async () => {
    const server = await start();
    const chaos = { questions: [{ type: "TXT", class: "CH", name: "version.bind" }] } as const;
    expect(rcodeOf(await ask(server, "", { questions: [...chaos.questions] }))).toBe(5);
    expect(rcodeOf(await ask(server, ENDPOINT_HOST, { flags: 4 << 11 }))).toBe(4);
  });

  it("is FORMERR with its id when the header can be read", async () => {
    const server = await start();
    const cut = await exchangeUdp(server.port, question(ENDPOINT_HOST).subarray(0, 20));
    expect([cut?.readUInt16BE(0), rcodeOf(cut)]).toEqual([4711, 1]);
    const twice = [
      { type: "A", name: "a.example" },
      { type: "A", name: "b.example" },
    ] as const;
    expect(rcodeOf(await ask(server, "", { questions: [...twice] }))).toBe(1);
    const pointing = Buffer.concat([
      question("").subarray(0, 12),
      Buffer.from([0xc0, 0, 0, 1, 0, 1]),
    ]);
    expect(rcodeOf(await exchangeUdp(server.port, pointing))).toBe(1);
  });

  it("gets no answer when it is too short, or an answer itself: two servers must not talk for ever", async () => {
    const server = await start();
    expect(await exchangeUdp(server.port, Buffer.from([1, 2, 3]), 50)).toBeUndefined();
    const answer = question(ENDPOINT_HOST, { type: "response" });
    expect(await exchangeUdp(server.port, answer, 50)).toBeUndefined();
    expect(rcodeOf(await ask(server, ENDPOINT_HOST))).toBe(0);
  });
});

describe("TCP", () => {
  it("is on the same port and carries whole what UDP had to cut", async () => {
    const server = await start({}, LARGE);
    const [reply] = await exchangeTcp(server.port, [framed(question(ENDPOINT_HOST))], 1);
    expect(decode(reply).flag_tc).toBe(false);
    expect(new Set(ipsIn(reply)).size).toBe(100);
  });

  it("takes several messages a connection, pipelined, and cut anywhere", async () => {
    const server = await start();
    const bytes = Buffer.concat([
      framed(question(ENDPOINT_HOST, { id: 1 })),
      framed(question("gone.example", { id: 2 })),
    ]);
    const chunks = [bytes.subarray(0, 1), bytes.subarray(1, 40), bytes.subarray(40)];
    const replies = await exchangeTcp(server.port, chunks, 2);
    expect(replies.map((reply) => [reply.readUInt16BE(0), rcodeOf(reply)])).toEqual([
      [1, 0],
      [2, 3],
    ]);
  });

  it("still answers a client that has closed its side, and closes then", async () => {
    const server = await start({ latencyMs: 20 });
    const socket = connect(server.port, "127.0.0.1");
    socket.end(framed(question(ENDPOINT_HOST)));
    expect(rcodeOf((await readMessages(socket, 1))[0])).toBe(0);
    await once(socket, "close");
  });

  it("closes a connection on which nothing moves", async () => {
    const server = await start({ tcpIdleMs: 20 });
    const socket = connect(server.port, "127.0.0.1").resume();
    await once(socket, "close");
    expect(socket.destroyed).toBe(true);
  });
});

function withFault(fault: DnsFault): Promise<RunningDns> {
  return start({ fault: () => fault });
}

const dropPrivate = (): DnsFault => "drop-private";

describe("faults", () => {
  it.each([
    ["nxdomain", 3],
    ["servfail", 2],
    ["refused", 5],
  ] as const)("%s is the code %i on both transports", async (fault, rcode) => {
    const server = await withFault(fault);
    const message = question(ENDPOINT_HOST);
    expect(rcodeOf(await exchangeUdp(server.port, message))).toBe(rcode);
    expect(rcodeOf((await exchangeTcp(server.port, [framed(message)], 1))[0])).toBe(rcode);
  });

  it("nodata is an empty answer and no error, for a name that has records", async () => {
    const reply = await ask(await withFault("nodata"), ENDPOINT_HOST);
    expect([rcodeOf(reply), ipsIn(reply)]).toEqual([0, []]);
  });

  it("drop-private takes private addresses out and leaves the others, as an answer or none", async () => {
    const fault = dropPrivate;
    const mixed = { ...SMALL, a: ["10.0.20.41", "43.200.53.253"], aaaa: ["fd00::1"] };
    const some = await ask(await start({ fault }, mixed), ENDPOINT_HOST);
    expect([rcodeOf(some), ipsIn(some)]).toEqual([0, ["43.200.53.253"]]);
    const none = await ask(await start({ fault }, LARGE), ENDPOINT_HOST);
    expect([rcodeOf(none), ipsIn(none)]).toEqual([0, []]);
    const unknown = await ask(await start({ fault }, LARGE), `x.${ENDPOINT_HOST}`);
    expect(rcodeOf(unknown)).toBe(3);
  });

  it("truncated has no record over UDP, and all of them over TCP", async () => {
    const server = await withFault("truncated");
    const udp = decode(await ask(server, ENDPOINT_HOST));
    expect([udp.flag_tc, udp.answers]).toEqual([true, []]);
    const [tcp] = await exchangeTcp(server.port, [framed(question(ENDPOINT_HOST))], 1);
    expect([decode(tcp).flag_tc, ipsIn(tcp).length]).toEqual([false, 2]);
  });

  it("never is silence, though the question arrived", async () => {
    const server = await withFault("never");
    expect(await exchangeUdp(server.port, question(ENDPOINT_HOST), 50)).toBeUndefined();
    expect(server.log()).toHaveLength(1);
  });

  it("garbage bears the question's id and cannot be decoded", async () => {
    const reply = await ask(await withFault("garbage"), ENDPOINT_HOST);
    expect(reply?.readUInt16BE(0)).toBe(4711);
    expect(() => decode(reply)).toThrow(/./);
  });

  it("wrong-id is a good answer to another question", async () => {
    const reply = await ask(await withFault("wrong-id"), ENDPOINT_HOST);
    expect(decode(reply).id).toBe(4712);
    expect(ipsIn(reply)).toHaveLength(2);
  });
});

describe("the server", () => {
  it("logs name, type and transport", async () => {
    const server = await start();
    await ask(server, ENDPOINT_HOST);
    await exchangeTcp(server.port, [framed(question("gone.example"))], 1);
    expect(server.log()).toEqual([
      { name: ENDPOINT_HOST, type: "A", transport: "udp" },
      { name: "gone.example", type: "A", transport: "tcp" },
    ]);
  });

  it("waits as long as the latency says", async () => {
    const server = await start({ latencyMs: 40 });
    const before = performance.now();
    await ask(server, ENDPOINT_HOST);
    expect(performance.now() - before).toBeGreaterThanOrEqual(38);
  });

  it("lets go of port, timers and connections when closed, twice as well as once", async () => {
    const server = await start({ latencyMs: 60_000 });
    const socket = connect(server.port, "127.0.0.1");
    socket.write(framed(question(ENDPOINT_HOST)));
    while (server.log().length === 0) await new Promise((resolve) => setImmediate(resolve));
    const closed = once(socket, "close");
    await server.close();
    await server.close();
    await closed;
    const again = await start({ port: server.port });
    expect(again.port).toBe(server.port);
  });
});
